import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import grpc from '@grpc/grpc-js'
import { createFixedCatalogue } from '../../../test/support/fakes/fixed-catalogue.js'
import { createFleetCa } from '../../apiserver/auth/fleet-ca.js'
import { askXdsStatus } from '../../app/services/ask-xds-status.js'
import { readXdsPlaces } from '../../app/services/xds-options.js'
import { systemClock } from '../../app/system/system-ports.js'
import { silentLog } from '../../base/log.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import { createAdsServer } from './ads-server.js'
import { typeUrlOf } from './client-view.js'
import { decodeMessage, encodeMessage, type Message, messageTypes } from './messages.js'

const clusters = { 'us-east': 'us-east-1/a', 'us-west': 'us-west-2/a' }
const api = {
  name: 'api',
  namespace: 'shop',
  port: 80,
  places: ['us-east us-east-1/a 127.0.0.2:8080', 'us-west us-west-2/a 127.0.0.3:8080,127.0.0.4:8080'],
}
const apiCluster = 'outbound|80||api.shop.svc.clusterset.local'
const closing: (() => void)[] = []
after(() => {
  for (const close of closing) close()
})

async function serve() {
  const fixed = createFixedCatalogue(clusters)
  fixed.set(api)
  const clock = new VirtualClock({ idle: async () => {} })
  const server = createAdsServer({ catalogue: fixed.catalogue, clock, log: silentLog })
  closing.push(() => server.close())
  const port = await server.listen({ address: '127.0.0.1', port: 0 }, undefined)
  return { ...fixed, server, port, clock }
}

function open(port: number, delta = false) {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  const path = `/envoy.service.discovery.v3.AggregatedDiscoveryService/${delta ? 'DeltaAggregatedResources' : 'StreamAggregatedResources'}`
  const call = client.makeBidiStreamRequest(
    path,
    (message: Message) => encodeMessage(delta ? messageTypes.deltaRequest : messageTypes.request, message),
    (bytes) => decodeMessage(delta ? messageTypes.deltaResponse : messageTypes.response, bytes),
  )
  const answers: Message[] = []
  const waiting: ((message: Message) => void)[] = []
  call.on('data', (message: Message) => {
    const next = waiting.shift()
    if (next) next(message)
    else answers.push(message)
  })
  let error: Error | undefined
  call.on('error', (problem) => {
    error = problem
  })
  closing.push(() => client.close())
  return {
    ask: (message: Message) => call.write(message),
    next: (): Promise<Message> =>
      answers.length > 0 ? Promise.resolve(answers.shift()!) : new Promise((done) => waiting.push(done)),
    quiet: async () => {
      await new Promise((done) => setTimeout(done, 40))
      return answers.length === 0
    },
    get error() {
      return error
    },
    call,
  }
}

const node = (cluster: string, region = '') => ({
  id: `${cluster}-1`,
  cluster,
  ...(region === '' ? {} : { locality: { region } }),
})

/** Region and addresses by priority. */
function placesOf(answer: Message): string[] {
  const [resource] = answer.resources as Message[]
  const any = (resource?.resource as Message | undefined) ?? resource
  const { endpoints } = decodeMessage(messageTypes.endpoints, any!.value as Uint8Array) as { endpoints: Message[] }
  return endpoints.map((group) => {
    const addresses = (group.lb_endpoints as Message[]).map((each) => {
      const { endpoint } = each as { endpoint: { address: { socket_address: Message } } }
      return `${endpoint.address.socket_address.address}:${endpoint.address.socket_address.port_value}`
    })
    const weight = (group.load_balancing_weight as Message).value
    return `${group.priority} ${(group.locality as Message).region} w${weight} ${addresses.join(',')}`
  })
}

test('each client gets the endpoints in the order of where it is', async () => {
  const { port } = await serve()
  const east = open(port)
  east.ask({ node: node('us-east'), type_url: typeUrlOf('endpoints'), resource_names: [apiCluster] })
  assert.deepEqual(placesOf(await east.next()), ['0 us-east-1 w1 127.0.0.2:8080', '1 us-west-2 w2 127.0.0.3:8080,127.0.0.4:8080'])
  const west = open(port)
  west.ask({ node: node('us-west'), type_url: typeUrlOf('endpoints'), resource_names: [apiCluster] })
  assert.deepEqual(placesOf(await west.next()), ['0 us-west-2 w2 127.0.0.3:8080,127.0.0.4:8080', '1 us-east-1 w1 127.0.0.2:8080'])
  const moved = open(port)
  moved.ask({ node: node('us-west', 'us-east-1'), type_url: typeUrlOf('endpoints'), resource_names: [apiCluster] })
  assert.match(placesOf(await moved.next())[0]!, /^0 us-east-1/, 'a locality of the node counts over that of its cluster')
})

