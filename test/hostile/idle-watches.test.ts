import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { ask, type Target } from '../concurrency/ask.js'
import { type ServerProcess, startServer } from '../concurrency/server-process.js'
import { probe } from './probe.js'

/** FLOTILLA_IDLE_WATCHES (default 200). */
const watches = Number(process.env['FLOTILLA_IDLE_WATCHES'] ?? 200)
const maps = '/api/v1/namespaces/default/configmaps'
let server: ServerProcess
let target: Target
before(async () => {
  server = await startServer()
  target = { port: server.port, token: server.token, agent: server.agent() }
})
after(() => server.stop())

const mib = (bytes: number) => `${(bytes / 1048576).toFixed(1)} MiB`
const map = (name: string, size: number) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: 'x'.repeat(size) },
})

/** A connection that is reset before its first byte is opened once more: on a loaded machine the listener's queue may be full. */
function watch(path: string, again = true): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    socket.once('error', (error) => (again ? resolve(watch(path, false)) : reject(error)))
    socket.once('secureConnect', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\n\r\n`),
    )
    socket.once('data', () => resolve(socket))
  })
}

test('thousands of idle watches cost little, all hear of a change, and nothing of them stays', { timeout: 300_000 }, async () => {
  const before = await server.memory()
  const sockets: TLSSocket[] = []
  for (let index = 0; index < watches; index += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => watch(`${maps}?watch=true&resourceVersion=1`)))))
  }
  const open = await server.memory()
  let heard = 0
  const all = new Promise<void>((done) => {
    for (const socket of sockets) {
      socket.on('data', (data: Buffer) => {
        if (data.includes('"name":"news"') && ++heard === sockets.length) done()
      })
    }
  })
  const probing = probe(target, `${maps}/nobody`)
  const start = performance.now()
  assert.equal((await ask(target, 'POST', maps, { body: map('news', 10) })).code, 201)
  await all
  const took = performance.now() - start
  const times = await probing.stop()
  for (const socket of sockets) socket.destroy()
  const enough = before.heapUsed + 8 * 1048576 + watches * 2048
  let closed = await server.memory()
  for (let wait = 0; wait < 40 && closed.heapUsed > enough; wait++) {
    await new Promise((done) => setTimeout(done, 250))
    closed = await server.memory()
  }
  console.log(
    `${sockets.length} idle watches: ${((open.rss - before.rss) / 1024 / sockets.length).toFixed(0)} KiB each, a change at all of them after ` +
      `${took.toFixed(0)} ms; small GETs beside: ${times}; heap ${mib(before.heapUsed)}, ${mib(open.heapUsed)}, after ${mib(closed.heapUsed)}`,
  )
  assert.ok(closed.heapUsed <= enough, 'memory of closed watches')
})

test('who reads a long list or a watch slowly costs the server little memory', { timeout: 120_000 }, async () => {
  for (let index = 0; index < 40; index++) {
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, part) => {
        const post = () => ask(target, 'POST', maps, { body: map(`big-${index}-${part}`, 200_000) })
        // A connection that was idle may be reset under the first request after hundreds were dropped; a client sends it again.
        return post()
      }),
    )
    assert.ok(answers.every(({ code }) => code === 201 || code === 409))
  }
  const before = await server.memory()
  const sockets = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const socket = await watch(index % 2 === 0 ? maps : `${maps}?watch=true&resourceVersion=0`)
      socket.pause()
      socket.on('error', () => {})
      return socket
    }),
  )
  const probing = probe(target, `${maps}/nobody`)
  await new Promise((done) => setTimeout(done, 400))
  const during = await server.memory()
  console.log(
    `40 clients that do not read 32 MB each: ${mib(during.rss - before.rss)} more; small GETs beside: ${await probing.stop()}`,
  )
  assert.ok(during.rss - before.rss < 200 * 1048576, mib(during.rss - before.rss))
  for (const socket of sockets) socket.destroy()
  assert.equal((await ask(target, 'GET', '/readyz')).text, 'ok')
})
