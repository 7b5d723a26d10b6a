import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { after, before, test } from 'node:test'
import type { WebSocket } from 'ws'
import { type FakePods, fakePods } from '../../../../test/support/fakes/fake-pod-access.js'
import { SpdyClient } from '../../../../test/support/fakes/spdy-client.js'
import { type EmbeddedApi, startEmbeddedApi } from '../../../../test/support/worlds/embedded-api.js'
import { makePod, openTunnel, openWebSocket, upgrade } from '../../../../test/support/worlds/pod-fixture.js'

let api: EmbeddedApi
let pods: FakePods
const path = '/api/v1/namespaces/default/pods/web/portforward'
before(async () => {
  pods = await fakePods()
  api = await startEmbeddedApi('member', pods)
  await makePod(api, 'web')
  await makePod(api, 'waiting', { phase: 'Pending' })
})
after(async () => {
  await api.close()
  await pods.stop()
})

const opened = (webSocket: WebSocket) => new Promise((resolve) => webSocket.once('open', resolve))

async function tunnel(): Promise<SpdyClient> {
  return new SpdyClient(await openTunnel(api, path, 'SPDY/3.1+portforward.k8s.io'))
}

async function plain(): Promise<SpdyClient> {
  const headers = { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' }
  const { head, socket } = await upgrade(api, 'POST', path, headers)
  assert.equal(head.statusCode, 101)
  return new SpdyClient(socket as Duplex)
}

async function pair(client: SpdyClient, port: number, requestID: string) {
  const headers = { port: String(port), ...(requestID === '' ? {} : { requestID }) }
  const errors = await client.open({ ...headers, streamType: 'error' })
  errors.end()
  const data = await client.open({ ...headers, streamType: 'data' })
  return { errors, data }
}

for (const [name, dial] of [
  ['tunnelled', tunnel],
  ['plain', plain],
] as const) {
  test(`${name} SPDY: many connections at once, half-closes, failures of one`, async () => {
    const client = await dial()
    const pairs = await Promise.all([0].map(() => pair(client, 7, '0')))
    for (let id = 1; id < 40; id++) pairs.push(await pair(client, 7, String(id)))
    for (const [id, { data }] of pairs.entries()) {
      data.write(`connection ${id}`)
      data.end()
    }
    for (const [id, { data, errors }] of pairs.entries()) {
      assert.equal(await data.done, `connection ${id}`)
      assert.equal(await errors.done, '')
    }
    const request = await pair(client, 8080, '')
    request.data.write('GET /hello HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n')
    assert.match(await request.data.done, /^HTTP\/1\.1 200 OK[\s\S]*"url":"\/hello"/)
    const refused = await pair(client, 9, 'x')
    assert.equal(
      await refused.errors.done,
      'error forwarding port 9 to pod web, uid : failed to connect to localhost:9 inside the pod: connection refused',
    )
    client.close()
    await until(() => pods.connections.size === 0)
  })
}

test('much data goes through unchanged, both ways at once', async () => {
  const client = await tunnel()
  const { data } = await pair(client, 7, '1')
  const block = randomBytes(65_536)
  for (let sent = 0; sent < 100; sent++) data.write(block)
  data.end()
  await data.done
  assert.equal(data.bytes, 100 * block.length)
  client.close()
  await until(() => pods.connections.size === 0)
})

test('streams that belong to no port are refused; the connection lives on', async () => {
  const client = await tunnel()
  for (const headers of [{ streamType: 'data' }, { port: '0', streamType: 'data' }, { port: '80', streamType: 'other' }]) {
    const stream = await client.open(headers as Record<string, string>)
    assert.equal(await stream.done, '')
  }
  const { data } = await pair(client, 7, '1')
  data.write('still here')
  data.end()
  assert.equal(await data.done, 'still here')
  const open = await pair(client, 7, '2')
  open.data.write('x')
  await until(() => open.data.text === 'x')
  assert.equal(pods.connections.size, 1)
  open.data.reset()
  await until(() => pods.connections.size === 0)
  client.close()
})

test('the WebSocket protocol with two channels a port', async () => {
  const webSocket = openWebSocket(api, `${path}?ports=7&ports=9`, ['v4.channel.k8s.io'])
  const channels: Buffer[] = [0, 1, 2, 3].map(() => Buffer.alloc(0))
  webSocket.on('message', (message: Buffer) => {
    channels[message[0]!] = Buffer.concat([channels[message[0]!]!, message.subarray(1)])
  })
  await opened(webSocket)
  webSocket.send(Buffer.from('\0ping'))
  await until(() => channels[0]!.length >= 6 && channels[3]!.length > 2)
  assert.deepEqual([channels[0]!.readUInt16LE(0), channels[0]!.subarray(2).toString()], [7, 'ping'])
  assert.deepEqual([channels[1]!.length, channels[2]!.readUInt16LE(0)], [2, 9])
  assert.match(channels[3]!.subarray(2).toString(), /^error forwarding port 9 to pod web, uid : /)
  webSocket.terminate()
  await until(() => pods.connections.size === 0)
})

test('what cannot be forwarded is told before the upgrade', async () => {
  const ask = async (where: string, protocol: string) => {
    const answer = await upgrade(api, 'GET', where, {
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': protocol,
    })
    assert.ok(answer.socket === undefined)
    return { code: answer.head.statusCode, body: answer.body }
  }
  const pending = await ask(path.replace('web', 'waiting'), 'SPDY/3.1+portforward.k8s.io')
  assert.equal(pending.code, 400)
  assert.match(pending.body, /unable to forward port because pod is not running\. Current status=Pending/)
  assert.equal((await ask(path, 'SPDY/3.1+other.k8s.io')).code, 403)
  assert.deepEqual(await ask(path, 'v4.channel.k8s.io'), { code: 400, body: 'query parameter "port" is required\n' })
  assert.equal((await ask(`${path}?ports=70000`, 'v4.channel.k8s.io')).code, 400)
  assert.equal((await api.ask('POST', path)).json.message, 'Upgrade request required')
})

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.ok(condition(), condition.toString())
}
