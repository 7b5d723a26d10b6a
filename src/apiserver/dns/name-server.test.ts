import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { type AddressInfo, connect, createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import dnsPacket from 'dns-packet'
import { createSeededRandom } from '../../base/random.js'
import { createAnswerer } from './answer-message.js'
import { DnsCounts, formatDnsCounts } from './dns-counts.js'
import { type Answer, chain } from './handler.js'
import { type NameServer, openNameServer } from './name-server.js'
import { serveStream } from './serve-stream.js'

const addresses = (count: number): Answer => ({
  code: 0,
  authoritative: true,
  answers: Array.from({ length: count }, (_, index) => ({
    name: 'many.example',
    ttl: 5,
    type: 'A',
    address: `127.1.${index >> 8}.${index & 255}`,
  })),
})
const question = (name: string, id = 7) =>
  dnsPacket.encode({ type: 'query', id, flags: dnsPacket.RECURSION_DESIRED, questions: [{ name, type: 'A' }] })
const framed = (message: Uint8Array) => Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message])

describe('a name server on the wire', () => {
  let server: NameServer
  let port = 0
  const counts = new DnsCounts()
  const askers: string[] = []
  const ask = chain([
    {
      name: 'test',
      answer({ name }, { address }) {
        askers.push(address)
        if (name === 'late.example') return new Promise((resolve) => setTimeout(() => resolve(addresses(1)), 20))
        return name === 'many.example' ? addresses(1500) : addresses(1)
      },
    },
  ])
  before(async () => {
    for (port = 20_053; ; port++) {
      try {
        server = await openNameServer({ address: '127.0.0.1', port }, createAnswerer({ ask, counts }))
        return
      } catch (error) {
        if (port > 20_100) throw error
      }
    }
  })
  after(() => server.close())

  /** Writes all parts, half-closes, and gives the messages that came until the server closed. */
  const overTcp = (parts: readonly Uint8Array[], halfClose = true): Promise<Buffer[]> =>
    new Promise((resolve) => {
      const received: Buffer[] = []
      const socket = connect({ host: '127.0.0.1', port, noDelay: true }, async () => {
        for (const part of parts) {
          socket.write(part)
          if (parts.length < 100) await new Promise((done) => setImmediate(done))
        }
        if (halfClose) socket.end()
      })
      socket.on('error', () => {})
      socket.on('data', (part) => received.push(part))
      socket.on('close', () => {
        const all = Buffer.concat(received)
        const messages: Buffer[] = []
        for (let at = 0; at + 2 <= all.length; at += 2 + all.readUInt16BE(at))
          messages.push(all.subarray(at + 2, at + 2 + all.readUInt16BE(at)))
        resolve(messages)
      })
    })
  const idsOf = (messages: readonly Buffer[]) => messages.map((message) => message.readUInt16BE(0))

  test('one after the other in a connection, in their order, also to a client that has said all', async () => {
    const names = ['web.example', 'late.example', 'many.example', 'web.example', 'late.example']
    const all = Buffer.concat(names.map((name, id) => framed(question(name, id))))
    const messages = await overTcp([all])
    assert.deepEqual(idsOf(messages), [0, 1, 2, 3, 4])
    assert.equal(dnsPacket.decode(messages[2]!).answers?.length, 1500)
    assert.ok(askers.every((address) => address === '127.0.0.1'))
  })

  test('octet by octet', async () => {
    const all = Buffer.concat([framed(question('web.example', 3)), framed(question('late.example', 4))])
    assert.deepEqual(idsOf(await overTcp([...all].map((octet) => Buffer.of(octet)))), [3, 4])
  })

  test('frames without a query end the connection, what came before them is answered', async () => {
    for (const bad of [Buffer.of(0, 0), framed(Buffer.from('x')), framed(Buffer.alloc(12, 0xff))]) {
      const good = framed(question('web.example'))
      assert.deepEqual(idsOf(await overTcp([Buffer.concat([good, bad, good])], false)), [7])
    }
    assert.deepEqual(await overTcp([framed(question('web.example')).subarray(0, 9)]), [], 'half a question')
    const tooLong = Buffer.concat([Buffer.of(0xff, 0xff), question('web.example'), Buffer.alloc(65_535 - 29)])
    assert.deepEqual(idsOf(await overTcp([tooLong])), [7], 'what stands after the question does not matter')
  })

  test('a client that does not read does not make it keep answers', async () => {
    const all = Buffer.concat(Array.from({ length: 2000 }, (_, id) => framed(question('many.example', id))))
    const before = askers.length
    await new Promise<void>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => socket.pause().write(all))
      socket.on('error', () => {})
      setTimeout(() => {
        socket.destroy()
        resolve()
      }, 250)
    })
    assert.ok(askers.length - before < 1000, `${askers.length - before} were answered`)
    assert.deepEqual(idsOf(await overTcp([framed(question('web.example'))])), [7])
  })

  test('who sends octet by octet, or nothing, has as long as anybody', async () => {
    const slow = createServer((socket) => serveStream(socket, createAnswerer({ ask }), 150))
    await new Promise<void>((done) => slow.listen(0, '127.0.0.1', done))
    const lives = (interval: number) =>
      new Promise<number>((resolve) => {
        const from = performance.now()
        const all = framed(question('web.example'))
        const socket = connect((slow.address() as AddressInfo).port, '127.0.0.1')
        let sent = 0
        const timer = setInterval(() => socket.write(all.subarray(sent, ++sent)), interval)
        socket.on('error', () => {})
        socket.on('close', () => {
          clearInterval(timer)
          resolve(performance.now() - from)
        })
      })
    for (const life of await Promise.all([lives(20), lives(5000)])) assert.ok(life > 140 && life < 3000, `${life} ms`)
    slow.close()
  })

  test('datagrams of any kind, 3,000 of them: it answers on', { timeout: 20_000 }, async () => {
    const random = createSeededRandom(5)
    const socket = createSocket('udp4')
    await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done))
    let answers = 0
    socket.on('error', () => {})
    socket.on('message', (message) => {
      answers++
      assert.ok(message.length >= 12 && message.length <= 4096 && message[2]! >= 0x80)
    })
    const edns = { additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, options: [] }] as never }
    const whole = dnsPacket.encode({ type: 'query', id: 1, questions: [{ name: 'web.example', type: 'A' }], ...edns })
    for (let round = 0; round < 3000; round++) {
      const message = Buffer.from(whole)
      for (let flips = Math.floor(random.number() * 5); flips >= 0; flips--)
        message[Math.floor(random.number() * message.length)] = Math.floor(random.number() * 256)
      const length = random.number() < 0.3 ? Math.floor(random.number() * message.length) : message.length
      socket.send(random.number() < 0.1 ? Buffer.from(random.bytes(length)) : message.subarray(0, length))
      if (round % 50 === 49) await new Promise((done) => setImmediate(done))
    }
    const end = Date.now() + 5000
    while (answers < 1000 && Date.now() < end) await new Promise((done) => setTimeout(done, 10))
    assert.ok(answers >= 1000, `${answers} answers`)
    socket.close()
    assert.deepEqual(idsOf(await overTcp([framed(question('web.example'))])), [7])
  })

  test('streams of any kind: it answers on', { timeout: 20_000 }, async () => {
    const random = createSeededRandom(6)
    const good = framed(question('web.example'))
    for (let round = 0; round < 60; round++) {
      const stream = Buffer.concat(Array.from({ length: 5 }, () => good))
      for (let flips = Math.floor(random.number() * 8); flips >= 0; flips--)
        stream[Math.floor(random.number() * stream.length)] = Math.floor(random.number() * 256)
      for (const message of await overTcp([stream])) assert.ok(message[2]! >= 0x80)
    }
    assert.deepEqual(idsOf(await overTcp([good])), [7])
  })

  test('it counts what it was asked', () => {
    const text = formatDnsCounts([['east', counts]])
    assert.match(text, /^# TYPE flotilla_dns_questions_total counter$/m)
    assert.match(text, /^flotilla_dns_questions_total\{cluster="east",proto="tcp",rcode="NOERROR",type="A"\} \d+$/m)
    assert.match(text, /^flotilla_dns_questions_total\{cluster="east",proto="udp",rcode="FORMERR",type="none"\} \d+$/m)
    assert.match(text, /^flotilla_dns_kept_answers_total\{cluster="east"\} 0$/m)
    assert.ok(counts.questions().size < 60)
  })
})