test('a gRPC client is led from the listener to the endpoints', async () => {
  const { port } = await serve()
  const client = open(port)
  const ask = async (kind: 'listener' | 'route' | 'cluster', names: string[], type: string) => {
    client.ask({ node: node('us-east'), type_url: typeUrlOf(kind), resource_names: names })
    const answer = await client.next()
    return (answer.resources as Message[]).map((each) => decodeMessage(type, each.value as Uint8Array))
  }
  for (const name of ['api.shop:80', 'api.shop.svc.clusterset.local:80', 'api.shop']) {
    const [listener] = await ask('listener', [name], messageTypes.listener)
    const { api_listener } = listener as { api_listener: { api_listener: Message } }
    const manager = decodeMessage(messageTypes.httpConnectionManager, api_listener.api_listener.value as Uint8Array) as {
      rds: Message
      http_filters: Message[]
    }
    assert.equal(listener!.name, name)
    assert.equal(manager.rds.route_config_name, 'api.shop.svc.clusterset.local:80')
    assert.equal(manager.http_filters.at(-1)!.name, 'envoy.filters.http.router')
  }
  const [routes] = await ask('route', ['api.shop.svc.clusterset.local:80'], messageTypes.route)
  const [host] = routes!.virtual_hosts as { domains: string[]; routes: { route: Message }[] }[]
  assert.deepEqual(host!.domains, ['*'])
  assert.equal(host!.routes[0]!.route.cluster, apiCluster)
  const [cluster] = await ask('cluster', [apiCluster], messageTypes.cluster)
  assert.equal(cluster!.type, 3)
  assert.equal(((cluster!.outlier_detection as Message).enforcing_success_rate as Message).value, 0)
})

test('what is not there is said at once for listeners and clusters', async () => {
  const { port } = await serve()
  const client = open(port)
  client.ask({ node: node('us-east'), type_url: typeUrlOf('listener'), resource_names: ['nobody.shop:80'] })
  assert.deepEqual((await client.next()).resources, [])
})

test('a change reaches those it concerns, once, and an acknowledgement is not answered', async () => {
  const { port, set, server } = await serve()
  const client = open(port)
  client.ask({ node: node('us-east'), type_url: typeUrlOf('endpoints'), resource_names: [apiCluster] })
  const first = await client.next()
  client.ask({
    type_url: typeUrlOf('endpoints'),
    resource_names: [apiCluster],
    version_info: first.version_info,
    response_nonce: first.nonce,
  })
  assert.ok(await client.quiet())
  assert.equal(server.status()[0]!.kinds[0]!.acknowledged, first.version_info)
  set(api, { ...api, name: 'other' })
  assert.ok(await client.quiet(), 'another service')
  set({ ...api, places: ['us-west us-west-2/a 127.0.0.3:8080'] })
  assert.deepEqual(placesOf(await client.next()), ['0 us-west-2 w1 127.0.0.3:8080'])
})

test('a refusal is kept for the status and not answered until something changes', async () => {
  const { port, set, server } = await serve()
  const client = open(port)
  client.ask({ node: node('us-east'), type_url: typeUrlOf('endpoints'), resource_names: [apiCluster] })
  const first = await client.next()
  client.ask({
    type_url: typeUrlOf('endpoints'),
    resource_names: [apiCluster],
    response_nonce: first.nonce,
    error_detail: { code: 3, message: 'no such policy' },
  })
  assert.ok(await client.quiet())
  const [status] = server.status()
  assert.equal(status!.kinds[0]!.refused!.message, 'no such policy')
  assert.equal(status!.kinds[0]!.acknowledged, '')
  set({ ...api, places: ['us-west us-west-2/a 127.0.0.3:8080'] })
  const next = await client.next()
  client.ask({
    type_url: typeUrlOf('endpoints'),
    resource_names: [apiCluster],
    version_info: next.version_info,
    response_nonce: next.nonce,
  })
  await client.quiet()
  const [kind] = server.status()[0]!.kinds
  assert.equal(kind!.refused, undefined)
  assert.deepEqual([kind!.lastRefused!.message, kind!.refusals, kind!.names, kind!.everything], ['no such policy', 1, 1, false])
  const { subscriptions } = server.details(status!.id)!
  assert.deepEqual(subscriptions[0]!.names, [apiCluster])
  assert.deepEqual(
    subscriptions[0]!.resources.map(({ name, version }) => [name, version !== '']),
    [[apiCluster, true]],
  )
  assert.equal(server.details(99), undefined)
})

