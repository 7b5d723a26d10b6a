import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { createMemberFixture, type MemberFixture } from '../../member-fixture.js'
import { addressAt, networkOfNumber, nodeAddress } from '../address-plan.js'
import { detectLoopback } from '../detect-loopback.js'
import { Links } from './links.js'

// Far from the addresses that fleets take first.
const network = networkOfNumber(2001)!
const [a, b] = ['127.250.80.1', '127.250.80.2']
const abilities = await detectLoopback()
const skip = abilities.addresses ? false : 'only 127.0.0.1 can be bound here'
const servers: { close(): void }[] = []
after(() => {
  for (const server of servers) server.close()
})

async function listen(address: string, port: number, serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, serve)
  await new Promise<void>((resolve) => server.listen(port, address, resolve))
  servers.push(server)
  return server
}

/** What the other side sends until it ends, or the code of the error. */
function ask(address: string, port: number, options: { text?: string; from?: string } = {}): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: address, port, ...(options.from ? { localAddress: options.from } : {}) })
    socket.on('data', (data) => (text += data))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    socket.on('end', () => resolve(text))
    socket.end(options.text ?? '')
  })
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 3000; round++) {
    if (await condition()) return
    await new Promise((done) => setTimeout(done, 5))
  }
  throw new Error('it did not come about')
}

function fixture(): Promise<MemberFixture> {
  return createMemberFixture({ network: { networkOf: () => network, abilities } })
}

const service = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec })
const slice = (name: string, of: string, addresses: object[], ports: object[]) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  endpoints: addresses,
  ports,
})

test('a ClusterIP forwards while its Service has endpoints that lead somewhere', { skip }, async () => {
  const member = await fixture()
  await listen(a, 8080, (socket) => {
    socket.once('end', () => socket.end(`a sees ${socket.remoteAddress}`))
    socket.resume()
  })
  const at = '127.250.64.50'
  await member.apply(service('web', { clusterIP: at, ports: [{ port: 8000, targetPort: 8080 }] }))
  await member.settle()
  assert.equal(await ask(at, 8000), 'ECONNREFUSED')
  await member.apply(slice('web-1', 'web', [{ addresses: [a] }], [{ name: '', port: 8080 }]))
  await member.settle()
  await until(async () => (await ask(at, 8000)) === 'a sees 127.0.0.1')
  assert.equal(await ask(at, 8000, { from: b }), `a sees ${b}`, 'the endpoint sees who calls')
  await member.apply(slice('web-1', 'web', [{ addresses: [b] }], [{ name: '', port: 8080 }]))
  await member.settle()
  assert.equal(await ask(at, 8000), 'ECONNRESET', 'nothing listens at the endpoint')
  await member.remove('endpointslices', 'default/web-1')
  await member.settle()
  assert.equal(await ask(at, 8000), 'ECONNREFUSED')
  assert.deepEqual(member.warnings, [])
  member.stop()
})

