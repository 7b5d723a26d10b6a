// Who may join, and who is told what: over real sockets, against a hub that is an embedded API server.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import { createServer as createSecureServer, request } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { createFleetCa } from '../../src/apiserver/auth/fleet-ca.js'
import { openAgentAuthority } from '../../src/app/agent/agent-authority.js'
import { joinHub, openKey, resolveHubCa } from '../../src/app/agent/join-hub.js'
import { joinAgent } from '../../src/app/agent/start-agent.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { createAgentKey, signRequest } from '../../src/areas/agent/join/agent-key.js'
import { createMemoryStore } from '../../src/areas/agent/member/state-store.js'
import { agentClusterType } from '../../src/areas/agent/resource-types.js'
import { silentLog } from '../../src/base/log.js'
import { type AgentFleet, connectionOf, runTestAgent, startAgentFleet, until } from '../support/worlds/agent-fleet.js'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }

let hubApi: EmbeddedApi
let fleet: AgentFleet

before(async () => {
  hubApi = await startEmbeddedApi('hub')
  fleet = await startAgentFleet(hubApi.cluster.client())
})
after(async () => {
  fleet?.stop()
  await hubApi?.close()
})

async function join(name: string, token: string, store = createMemoryStore()): Promise<string> {
  const { url, caPem } = fleet.place
  const stopping = new AbortController()
  return joinHub({
    place: { url, caPem },
    name,
    token,
    key: await openKey(store),
    store,
    clock: systemClock,
    log: silentLog,
    signal: stopping.signal,
    onWait: (message) => stopping.abort(new Error(message)),
  })
}

const refused = (pattern: RegExp) => (error: Error & { code?: string; fix?: string }) => {
  assert.equal(error.code, 'agent-join-refused', error.message)
  assert.match(error.message, pattern)
  assert.ok(error.fix)
  return true
}

test('a token that is unknown, mistyped or expired', async () => {
  await assert.rejects(join('one', 'nonsense'), refused(/does not know this token/))
  await assert.rejects(join('one', `fat-0123456789.${'A'.repeat(43)}`), refused(/does not know this token/))
  const token = await fleet.token()
  await assert.rejects(join('one', `${token.slice(0, -4)}AAAA`), refused(/does not know this token/))
  await assert.rejects(join('one', await fleet.token({ ttlMs: -1000 })), refused(/the token [0-9a-f]{10} expired at 20.*Z/))
})

test('a token is for one cluster and for one key', async () => {
  const bound = await fleet.token({ cluster: 'two', approves: true })
  await assert.rejects(join('other', bound), refused(/is for another cluster/))
  const store = createMemoryStore()
  const certificate = await join('two', bound, store)
  assert.match(certificate, /BEGIN CERTIFICATE/)
  // The answer may have been lost on the way: the same key may ask again.
  assert.match(await join('two', bound, store), /BEGIN CERTIFICATE/)
  await assert.rejects(join('two', bound), refused(/another agent has used it/))
})

test('a name that is taken, denied or none', async () => {
  const approving = () => fleet.token({ approves: true })
  await join('three', await approving())
  await assert.rejects(join('three', await approving()), refused(/three has joined with another key/))
  for (const name of ['Three', 'a.b', '-a', 'a/b', '', 'x'.repeat(60)]) {
    await assert.rejects(join(name, await approving()), refused(/DNS label/))
  }
  await assert.rejects(join('in-cluster', await approving()), refused(/the name of the hub/))
  const store = createMemoryStore()
  await assert.rejects(join('four', await fleet.token(), store), /waits for approval/)
  await assert.rejects(join('four', await fleet.token()), refused(/another agent has asked to join as four/))
  await fleet.approve('four', false)
  await assert.rejects(join('four', await fleet.token(), store), refused(/denied/))
})

