import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { createSeededRandom } from '../../base/random.js'
import { parseClientHello } from './client-hello.js'
import { formatSni, parseSni } from './sni-name.js'

/** What a real TLS client sends first. */
async function firstBytes(options: { servername: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect({ host: '127.0.0.1', port: (server.address() as { port: number }).port, ...options })
  client.on('error', () => {})
  const [socket] = await accepted
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return bytes
}

const name = 'outbound_.80_._.api.shop.svc.clusterset.local'

test('the name and the protocols of a real hello', async () => {
  const bytes = await firstBytes({ servername: name, ALPNProtocols: ['h2', 'istio'] })
  assert.deepEqual(parseClientHello(bytes), { hello: { serverName: name, protocols: ['h2', 'istio'] } })
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(parseClientHello(bytes.subarray(0, length)), 'more', `${length} of ${bytes.length} bytes`)
  }
})

test('a hello that is cut into records of a few bytes', async () => {
  const bytes = await firstBytes({ servername: name })
  const body = bytes.subarray(5)
  const records: Buffer[] = []
  for (let at = 0; at < body.length; at += 7) {
    const part = body.subarray(at, at + 7)
    records.push(Buffer.from([22, 3, 1, 0, part.length]), part)
  }
  assert.deepEqual(parseClientHello(Buffer.concat(records)), { hello: { serverName: name, protocols: [] } })
})

test('what is no hello', () => {
  const http = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  for (const bytes of [
    http,
    http.subarray(0, 2),
    Buffer.from([22, 3, 1, 0xff, 0xff]),
    Buffer.from([22, 3, 1, 0, 0]),
    Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]),
  ]) {
    assert.equal(parseClientHello(bytes), 'bad', bytes.toString('hex'))
  }
})

test('any change of any byte gives an answer, soon', async () => {
  const bytes = await firstBytes({ servername: name, ALPNProtocols: ['h2'] })
  const random = createSeededRandom(7)
  const started = process.hrtime.bigint()
  for (let round = 0; round < 5000; round++) {
    const changed = Buffer.from(bytes)
    for (let change = 0; change < 1 + (round % 4); change++)
      changed[Math.floor(random.number() * changed.length)] = Math.floor(random.number() * 256)
    const result = parseClientHello(changed)
    if (typeof result === 'object') assert.match(result.hello.serverName, /^[a-z0-9_.-]{0,255}$/)
  }
  assert.ok(Number(process.hrtime.bigint() - started) / 5000 < 5e6, 'under 5 ms each')
})

test('names of targets', () => {
  for (const target of [
    { mode: 'passthrough', port: 80, host: 'api.shop.svc.clusterset.local' },
    { mode: 'terminate', port: 65_535, host: 'a.b.svc.cluster.local' },
  ] as const) {
    assert.deepEqual(parseSni(formatSni(target)), target)
  }
  for (const bad of [
    '',
    'api.shop',
    'outbound_.80_.v1_.api.shop',
    'outbound_.0_._.a',
    'outbound_.70000_._.a',
    'outbound_.80_._.',
    'inbound_.80_._.a',
  ]) {
    assert.equal(parseSni(bad), undefined, bad)
  }
})