test('node ports, affinity, half-open connections and much data', { skip }, async () => {
  const member = await fixture()
  for (const address of [a, b]) {
    await listen(address, 9090, (socket) => {
      // Echoes with its name when the client has ended.
      const parts: Buffer[] = []
      socket.on('data', (part) => parts.push(part))
      socket.once('end', () => socket.end(Buffer.concat([Buffer.from(`${address} ${socket.remoteAddress} `), ...parts])))
    })
  }
  const node = nodeAddress(network, 1)
  const before = member.cluster.peek('nodes', 'node-1')!
  const status = { ...(before['status'] as object), addresses: [{ type: 'InternalIP', address: node }] }
  const nodes = member.cluster.api.catalogue().forName('nodes')!
  await member.client.update(nodes, { ...before, status }, { subresource: 'status' } as never)
  const spec = {
    type: 'NodePort',
    clusterIP: '127.250.64.51',
    sessionAffinity: 'ClientIP',
    ports: [{ port: 80, nodePort: 30_123 }],
  }
  await member.apply(
    service('echo', spec),
    slice(
      'echo-1',
      'echo',
      [
        { addresses: [a], nodeName: 'node-1' },
        { addresses: [b], nodeName: 'node-2' },
      ],
      [{ name: '', port: 9090 }],
    ),
  )
  await member.settle()
  const where = async (from?: string) => (await ask(node, 30_123, from ? { from } : {})).split(' ')
  await until(async () => (await where())[1] === node)
  const [first] = await where()
  for (let round = 0; round < 10; round++) assert.equal((await where())[0], first)
  const text = 'x'.repeat(5_000_000)
  const answer = await ask(node, 30_123, { text })
  assert.equal(answer.length, text.length + `${a} ${node} `.length)
  // With policy Local, only endpoints of the node, and they see who calls.
  await member.apply(
    service('echo', { ...spec, type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30_124 }),
  )
  await member.settle()
  await until(async () => (await where(b))[1] === b)
  for (let round = 0; round < 5; round++) assert.deepEqual((await where(b)).slice(0, 2), [a, b])
  const health = await ask(node, 30_124, { text: 'GET / HTTP/1.0\r\n\r\n' })
  assert.match(health, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(health, /X-Load-Balancing-Endpoint-Weight: 1\r\n/)
  assert.deepEqual(JSON.parse(health.slice(health.indexOf('{'))), {
    service: { namespace: 'default', name: 'echo' },
    localEndpoints: 1,
    serviceProxyHealthy: true,
  })
  assert.deepEqual(member.warnings, [])
  member.stop()
  assert.equal(await ask(node, 30_123), 'ECONNREFUSED')
})

test('datagrams go there and back', { skip }, async () => {
  const member = await fixture()
  const server = createSocket('udp4')
  servers.push(server)
  server.on('message', (message, from) => server.send(`${message} from ${from.address}`, from.port, from.address))
  await new Promise<void>((resolve) => server.bind(5300, a, resolve))
  const at = '127.250.64.52'
  await member.apply(
    service('names', { clusterIP: at, ports: [{ port: 5300, protocol: 'UDP' }] }),
    slice('names-1', 'names', [{ addresses: [a] }], [{ name: '', port: 5300, protocol: 'UDP' }]),
  )
  await member.settle()
  const client = createSocket('udp4')
  servers.push(client)
  await new Promise<void>((resolve) => client.bind(0, b, resolve))
  const answers: string[] = []
  client.on('message', (message, from) => answers.push(`${message} by ${from.address}`))
  client.on('error', () => {})
  await until(() => {
    if (answers.length < 2) client.send('hello', 5300, at)
    return answers.length >= 2
  })
  assert.equal(answers[0], `hello from ${b} by ${at}`)
  member.stop()
})

test('a port that something else has is told of, and taken when it is free', { skip }, async () => {
  const member = await fixture()
  await listen(a, 7070, (socket) => socket.end('here'))
  const other = await listen('127.250.64.53', 7000, (socket) => socket.end('another'))
  await member.apply(
    service('late', { clusterIP: '127.250.64.53', ports: [{ port: 7000, targetPort: 7070 }] }),
    slice('late-1', 'late', [{ addresses: [a] }], [{ name: '', port: 7070 }]),
  )
  await until(async () => {
    await member.settle()
    return member.warnings.length > 0
  })
  assert.match(member.warnings[0]!, /a Service cannot be served.*127\.250\.64\.53:7000\/TCP/)
  const event = member.all('events').find((each) => (each as { reason?: string }).reason === 'PortNotBound')
  assert.match((event as { message?: string } | undefined)?.message ?? '', /another program listens there/)
  await new Promise((resolve) => other.close(resolve))
  await member.settle(30)
  await until(async () => (await ask('127.250.64.53', 7000)) === 'here')
  member.stop()
})

test('ports that may not be bound have substitutes, at the endpoint too', { skip }, async () => {
  const low = { addresses: true, lowPorts: false }
  const member = await createMemberFixture({ network: { networkOf: () => network, abilities: low } })
  await listen(a, 10_081, (socket) => socket.end('low'))
  await member.apply(
    service('low', { clusterIP: '127.250.64.54', ports: [{ port: 80, targetPort: 81 }] }),
    slice('low-1', 'low', [{ addresses: [a] }], [{ name: '', port: 81 }]),
  )
  await member.settle()
  await until(async () => (await ask('127.250.64.54', 10_080)) === 'low')
  await member.settle()
  const annotations = member.peek('services', 'default/low')!.metadata.annotations
  assert.equal(annotations?.['network.flotilla.dev/bound-ports'], '{"80":10080}')
  const names = member.peek('services', 'kube-system/kube-dns')!.metadata.annotations
  assert.equal(names?.['network.flotilla.dev/bound-ports'], '{"53":10053}')
  assert.ok(member.all('events').some((each) => (each as { reason?: string }).reason === 'PortSubstituted'))
  assert.deepEqual(member.warnings, [])
  member.stop()
})

test('who goes takes the other side along', { skip }, async () => {
  const member = await fixture()
  const served: Socket[] = []
  await listen(a, 6060, (socket) => {
    socket.on('error', () => {}).resume()
    served.push(socket)
  })
  const at = '127.250.64.55'
  await member.apply(
    service('gone', { clusterIP: at, ports: [{ port: 6000, targetPort: 6060 }] }),
    slice('gone-1', 'gone', [{ addresses: [a] }], [{ name: '', port: 6060 }]),
  )
  await member.settle()
  const dial = () =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect(6000, at, () => resolve(socket)).on('error', reject)
    })
  await until(async () =>
    dial().then(
      (socket) => Boolean(socket.destroy()),
      () => false,
    ),
  )
  await until(() => served.length > 0 && served.every((socket) => socket.readableEnded || socket.destroyed))
  const open = () => served.filter((socket) => !socket.destroyed && !socket.readableEnded)
  for (const leave of ['destroy', 'resetAndDestroy'] as const) {
    const clients = await Promise.all(Array.from({ length: 50 }, dial))
    await until(() => open().length === 50)
    for (const client of clients) client[leave]()
    await until(() => open().length === 0)
  }
  // The endpoint breaks the connection off: the client sees that.
  const client = await dial()
  const closed = new Promise<string>((resolve) => {
    client.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
  await until(() => open().length === 1)
  for (const socket of open()) socket.resetAndDestroy()
  assert.equal(await closed, 'ECONNRESET')
  member.stop()
})

test('externalIPs are of the own part of the plan, never of other clusters', { skip }, async () => {
  const other = networkOfNumber(2002)!
  const theirs = [addressAt(other.serviceRange, 10), addressAt(other.nodeRange, 3), addressAt(other.podRange, 3)]
  const member = await fixture()
  try {
    await listen(a, 7791, (socket) => socket.end('mine'))
    const own = '127.250.76.9'
    const externalIPs = [...theirs, own]
    await member.apply(service('taker', { ports: [{ port: 7790 }], externalIPs }))
    await member.apply(slice('taker', 'taker', [{ addresses: [a] }], [{ port: 7791 }]))
    await member.settle(1)
    await until(async () => (await ask(own, 7790)) === 'mine')
    for (const address of theirs) assert.equal(await ask(address, 7790), 'ECONNREFUSED', address)
  } finally {
    member.stop()
  }
})

test('a way between two clusters is cut, slow and whole again for what is forwarded over it', { skip }, async () => {
  const links = new Links()
  const member = await createMemberFixture({ network: { networkOf: () => network, abilities, links } })
  const far = networkOfNumber(2003)!
  const [there, stranger] = [addressAt(far.podRange, 7), addressAt(far.podRange, 8)]
  await listen(there, 8080, (socket) => {
    socket.on('data', (data) => socket.write(data))
    socket.once('end', () => socket.end(' end'))
  })
  await listen(a, 8099, (socket) => {
    socket.once('end', () => socket.end('near'))
    socket.resume()
  })
  const udp = createSocket('udp4')
  servers.push(udp)
  udp.on('message', (message, from) => udp.send(message, from.port, from.address))
  await new Promise<void>((resolve) => udp.bind(9053, there, resolve))
  const [near, remote] = ['127.250.64.60', '127.250.64.61']
  await member.apply(
    service('near', { clusterIP: near, ports: [{ port: 80, targetPort: 8099 }] }),
    slice('near-1', 'near', [{ addresses: [a] }], [{ name: '', port: 8099 }]),
    service('remote', {
      clusterIP: remote,
      ports: [
        { name: 'tcp', port: 8000 },
        { name: 'udp', port: 53, protocol: 'UDP' },
      ],
    }),
    slice(
      'remote-1',
      'remote',
      [{ addresses: [there] }],
      [
        { name: 'tcp', port: 8080 },
        { name: 'udp', port: 9053, protocol: 'UDP' },
      ],
    ),
  )
  await member.settle()
  const bound = (port: number) => (abilities.lowPorts ? port : port + 10_000)
  await until(async () => (await ask(remote, 8000, { text: 'x' })) === 'x end')
  await until(async () => (await ask(near, bound(80))) === 'near')
  const client = createSocket('udp4')
  servers.push(client)
  let echoes = 0
  client.on('message', () => echoes++)
  const echo = () => client.send('x', bound(53), remote)
  echo()
  await until(() => echoes === 1)

  // What crosses it ends; what begins is reset; datagrams are lost. Nobody else notices.
  const open = connect({ host: remote, port: 8000 })
  const closed = new Promise<string>((done) => open.on('error', ({ message }) => done(message)))
  await new Promise((done) => open.write('hello', () => open.once('data', done)))
  links.set(2001, 2003, { cut: true, latencyMs: 0 })
  assert.match(await closed, /ECONNRESET/)
  assert.equal(await ask(remote, 8000, { text: 'x' }), 'ECONNRESET')
  assert.equal(await ask(near, bound(80)), 'near')
  assert.equal(await ask(near, bound(80), { from: stranger }), 'ECONNRESET', 'a caller from the other side')
  echo()
  await new Promise((done) => setTimeout(done, 50))
  assert.equal(echoes, 1)

  links.set(2003, 2001, { cut: false, latencyMs: 60 })
  const start = performance.now()
  const text = 'slow but whole '.repeat(200_000)
  assert.equal(await ask(remote, 8000, { text }), `${text} end`)
  const took = performance.now() - start
  assert.ok(took >= 120 && took < 5000, `${took} ms for there and back`)
  links.set(2001, 2003, { cut: false, latencyMs: 0 })
  assert.equal(await ask(remote, 8000, { text: 'x' }), 'x end')
  echo()
  await until(() => echoes === 2)
  assert.equal(links.size, 0, 'nothing is remembered of a way that is whole and empty')
  assert.deepEqual(member.warnings, [])
  member.stop()
})