test('an agent whose hub has another authority does not talk to it', async () => {
  const { url, caHash } = fleet.place
  const elsewhere = (await createFleetCa({ clock: systemClock })).certPem
  const store = createMemoryStore()
  const place = { url, caPem: elsewhere }
  const common = { name: 'five', token: 't', key: createAgentKey(), store, clock: systemClock, log: silentLog }
  await assert.rejects(joinHub({ ...common, place, signal: new AbortController().signal }), { code: 'hub-ca' })
  const wrong = `sha256:${'0'.repeat(64)}`
  await assert.rejects(resolveHubCa({ url, caHash: wrong }, store), { code: 'hub-ca' })
  await assert.rejects(resolveHubCa({ url, caHash: 'abc' }, store), { code: 'bad-ca-hash' })
  await assert.rejects(resolveHubCa({ url: url.replace('https', 'http'), caHash }, store), { code: 'bad-hub-url' })
  assert.equal(await store.read('ca'), undefined)
  const resolved = await resolveHubCa({ url, caHash }, store)
  assert.equal(resolved.caPem, fleet.place.caPem)
  await assert.rejects(resolveHubCa({ url: 'https://127.0.0.1:1', caHash: wrong }, createMemoryStore()), {
    code: 'hub-unreachable',
  })
})

