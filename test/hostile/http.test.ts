import assert from 'node:assert/strict'
import { connect as connectTcp } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { createSeededRandom } from '../../src/base/random.js'
import { ask, type Target } from '../concurrency/ask.js'
import { type ServerProcess, startServer } from '../concurrency/server-process.js'
import { probe } from './probe.js'

const maps = '/api/v1/namespaces/default/configmaps'
let server: ServerProcess
let target: Target
before(async () => {
  server = await startServer()
  target = { port: server.port, token: server.token }
})
after(() => server.stop())

function open(): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** What comes back for these bytes until nothing more comes, or the connection ends. */
async function raw(bytes: string | Buffer): Promise<{ text: string; closed: boolean }> {
  const socket = await open()
  let text = ''
  let closed = false
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
  })
  socket.on('data', (data: Buffer) => {
    text += data.toString('latin1')
  })
  socket.write(bytes)
  let length = -1
  for (let quiet = 0; quiet < 4 && !closed; quiet = text.length === length ? quiet + 1 : 0) {
    length = text.length
    await new Promise((done) => setTimeout(done, 25))
  }
  socket.destroy()
  return { text, closed }
}

const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]))
const head = (more: string[] = [], line = `POST ${maps} HTTP/1.1`) =>
  `${[line, 'Host: x', `Authorization: Bearer ${server.token}`, 'Content-Type: application/json', ...more].join('\r\n')}\r\n\r\n`
const inner = () => `DELETE ${maps}/victim HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\n\r\n`

test('requests that two readers could read in two ways are refused, and nothing hides in them', async () => {
  const victim = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'victim' } }
  assert.equal((await ask(target, 'POST', maps, { body: victim })).code, 201)
  const cases: [string, string][] = [
    ['a length and chunks', `${head(['Content-Length: 4', 'Transfer-Encoding: chunked'])}0\r\n\r\n${inner()}`],
    ['two lengths', `${head(['Content-Length: 0', 'Content-Length: 400'])}${inner()}`],
    ['two lengths in one', `${head(['Content-Length: 0, 400'])}${inner()}`],
    ['a length with a sign', `${head(['Content-Length: +0'])}${inner()}`],
    ['a negative length', `${head(['Content-Length: -1'])}${inner()}`],
    ['a length of text', `${head(['Content-Length: 0x10'])}${inner()}`],
    ['a space before the colon', `${head(['Content-Length : 0', 'Transfer-Encoding : chunked'])}${inner()}`],
    ['a folded header', `${head(['X-A: b', ' Transfer-Encoding: chunked'])}${inner()}`],
    ['chunked twice', `${head(['Transfer-Encoding: chunked, chunked, identity'])}0\r\n\r\n${inner()}`],
    ['another coding', `${head(['Transfer-Encoding: xchunked'])}0\r\n\r\n${inner()}`],
    ['a chunk size of text', `${head(['Transfer-Encoding: chunked'])}zz\r\n\r\n${inner()}`],
    ['a huge chunk size', `${head(['Transfer-Encoding: chunked'])}fffffffffffffffff\r\n\r\n${inner()}`],
    ['a chunk longer than said', `${head(['Transfer-Encoding: chunked'])}1\r\nabc\r\n0\r\n\r\n${inner()}`],
    ['bare line feeds', `POST ${maps} HTTP/1.1\nHost: x\nContent-Length: 0\n\n${inner()}`],
    ['a NUL in a header', `${head(['X-A: a\0b'])}${inner()}`],
    ['no version', `GET ${maps}\r\n\r\n`],
    ['another version', `GET ${maps} HTTP/9.9\r\nHost: x\r\n\r\n`],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no method', `\0\0\0\0 ${maps} HTTP/1.1\r\n\r\n`],
    ['a header of 1 MiB', `${head([`X-A: ${'a'.repeat(1024 * 1024)}`])}${inner()}`],
    ['a path of 1 MiB', head([], `GET /${'a'.repeat(1024 * 1024)} HTTP/1.1`)],
    ['endless headers', head(Array.from({ length: 50_000 }, (_, index) => `X-${index}: a`))],
  ]
  for (const [name, bytes] of cases) {
    const { text } = await raw(bytes)
    const codes = statuses(text)
    assert.ok(codes.length <= 1, `${name}: ${codes.length} answers: ${text.slice(0, 300)}`)
    // Refused as a whole, by closing at the least.
    assert.ok(
      codes.every((code) => code >= 400 && code < 500),
      `${name}: ${text.slice(0, 300)}`,
    )
    assert.equal((await ask(target, 'GET', `${maps}/victim`)).code, 200, `${name}: the hidden request was served`)
  }
})