test('a request with an older nonce is late', async () => {
  const { port } = await serve()
  const client = open(port)
  client.ask({ node: node('us-east'), type_url: typeUrlOf('endpoints'), resource_names: [apiCluster] })
  await client.next()
  client.ask({
    type_url: typeUrlOf('endpoints'),
    resource_names: ['outbound|81||api.shop.svc.clusterset.local'],
    response_nonce: 'old',
  })
  assert.ok(await client.quiet())
})

test('a proxy gets everything, and the endpoints again after its clusters have changed', async () => {
  const { port, set } = await serve()
  const proxy = open(port)
  const metadata = {
    fields: {
      flotilla: {
        struct_value: { fields: { tcp: { struct_value: { fields: { '127.0.0.1:6379': { string_value: 'api.shop:80' } } } } } },
      },
    },
  }
  proxy.ask({ node: { ...node('us-east'), metadata }, type_url: typeUrlOf('cluster'), resource_names: [] })
  assert.equal(((await proxy.next()).resources as Message[]).length, 1)
  proxy.ask({ type_url: typeUrlOf('endpoints'), resource_names: [apiCluster] })
  assert.equal(placesOf(await proxy.next()).length, 2)
  proxy.ask({ type_url: typeUrlOf('listener'), resource_names: [] })
  const listeners = ((await proxy.next()).resources as Message[]).map((each) =>
    decodeMessage(messageTypes.listener, each.value as Uint8Array),
  )
  assert.deepEqual(
    listeners.map(({ name }) => name),
    ['http', 'tcp 127.0.0.1:6379'],
  )
  set({ ...api, sticky: true })
  assert.equal((await proxy.next()).type_url, typeUrlOf('cluster'))
  assert.equal((await proxy.next()).type_url, typeUrlOf('endpoints'), 'warming needs them once more')
  set()
  const [first, last] = [await proxy.next(), await proxy.next()]
  assert.deepEqual(
    [first.type_url, (first.resources as Message[]).length],
    [typeUrlOf('listener'), 1],
    'what points to it goes first',
  )
  assert.deepEqual([last.type_url, last.resources], [typeUrlOf('cluster'), []])
})

