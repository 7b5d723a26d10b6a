import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { ask, type Target } from '../concurrency/ask.js'
import { type ServerProcess, startServer } from '../concurrency/server-process.js'
import { probe } from './probe.js'

const maps = '/api/v1/namespaces/default/configmaps'
const mib = 1048576
let server: ServerProcess
let target: Target
before(async () => {
  server = await startServer({
    patience: { handshakeMs: 1000, headersMs: 1000, requestMs: 2500, everyMs: 200 },
    watchLimits: { stalledMs: 1500, waitingChars: 4 * mib },
  })
  target = { port: server.port, token: server.token, agent: server.agent() }
})
after(() => server.stop())

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** Sends the bytes one by one, for ever; resolves with how long the server took part, and what it said. */
function dribble(socket: Socket, bytes: string, everyMs = 25): Promise<{ ms: number; text: string }> {
  const start = performance.now()
  let at = 0
  let text = ''
  const timer = setInterval(() => !socket.destroyed && socket.write(bytes[at++ % bytes.length]!), everyMs)
  socket.on('data', (data: Buffer) => {
    text += data.toString('latin1')
  })
  socket.on('error', () => {})
  return new Promise((done) => {
    socket.once('close', () => {
      clearInterval(timer)
      done({ ms: performance.now() - start, text })
    })
  })
}

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

const head = (path: string, length: number) =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: x',
    `Authorization: Bearer ${server.token}`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    '',
    '',
  ].join('\r\n')

test('who does not finish a handshake or the head of a request is cut off', { timeout: 60_000 }, async () => {
  const probing = probe(target, `${maps}/nobody`)
  const silent = Array.from({ length: 10 }, () => dribble(connectTcp({ host: '127.0.0.1', port: server.port }), '\u0016', 1e6))
  const slow = Array.from({ length: 30 }, async () => dribble(await open(), `GET ${maps} HTTP/1.1\r\nX-A: ${'a'.repeat(1e5)}`))
  for (const { ms } of await Promise.all([...silent, ...slow])) assert.ok(ms < 15_000, `cut off after ${ms} ms`)
  console.log(`10 silent connections, 30 heads by the byte; small GETs beside them: ${await probing.stop()}`)
})

test('a body that does not come in time is answered, and what has come of it is let go', { timeout: 60_000 }, async () => {
  const before = await server.memory()
  const start = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"slow"},"data":{"a":"${'x'.repeat(2_500_000)}`
  const send = async (query: string) => {
    const socket = await open()
    socket.write(head(`${maps}${query}`, 3_000_000))
    socket.write(start)
    return dribble(socket, 'x')
  }
  const sent = [...Array.from({ length: 16 }, () => send('?timeout=1s')), ...Array.from({ length: 4 }, () => send(''))]
  await pause(700)
  const during = await server.memory()
  const all = await Promise.all(sent)
  for (const { ms, text } of all.slice(0, 16)) {
    assert.match(text, /^HTTP\/1.1 504 /)
    assert.match(text, /request did not complete within the allotted timeout/)
    assert.ok(ms < 15_000)
  }
  // Without a wish of the client, the server's own patience counts.
  for (const { ms } of all.slice(16)) assert.ok(ms < 20_000, `${ms} ms`)
  assert.equal((await ask(target, 'GET', `${maps}/slow`)).code, 404)
  let { rss, external } = await server.memory()
  for (let wait = 0; wait < 20 && external > before.external + 8 * mib; wait++) {
    await pause(250)
    ;({ rss, external } = await server.memory())
  }
  const shown = [during.rss - before.rss, rss - before.rss, external - before.external].map((each) => (each / mib).toFixed(0))
  console.log(`20 bodies that do not end: ${shown[0]} MiB more; after them ${shown[1]} MiB, ${shown[2]} MiB of buffers`)
  assert.ok(external < before.external + 8 * mib, `${external - before.external} bytes of buffers stayed`)
})

/** A watch whose client reads only what it is told to. */
function watch(from: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const path = `${maps}?watch=true&resourceVersion=${from}&fieldSelector=metadata.name%3Dbig`
    const headers = { authorization: `Bearer ${server.token}` }
    const sent = request(
      { host: '127.0.0.1', port: server.port, path, headers, rejectUnauthorized: false, agent: false },
      (response) => {
        response.on('error', () => {})
        resolve(response)
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

/** The revisions of the events that come until the stream ends, or one is `last`; half a line at the end counts for nothing. */
function read(response: IncomingMessage, last: string): Promise<string[]> {
  // What was not read of a connection that is gone is gone with it.
  if (response.closed) return Promise.resolve([])
  return new Promise((done) => {
    const seen = revisions(response, () => {
      if (seen.at(-1) === last) response.destroy()
    })
    response.once('close', () => done(seen))
  })
}

/** The revisions of the events, as they come. */
function revisions(response: IncomingMessage, heard: () => void = () => {}): string[] {
  const seen: string[] = []
  let parts: string[] = []
  response.on('data', (data: Buffer) => {
    const lines = data.toString().split('\n')
    for (const [index, line] of lines.entries()) {
      parts.push(line)
      if (index === lines.length - 1) break
      seen.push(JSON.parse(parts.join('')).object.metadata.resourceVersion as string)
      parts = []
    }
    heard()
  })
  return seen
}

test('a watcher that does not read is cut off, costs little, and misses nothing when it comes back', {
  timeout: 90_000,
}, async () => {
  const body = (round: number) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'big' },
    data: { round: String(round), a: 'x'.repeat(300_000) },
  })
  const made = await ask(target, 'POST', maps, { body: body(0) })
  assert.equal(made.code, 201)
  const from = made.json.metadata.resourceVersion as string
  const stalled = await Promise.all(Array.from({ length: 15 }, () => watch(from)))
  const steady = await watch(from)
  const written: string[] = []
  const heard = revisions(steady)
  const before = await server.memory()
  let most = 0
  for (let round = 1; round <= 60; round++) {
    const answer = await ask(target, 'PUT', `${maps}/big`, { body: body(round) })
    assert.equal(answer.code, 200)
    written.push(answer.json.metadata.resourceVersion as string)
    if (round % 15 === 0) most = Math.max(most, (await server.memory()).rss - before.rss)
  }
  const end = await ask(target, 'PATCH', `${maps}/big`, {
    body: { metadata: { labels: { end: 'true' } } },
    type: 'application/merge-patch+json',
  })
  const last = end.json.metadata.resourceVersion as string
  written.push(last)
  // Time enough for those that were behind by less than the limit.
  await pause(2_000)
  assert.deepEqual(heard, written, 'who reads has it all')
  steady.destroy()
  let resumed = 0
  for (const response of stalled) {
    const first = await read(response, last)
    assert.ok(first.length < written.length, 'a stalled watch was not cut off')
    const seen = [...first]
    while (seen.at(-1) !== last) {
      const more = await read(await watch(seen.at(-1) ?? from), last)
      assert.ok(more.length > 0)
      seen.push(...more)
      resumed++
    }
    assert.deepEqual(seen, written, 'gaps, duplicates or another order')
  }
  console.log(
    `15 watchers that do not read 18 MB each: ${(most / mib).toFixed(0)} MiB more; each had everything after ${(resumed / 15).toFixed(1)} more watches`,
  )
  assert.ok(most < 150 * mib, `${most} bytes more`)
})