test('an authority that is smuggled in behind the right one is not believed', async () => {
  const { caPem, caHash } = fleet.place
  const ca = await createFleetCa({ clock: systemClock })
  const { certPem: cert, keyPem: key } = await ca.issueServer({ names: ['127.0.0.1'] })
  // Whoever stands between may know the hub's authority: it is public.
  const between = createSecureServer({ cert, key }, (_request, response) => response.end(`${caPem}\n${ca.certPem}`))
  await new Promise<void>((done) => between.listen(0, '127.0.0.1', done))
  const url = `https://127.0.0.1:${(between.address() as AddressInfo).port}`
  const store = createMemoryStore()
  const place = await resolveHubCa({ url, caHash }, store)
  const common = { name: 'six', token: 't', key: createAgentKey(), store, clock: systemClock, log: silentLog }
  await assert.rejects(joinHub({ ...common, place, signal: new AbortController().signal }), { code: 'hub-ca' })
  assert.equal((await store.read('ca'))?.match(/BEGIN CERTIFICATE/g)?.length, 1)
  await store.write('ca', `${caPem}\n${ca.certPem}`)
  assert.equal((await resolveHubCa({ url, caHash }, store)).caPem, place.caPem)
  between.close()
})

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; cert?: string; key?: string } = {},
) {
  const { method = 'GET', headers = {}, body, cert, key } = options
  return new Promise<{ code: number; text: string }>((resolve, reject) => {
    const outgoing = request(
      `${fleet.place.url}${path}`,
      { method, headers, ca: fleet.place.caPem, ...(cert === undefined ? {} : { cert, key }), agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const upgrade = {
  headers: {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  },
}

test('a tunnel needs a certificate of this authority, for an approved cluster, with its key', async () => {
  assert.match((await ask('/agent/v1/tunnel', upgrade)).text, /NoCertificate/)
  const other = await createFleetCa({ clock: systemClock })
  const foreign = await other.issueClient({ commonName: 'flotilla:agent:two', organizations: ['flotilla:agents'] })
  assert.match(
    (await ask('/agent/v1/tunnel', { ...upgrade, cert: foreign.certPem, key: foreign.keyPem })).text,
    /CertificateUnknown/,
  )
  const store = createMemoryStore()
  const cert = await join('six', await fleet.token({ approves: true }), store)
  const key = (await store.read('key'))!
  assert.equal((await ask('/elsewhere', { ...upgrade, cert, key })).code, 404)
  await fleet.hub.delete({ type: agentClusterType, name: 'six' })
  for (let code = 0; code !== 403; )
    ({ code } = await ask('/agent/v1/tunnel', { ...upgrade, cert, key }).catch(() => ({ code: 0 })))
  // Somebody else takes the name: the old certificate is worth nothing.
  await join('six', await fleet.token({ approves: true }))
  for (let text = ''; !text.includes('KeyReplaced'); ) ({ text } = await ask('/agent/v1/tunnel', { ...upgrade, cert, key }))
})

test('the front serves nothing else, and what is no request to join is refused', async () => {
  assert.equal((await ask('/')).code, 404)
  assert.equal((await ask('/api/v1/secrets')).code, 404)
  assert.match((await ask('/agent/v1/ca')).text, /BEGIN CERTIFICATE/)
  const key = createAgentKey()
  const good = { name: 'seven', publicKey: key.publicPem, proof: signRequest(key.privateKey, 'seven') }
  const post = async (body: unknown, token: string) =>
    ask('/agent/v1/join', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const token = await fleet.token({ approves: true })
  for (const body of ['', '[]', '{', '{"name":1}', 'x'.repeat(20_000)])
    assert.equal((await post(body, token).catch(() => ({ code: 400 }))).code, 400)
  assert.equal((await post({ ...good, proof: signRequest(key.privateKey, 'eight') }, token)).code, 400)
  assert.equal((await post({ ...good, publicKey: createAgentKey().publicPem }, token)).code, 400)
  assert.equal((await post(good, '')).code, 401)
  assert.equal((await post(good, token)).code, 200)
})

test('certificates are renewed before they end, and an HTTP proxy may stand in between', async () => {
  const memberApi = await startEmbeddedApi('far')
  const connected: string[] = []
  const proxy = createServer()
  proxy.on('connect', (asked, socket: Socket, head: Buffer) => {
    connected.push(asked.url ?? '')
    const [host, port] = (asked.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      onward.pipe(socket)
      socket.pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  const { port } = proxy.address() as AddressInfo
  // So short that two thirds of it are over at once.
  const place = await fleet.agentHub.listen({ host: '127.0.0.1', port: 0, certificateMs: 60_000 }, fleet.inventory)
  const store = createMemoryStore()
  const written: string[] = []
  const counting = {
    ...store,
    async write(name: string, text: string) {
      if (name === 'certificate') written.push(text)
      await store.write(name, text)
    },
  }
  const agent = runTestAgent(fleet, {
    name: 'far',
    connection: connectionOf({ port: memberApi.port, caPem: memberApi.ca.certPem, token: adminToken }),
    token: await fleet.token({ approves: true }),
    store: counting,
    place: { url: place.url, caHash: place.caHash, proxyUrl: `http://127.0.0.1:${port}` },
  })
  try {
    await until('it is here', () => fleet.inventory.state('far').health === 'Healthy')
    await until('it has another certificate', () => written.length > 1)
    assert.notEqual(written[0], written[1])
    // The authority, joining, the tunnel.
    assert.ok(connected.length >= 3 && connected.every((to) => to === new URL(place.url).host))
  } finally {
    await agent.stop()
    proxy.close()
    proxy.closeAllConnections()
    await memberApi.close()
  }
})

test('a hub that does not answer yet is asked again', async () => {
  const place = await fleet.agentHub.listen({ host: '127.0.0.1', port: 0 }, fleet.inventory)
  // Nobody is at port 1; the agent is told the right place while it waits.
  const where = { url: 'https://127.0.0.1:1', caHash: place.caHash }
  const waits: number[] = []
  const clock = {
    ...systemClock,
    now: () => systemClock.now(),
    after(delayMs: number, run: () => void) {
      waits.push(delayMs)
      if (waits.length === 2) where.url = place.url
      return systemClock.after(1, run)
    },
  }
  const { identity } = await joinAgent({
    name: 'later',
    place: where,
    token: await fleet.token({ approves: true }),
    store: createMemoryStore(),
    ports: { clock, random: systemRandom, log: silentLog },
    signal: new AbortController().signal,
  })
  assert.match(identity.certificatePem, /BEGIN CERTIFICATE/)
  assert.deepEqual(waits, [5000, 5000])
})

test('an agent whose certificate has ended goes on with what it was told', async () => {
  const memberApi = await startEmbeddedApi('old')
  const store = createMemoryStore()
  const connection = connectionOf({ port: memberApi.port, caPem: memberApi.ca.certPem, token: adminToken })
  const first = runTestAgent(fleet, { name: 'old', connection, token: await fleet.token({ approves: true }), store })
  const member = fleet.agentHub.member('old')
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', namespace: 'default' } }
  member.want({ id: 't/ConfigMap/default/kept', object, rules: { existing: 'refuse', retain: [], onRemoval: 'delete' } })
  await until('applied', () => member.result('t/ConfigMap/default/kept')?.state === 'Applied')
  await first.stop()
  const { publicKey } = new X509Certificate((await store.read('certificate'))!)
  const { certify } = await openAgentAuthority({ hub: fleet.hub, namespace: 'argocd', clock: systemClock, lifetimeMs: -1000 })
  await store.write('certificate', await certify('old', publicKey))
  const target = { type: configMaps, namespace: 'default', name: 'kept' }
  await memberApi.cluster.client().delete(target)
  const again = runTestAgent(fleet, { name: 'old', connection, store })
  let isOver = false
  again.ended.finally(() => (isOver = true)).catch(() => {})
  try {
    await until('made again', () => memberApi.cluster.client().get(target))
    assert.equal(isOver, false)
    const options = {
      name: 'old',
      place: fleet.place,
      store,
      ports: { clock: systemClock, random: systemRandom, log: silentLog },
    }
    await assert.rejects(joinAgent({ ...options, signal: new AbortController().signal }), {
      code: 'agent-token-missing',
      message: /has a certificate that ended at 20\S+Z \(it is 20\S+Z here\), and no token/,
    })
  } finally {
    member.close()
    await again.stop()
    await memberApi.close()
  }
})

test('clocks that differ are told as such', async () => {
  const ca = await createFleetCa({ clock: { ...systemClock, now: () => systemClock.now() + 3_600_000 } })
  const { certPem: cert, keyPem: key } = await ca.issueServer({ names: ['127.0.0.1'] })
  const ahead = createSecureServer({ cert, key }, (_request, response) => response.end())
  await new Promise<void>((done) => ahead.listen(0, '127.0.0.1', done))
  const place = { url: `https://127.0.0.1:${(ahead.address() as AddressInfo).port}`, caPem: ca.certPem }
  const common = {
    name: 'skew',
    token: 't',
    key: createAgentKey(),
    store: createMemoryStore(),
    clock: systemClock,
    log: silentLog,
  }
  await assert.rejects(joinHub({ ...common, place, signal: new AbortController().signal }), {
    code: 'hub-ca',
    fix: /^Compare the clock of this machine \(20\S+Z\) with the hub's/,
  })
  ahead.close()
})

test('an agent whose cluster was removed joins again with a new token', async () => {
  const memberApi = await startEmbeddedApi('again')
  const store = createMemoryStore()
  const connection = connectionOf({ port: memberApi.port, caPem: memberApi.ca.certPem, token: adminToken })
  const first = runTestAgent(fleet, { name: 'again', connection, token: await fleet.token({ approves: true }), store })
  await until('it is here', () => fleet.agentHub.agents.get('again'))
  await first.stop()
  await fleet.hub.delete({ type: agentClusterType, name: 'again' })
  await until('it is unknown', () => fleet.inventory.find({ name: 'again' }) === undefined)
  const kept = await store.read('certificate')
  const next = runTestAgent(fleet, { name: 'again', connection, token: await fleet.token({ approves: true }), store })
  try {
    await until('it is here again', () => fleet.agentHub.agents.get('again'))
    assert.notEqual(await store.read('certificate'), kept)
  } finally {
    await next.stop()
    await memberApi.close()
  }
})