for (const delta of [false, true]) {
  test(`a route leads to a new cluster once the proxy has it, and away from one before that goes (${delta ? 'delta' : 'state of the world'})`, async () => {
    const { port, set, clock } = await serve()
    const proxy = open(port, delta)
    const ask = (kind: 'cluster' | 'endpoints' | 'route', names: string[], nonce?: unknown, first = false) =>
      proxy.ask({
        ...(first ? { node: node('us-east') } : {}),
        type_url: typeUrlOf(kind),
        [delta ? 'resource_names_subscribe' : 'resource_names']: names,
        ...(nonce === undefined ? {} : { response_nonce: nonce }),
      })
    const namesIn = (message: Message) =>
      (message.resources as Message[]).map((each) =>
        delta ? String(each.name) : String(decodeMessage(messageTypes.cluster, each.value as Uint8Array).name),
      )
    const routeTo = (message: Message) => {
      const [any] = message.resources as Message[]
      const { virtual_hosts } = decodeMessage(messageTypes.route, ((delta ? any!.resource : any) as Message).value as Uint8Array)
      return (virtual_hosts as Message[]).map(({ name }) => name)
    }
    const sameName = apiCluster.replace('clusterset', 'cluster')
    ask('cluster', [], undefined, true)
    const clusters = await proxy.next()
    ask('cluster', [], clusters.nonce)
    ask('endpoints', [apiCluster])
    ask('endpoints', delta ? [] : [apiCluster], (await proxy.next()).nonce)
    ask('route', ['http'])
    ask('route', delta ? [] : ['http'], (await proxy.next()).nonce)

    // The short name comes to mean another cluster.
    set({ ...api, reach: 'same-name' })
    const next = await proxy.next()
    assert.equal(next.type_url, typeUrlOf('cluster'))
    assert.deepEqual(namesIn(next).sort(), delta ? [sameName] : [sameName, apiCluster].sort(), 'the one of before is still there')
    assert.deepEqual(next.removed_resources ?? [], [])
    ask('cluster', [], next.nonce)
    assert.ok(await proxy.quiet(), 'no route before its endpoints are there')
    ask('endpoints', delta ? [sameName] : [apiCluster, sameName])
    const endpoints = await proxy.next()
    assert.equal(endpoints.type_url, typeUrlOf('endpoints'))
    ask('endpoints', delta ? [] : [apiCluster, sameName], endpoints.nonce)
    const route = await proxy.next()
    assert.equal(route.type_url, typeUrlOf('route'))
    assert.deepEqual(routeTo(route), ['api.shop.svc.cluster.local:80'])
    const gone = await proxy.next()
    assert.equal(gone.type_url, typeUrlOf('cluster'))
    if (delta) assert.deepEqual(gone.removed_resources, [apiCluster])
    else assert.deepEqual(namesIn(gone), [sameName])

    // One that never takes it up is told in the end.
    while (!(await proxy.quiet())) await proxy.next()
    const drain = async () => {
      const seen: unknown[] = []
      while (!(await proxy.quiet())) seen.push((await proxy.next()).type_url)
      return seen
    }
    set(api)
    assert.ok(!(await drain()).includes(typeUrlOf('route')))
    await clock.advance(1000)
    const seen = await drain()
    assert.ok(seen.includes(typeUrlOf('route')), String(seen))
  })
}

test('delta: only what changes, removals by name, and what a client has already is not sent again', async () => {
  const { port, set } = await serve()
  const client = open(port, true)
  client.ask({ node: node('us-east'), type_url: typeUrlOf('cluster') })
  const first = await client.next()
  const [resource] = first.resources as { name: string; version: string }[]
  assert.equal(resource!.name, apiCluster)
  set(api, { ...api, name: 'other' })
  const second = await client.next()
  assert.deepEqual(
    (second.resources as Message[]).map(({ name }) => name),
    ['outbound|80||other.shop.svc.clusterset.local'],
  )
  set(api)
  assert.deepEqual((await client.next()).removed_resources, ['outbound|80||other.shop.svc.clusterset.local'])
  const again = open(port, true)
  again.ask({
    node: node('us-east'),
    type_url: typeUrlOf('cluster'),
    resource_names_subscribe: ['*'],
    initial_resource_versions: { [apiCluster]: resource!.version, 'outbound|1||gone.shop.svc.clusterset.local': 'x' },
  })
  const answer = await again.next()
  assert.deepEqual([answer.resources, answer.removed_resources], [[], ['outbound|1||gone.shop.svc.clusterset.local']])
})

test('delta: who asks for no endpoints is sent none', async () => {
  const { port, set } = await serve()
  const client = open(port, true)
  client.ask({ node: node('us-east'), type_url: typeUrlOf('endpoints') })
  assert.deepEqual((await client.next()).resources, [])
  set({ ...api, places: [] })
  assert.ok(await client.quiet())
})

test('delta: a name that is asked for is answered, there or not', async () => {
  const { port } = await serve()
  const client = open(port, true)
  client.ask({
    node: node('us-east'),
    type_url: typeUrlOf('endpoints'),
    resource_names_subscribe: [apiCluster, 'outbound|1||no.shop.svc.clusterset.local'],
  })
  const answer = await client.next()
  assert.equal((answer.resources as Message[]).length, 1)
  assert.deepEqual(answer.removed_resources, ['outbound|1||no.shop.svc.clusterset.local'])
  client.ask({ type_url: typeUrlOf('endpoints'), resource_names_unsubscribe: [apiCluster], response_nonce: answer.nonce })
  assert.ok(await client.quiet())
})

