import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import { type FakePods, fakePods } from '../../../../test/support/fakes/fake-pod-access.js'
import { SpdyClient } from '../../../../test/support/fakes/spdy-client.js'
import { type EmbeddedApi, startEmbeddedApi } from '../../../../test/support/worlds/embedded-api.js'
import { makePod, openTunnel, openWebSocket, upgrade } from '../../../../test/support/worlds/pod-fixture.js'

let api: EmbeddedApi
let pods: FakePods
const pod = '/api/v1/namespaces/default/pods/web'
before(async () => {
  pods = await fakePods()
  api = await startEmbeddedApi('member', pods)
  await makePod(api, 'web')
})
after(async () => {
  await api.close()
  await pods.stop()
})

const opened = (webSocket: WebSocket) => new Promise((resolve) => webSocket.once('open', resolve))
const closed = (webSocket: WebSocket) => new Promise<number>((resolve) => webSocket.once('close', resolve))
const cat = `${pod}/exec?stdin=1&stdout=1&command=cat`

test('messages that mean nothing are passed over; those that break the protocol end the session', async () => {
  const webSocket = openWebSocket(api, cat, ['v5.channel.k8s.io'])
  await opened(webSocket)
  for (const message of [[], [9, 1], [1, 65], [3, 66], [4, 123], [254]]) webSocket.send(Buffer.from(message))
  webSocket.send(Buffer.from('\0still here'))
  const said = await new Promise<string>((resolve) => {
    webSocket.on('message', (data: Buffer) => {
      if (data.length > 1) resolve(data.toString('latin1'))
    })
  })
  assert.equal(said, '\x01still here')
  for (const message of [Buffer.of(255), Buffer.of(255, 0, 0), Buffer.of(255, 9)]) {
    const broken = openWebSocket(api, cat, ['v5.channel.k8s.io'])
    await opened(broken)
    broken.send(message)
    assert.equal(await closed(broken), 1002)
  }
  const long = openWebSocket(api, cat, ['v5.channel.k8s.io'])
  await opened(long)
  long.send(Buffer.alloc(17 * 1024 * 1024))
  long.on('error', () => {})
  assert.ok([1006, 1009].includes(await closed(long)))
  webSocket.terminate()
  await until(() => pods.open.size === 0)
})

test('a client that sends without reading the answer is slowed down', async () => {
  const webSocket = openWebSocket(api, cat, ['v5.channel.k8s.io'])
  await opened(webSocket)
  webSocket.pause()
  const piece = Buffer.alloc(65_537)
  for (let sent = 0; sent < 400; sent++) webSocket.send(piece)
  await new Promise((resolve) => setTimeout(resolve, 150))
  assert.ok(webSocket.bufferedAmount > 4_000_000, `${webSocket.bufferedAmount} bytes are still with the client`)
  webSocket.terminate()
  await until(() => pods.open.size === 0)
})

/** Sends bytes after a granted upgrade and waits until the server hangs up. */
async function noise(socket: TLSSocket | Awaited<ReturnType<typeof upgrade>>['socket'], bytes: Buffer): Promise<void> {
  socket!.on('error', () => {})
  socket!.resume()
  const end = new Promise((resolve) => socket!.once('close', resolve))
  socket!.write(bytes)
  setTimeout(() => socket!.destroy(), 200).unref()
  await end
}