test('pipelined requests are answered in order, each once', async () => {
  const socket = await open()
  let text = ''
  socket.on('data', (data: Buffer) => {
    text += data.toString('latin1')
  })
  const gets = Array.from({ length: 50 }, (_, index) => head([], `GET ${maps}/pipe-${index} HTTP/1.1`))
  socket.write(gets.join(''))
  const names = () => [...text.matchAll(/"message":"configmaps \\"pipe-(\d+)\\" not found"/g)].map((match) => Number(match[1]))
  for (let wait = 0; wait < 500 && names().length < 50; wait++) await new Promise((done) => setTimeout(done, 20))
  socket.destroy()
  assert.equal(names().length, 50, `${statuses(text).length} answers: ${text.slice(0, 700)}`)
  assert.deepEqual(
    names(),
    Array.from({ length: 50 }, (_, index) => index),
  )
})

test('who dawdles, stammers or speaks no TLS keeps nobody else waiting', async () => {
  const random = createSeededRandom(3)
  const { rss: before } = await server.memory()
  const probing = probe({ ...target, agent: server.agent() }, `${maps}/victim`)
  const noise = Array.from({ length: 150 }, (_, index) => {
    const socket = connectTcp({ host: '127.0.0.1', port: server.port })
    socket.on('error', () => {})
    const kind = index % 4
    if (kind === 0) socket.write(Buffer.from(Array.from({ length: 300 }, () => Math.floor(random.number() * 256))))
    else if (kind === 1) socket.write(`GET ${maps} HTTP/1.1\r\nHost: x\r\n\r\n`)
    // A hello of 16 KiB that never ends.
    else if (kind === 2) socket.write(Buffer.concat([Buffer.from([0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc]), Buffer.alloc(1000)]))
    return socket
  })
  const slow = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const socket = await open()
      socket.on('error', () => {})
      const bytes = `${head(['Content-Length: 1000000'])}{"a":`
      let at = 0
      const timer = setInterval(() => {
        if (!socket.destroyed) socket.write(bytes[at++ % bytes.length]!)
      }, 20)
      return { socket, timer }
    }),
  )
  await new Promise((done) => setTimeout(done, 1_000))
  const large = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"${'x'.repeat(3_000_000)}"}}`
  const codes = await Promise.all(
    Array.from({ length: 12 }, () => ask(target, 'POST', maps, { body: large }).then(({ code }) => code)),
  )
  assert.ok(
    codes.every((code) => code < 500),
    `3 MiB at once: ${codes.join()}`,
  )
  console.log(`150 connections of noise, 60 slow clients, 12 bodies of 3 MiB; small GETs beside them: ${await probing.stop()}`)
  for (const socket of noise) socket.destroy()
  for (const { socket, timer } of slow) {
    clearInterval(timer)
    socket.destroy()
  }
  assert.equal((await ask(target, 'GET', '/readyz')).text, 'ok')
  await new Promise((done) => setTimeout(done, 200))
  const { rss } = await server.memory()
  assert.ok(rss - before < 150 * 1048576, `${((rss - before) / 1048576).toFixed(0)} MiB stayed`)
})