test('streams without a node, with rubbish, and that end', async () => {
  const { port, server } = await serve()
  const nobody = open(port)
  nobody.ask({ type_url: typeUrlOf('cluster') })
  await new Promise((done) => nobody.call.on('error', done))
  assert.match(nobody.error!.message, /must have a node/)
  const client = open(port)
  client.ask({ node: node('us-east'), type_url: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret' })
  client.ask({ node: node('us-east'), type_url: typeUrlOf('cluster') })
  await client.next()
  client.call.end()
  for (let wait = 0; server.status().length > 0 && wait < 500; wait++) await new Promise((done) => setTimeout(done, 10))
  assert.deepEqual(server.status(), [])
})

test('bounds: names, nested metadata, and clients that do not read', async () => {
  const { port } = await serve()
  const url = typeUrlOf('cluster')
  const failed = async (delta: boolean, message: Message) => {
    const client = open(port, delta)
    const ended = new Promise<Error>((done) => client.call.on('error', done))
    client.ask(message)
    return (await ended).message
  }
  const long = 'a'.repeat(513)
  assert.match(await failed(false, { node: { id: 'n' }, type_url: url, resource_names: [long] }), /at most 512 characters/)
  assert.match(
    await failed(true, { node: { id: 'n' }, type_url: url, resource_names_subscribe: [long] }),
    /at most 512 characters/,
  )
  const versions = { [long]: '1' }
  assert.match(
    await failed(true, { node: { id: 'n' }, type_url: url, initial_resource_versions: versions }),
    /at most 512 characters/,
  )
  let metadata: Message = { fields: {} }
  for (let depth = 0; depth < 300; depth++) metadata = { fields: { __proto__x: { struct_value: metadata } } }
  const nested = open(port)
  const answered = Promise.race([nested.next(), new Promise((done) => nested.call.on('error', done))])
  nested.ask({ node: { id: 'n', metadata }, type_url: url, resource_names: [apiCluster] })
  await answered

  const slow = open(port)
  slow.call.pause()
  const rounds = 400
  for (let round = 0; round < rounds; round++)
    slow.ask({ ...(round === 0 ? { node: { id: 'slow' } } : {}), type_url: url, resource_names: [apiCluster, `none-${round}`] })
  await new Promise((done) => setTimeout(done, 100))
  slow.call.resume()
  for (let round = 0; round < rounds; round++) await slow.next()
})

test('who is connected can be asked, over mutual TLS only by who has a certificate', async () => {
  const ca = await createFleetCa({ clock: systemClock })
  const own = await ca.issueServer({ names: ['127.0.0.1'] })
  const mine = await ca.issueClient({ commonName: 'someone' })
  const stranger = await (await createFleetCa({ clock: systemClock })).issueClient({ commonName: 'someone' })
  const { server, port } = await serve()
  const secure = await server.listen({ address: '127.0.0.1', port: 0 }, { ca: ca.certPem, cert: own.certPem, key: own.keyPem })
  const client = open(port)
  client.ask({ node: node('us-east'), type_url: typeUrlOf('endpoints'), resource_names: [apiCluster] })
  await client.next()
  const seen = await askXdsStatus(`127.0.0.1:${port}`, undefined)
  assert.deepEqual(
    seen.map(({ node: name, cluster, locality, kinds }) => [name, cluster, locality, kinds[0]!.resources]),
    [['us-east-1', 'us-east', 'us-east-1/a', 1]],
  )
  const ask = (pair: { certPem: string; keyPem: string }) =>
    askXdsStatus(`127.0.0.1:${secure}`, { ca: ca.certPem, cert: pair.certPem, key: pair.keyPem })
  assert.equal((await ask(mine)).length, 1)
  await assert.rejects(ask(stranger), { code: 'xds-unreachable' })
  await assert.rejects(askXdsStatus(`127.0.0.1:${secure}`, undefined), { code: 'xds-unreachable' })
})

test('flags of the discovery service', () => {
  assert.deepEqual(readXdsPlaces({ xds: '0.0.0.0:18000', xdsClear: '18001' }), {
    secure: { address: '0.0.0.0', port: 18_000 },
    clear: { address: '127.0.0.1', port: 18_001 },
  })
  assert.equal(readXdsPlaces({}), undefined)
  assert.throws(() => readXdsPlaces({ xdsClear: '0.0.0.0:1' }), { code: 'clear-text-beyond-loopback' })
  for (const xds of ['', 'x', '1.2.3:4', '70000', 'host:1'])
    assert.throws(() => readXdsPlaces({ xds }), { code: 'bad-address' }, xds)
})