test('noise after an upgrade harms nobody', async () => {
  let seed = 7
  const random = () => (seed = (seed * 48271) % 0x7fffffff)
  const webSocketHeaders = {
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  const all: Promise<void>[] = []
  for (let round = 0; round < 30; round++) {
    const bytes = Buffer.from(Array.from({ length: 50 + (random() % 400) }, () => random() & 0xff))
    const [path, method, headers] = [
      [cat, 'GET', { ...webSocketHeaders, 'sec-websocket-protocol': 'v5.channel.k8s.io' }],
      [cat, 'POST', { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' }],
      [`${pod}/portforward`, 'GET', { ...webSocketHeaders, 'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io' }],
      [`${pod}/portforward`, 'POST', { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' }],
      [`${pod}/portforward?port=7`, 'GET', { ...webSocketHeaders, 'sec-websocket-protocol': 'v4.channel.k8s.io' }],
    ][round % 5] as [string, string, Record<string, string>]
    const { socket, head } = await upgrade(api, method, path, headers)
    assert.equal(head.statusCode, 101)
    all.push(noise(socket, bytes))
  }
  await Promise.all(all)
  await until(() => pods.open.size === 0 && pods.connections.size === 0)
  assert.equal((await api.ask('GET', '/version')).code, 200)
})

test('an upgrade that breaks off, or that is none, does not stop the server', async () => {
  const raw = (text: string) =>
    new Promise<string>((resolve) => {
      const { certPem, keyPem } = api.admin
      const socket = connect({ host: '127.0.0.1', port: api.port, ca: api.ca.certPem, cert: certPem, key: keyPem }, () => {
        socket.write(text)
      })
      let answer = ''
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString()
      })
      socket.on('error', () => {})
      socket.once('close', () => resolve(answer))
      setTimeout(() => socket.destroy(), 10_000).unref()
    })
  const head = (method: string, path: string, more: string) =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${more}\r\n`
  const withBody = 'Upgrade: h2c\r\nContent-Type: application/json\r\nContent-Length: 2\r\n'
  assert.match(await raw(`${head('POST', '/api/v1/namespaces/default/configmaps', withBody)}{}`), /^HTTP\/1\.1 4\d\d /)
  assert.match(await raw(head('GET', cat, 'Upgrade: websocket\r\n')), /^HTTP\/1\.1 400 /)
  assert.match(
    await raw(head('GET', cat, 'Upgrade: websocket\r\nSec-WebSocket-Key: short\r\nSec-WebSocket-Version: 99\r\n')),
    /^HTTP\/1\.1 400 /,
  )
  assert.match(await raw(head('GET', cat, 'Upgrade: nonsense\r\n')), /Upgrade request required/)
  // What follows a refused upgrade on the same connection is not another request.
  const two = await raw(`${head('GET', '/version', 'Upgrade: x\r\n')}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`)
  assert.equal(two.match(/HTTP\/1\.1 /g)?.length, 1)
  await until(() => pods.open.size === 0)
})

test('forwarded connections and proxied requests that are dropped leave nothing behind', async () => {
  const handles = () => process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate').length
  const before = handles()
  for (let round = 0; round < 4; round++) {
    await Promise.all(
      Array.from({ length: 15 }, async (_, index) => {
        if (index % 3 === 0) {
          const { socket } = await upgrade(api, 'GET', `${pod}/proxy/chat`, { upgrade: 'chat' })
          socket!.on('error', () => {})
          socket!.destroy()
          return
        }
        const client = new SpdyClient(await openTunnel(api, `${pod}/portforward`, 'SPDY/3.1+portforward.k8s.io'))
        await client.open({ streamType: 'error', port: '7', requestID: '1' })
        if (index % 3 === 1) {
          const data = await client.open({ streamType: 'data', port: '7', requestID: '1' })
          data.write('x'.repeat(1000))
        }
        client.close()
      }),
    )
  }
  await until(() => pods.connections.size === 0)
  await until(() => handles() <= before + 2)
})

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.ok(condition(), condition.toString())
}

test('pings are answered, but not those of a client that reads no answers', async () => {
  const webSocket = openWebSocket(api, cat, ['v5.channel.k8s.io'])
  await opened(webSocket)
  const pong = new Promise<string>((resolve) => webSocket.once('pong', (data) => resolve(data.toString())))
  webSocket.ping('are you there')
  assert.equal(await pong, 'are you there')
  webSocket.terminate()
  await until(() => pods.open.size === 0)
})
