import assert from 'node:assert/strict'
import { test } from 'node:test'
import dnsPacket from 'dns-packet'
import { createSeededRandom } from '../../base/random.js'
import { createAnswerer } from './answer-message.js'
import { decodeQuery, readName } from './decode-query.js'
import { encodeAnswer, octetsOfIpv6 } from './encode-answer.js'
import type { Answer, AskChain, DnsRecord } from './handler.js'

const question = (name: string, type = 'A', more: object = {}) =>
  dnsPacket.encode({
    type: 'query',
    id: 7,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type: type as 'A' }],
    ...more,
  })

const answerMessage = (message: Uint8Array, stream: boolean, ask: AskChain) =>
  createAnswerer({ ask })(message, { address: '127.0.0.1', stream })

const edns = (udpPayloadSize: number, flags = 0, ednsVersion = 0) => ({
  additionals: [{ type: 'OPT', name: '.', udpPayloadSize, flags, ednsVersion, extendedRcode: 0, options: [] }] as never,
})

function addresses(count: number, name = 'many.default.svc.cluster.local'): DnsRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    name,
    ttl: 30,
    type: 'A',
    address: `127.0.${48 + (index >> 8)}.${index & 255}`,
  }))
}

function reply(message: Uint8Array, answers: readonly DnsRecord[], stream = false): dnsPacket.DecodedPacket {
  const encoded = answerMessage(message, stream, () => ({ code: 0, authoritative: true, answers })) as Uint8Array
  return dnsPacket.decode(Buffer.from(encoded))
}

const samples: DnsRecord[] = [
  { name: 'a.b.example', ttl: 30, type: 'A', address: '127.0.32.7' },
  { name: 'b.example', ttl: 4_000_000_000, type: 'AAAA', address: 'fd00::a:1' },
  { name: 'c.b.example', ttl: 0, type: 'CNAME', target: 'a.b.example' },
  { name: 'example', ttl: 5, type: 'NS', target: 'ns.example' },
  { name: '7.32.0.127.in-addr.arpa', ttl: 5, type: 'PTR', target: 'a.b.example' },
  { name: 'a.b.example', ttl: 5, type: 'TXT', texts: ['1.1.0', ''] },
  { name: '_x._tcp.a.b.example', ttl: 5, type: 'SRV', priority: 1, weight: 2, port: 65_535, target: 'a.b.example' },
  {
    name: 'example',
    ttl: 5,
    type: 'SOA',
    primary: 'ns.example',
    mailbox: 'hostmaster.example',
    serial: 4_294_967_295,
    refresh: 2,
    retry: 3,
    expire: 4,
    minimum: 5,
  },
]

test('what is written reads the same with another codec', () => {
  const query = decodeQuery(question('A.b.Example'))!
  const answer: Answer = { code: 3, authoritative: true, answers: samples, authorities: [samples[7]!], additional: [samples[0]!] }
  const packet = dnsPacket.decode(Buffer.from(encodeAnswer(query, answer, 4096))) as dnsPacket.DecodedPacket & { rcode: string }
  assert.equal(packet.id, 7)
  assert.equal(packet.rcode, 'NXDOMAIN')
  assert.deepEqual(
    [packet.flag_qr, packet.flag_aa, packet.flag_rd, packet.flag_ra, packet.flag_tc],
    [true, true, true, false, false],
  )
  assert.equal(packet.questions?.[0]?.name, 'A.b.Example', 'the question comes back letter by letter')
  const read = (packet.answers ?? []).map((record) => {
    const { name, ttl, type, data } = record as { name: string; ttl: number; type: string; data: unknown }
    return { name: name.toLowerCase(), ttl, type, data: Array.isArray(data) ? data.map(String) : data }
  })
  assert.deepEqual(read, [
    { name: 'a.b.example', ttl: 30, type: 'A', data: '127.0.32.7' },
    { name: 'b.example', ttl: 4_000_000_000, type: 'AAAA', data: 'fd00::a:1' },
    { name: 'c.b.example', ttl: 0, type: 'CNAME', data: 'A.b.Example' },
    { name: 'example', ttl: 5, type: 'NS', data: 'ns.Example' },
    { name: '7.32.0.127.in-addr.arpa', ttl: 5, type: 'PTR', data: 'A.b.Example' },
    { name: 'a.b.example', ttl: 5, type: 'TXT', data: ['1.1.0', ''] },
    { name: '_x._tcp.a.b.example', ttl: 5, type: 'SRV', data: { priority: 1, weight: 2, port: 65_535, target: 'a.b.example' } },
    {
      name: 'example',
      ttl: 5,
      type: 'SOA',
      data: {
        mname: 'ns.Example',
        rname: 'hostmaster.Example',
        serial: 4_294_967_295,
        refresh: 2,
        retry: 3,
        expire: 4,
        minimum: 5,
      },
    },
  ])
  assert.equal(packet.authorities?.length, 1)
  assert.equal(packet.additionals?.length, 1)
})

test('a datagram holds what the client takes, and says so when that is not all', () => {
  const small = reply(question('many.default.svc.cluster.local'), addresses(100))
  assert.equal(small.flag_tc, true)
  assert.equal(small.answers?.length, 29)
  assert.equal(reply(question('many.default.svc.cluster.local'), addresses(29)).flag_tc, false)
  const large = reply(question('many.default.svc.cluster.local', 'A', edns(4096)), addresses(100))
  assert.deepEqual([large.flag_tc, large.answers?.length], [false, 100])
  assert.equal(large.additionals?.[0]?.type, 'OPT')
  const greedy = reply(question('many.default.svc.cluster.local', 'A', edns(65_535)), addresses(1000))
  assert.equal(greedy.flag_tc, true)
  const stream = reply(question('many.default.svc.cluster.local'), addresses(3000), true)
  assert.deepEqual([stream.flag_tc, stream.answers?.length], [false, 3000])
  assert.equal(reply(question('x.y', 'A', edns(10)), addresses(1)).flag_tc, false, 'never less than 512 octets')
})

test('names are compressed', () => {
  const encoded = answerMessage(question('many.default.svc.cluster.local'), true, () => ({
    code: 0,
    authoritative: true,
    answers: addresses(10),
  })) as Uint8Array
  assert.equal(encoded.length, 12 + 36 + 10 * 16)
})

test('what cannot be answered', () => {
  const code = (message: Uint8Array) => {
    const encoded = answerMessage(message, false, () => ({ code: 0, authoritative: true, answers: [] }))
    return encoded === undefined ? 'none' : ((encoded as Uint8Array)[3] ?? 0) & 15
  }
  const good = question('web.default.svc.cluster.local')
  assert.equal(code(good), 0)
  assert.equal(code(good.subarray(0, 11)), 'none')
  const answered = Buffer.from(good)
  answered[2] = 0x80
  assert.equal(code(answered), 'none', 'an answer is not answered: two servers would go on for ever')
  const update = Buffer.from(good)
  update[2] = 5 << 3
  assert.equal(code(update), 4)
  assert.equal(code(good.subarray(0, 20)), 1)
  const two = Buffer.from(good)
  two[5] = 2
  assert.equal(code(two), 1)
  assert.equal(code(question('example', 'AXFR')), 5)
  const chaos = Buffer.from(good)
  chaos[chaos.length - 1] = 3
  assert.equal(code(chaos), 5)
  const badVersion = reply(question('x', 'A', edns(1232, 0, 1)), []) as unknown as { additionals: { extendedRcode: number }[] }
  assert.equal(badVersion.additionals[0]?.extendedRcode, 1)
})

test('failures of the one who knows are server failures', async () => {
  const message = question('web.default.svc.cluster.local')
  const thrown = answerMessage(message, false, () => {
    throw new Error('broken')
  }) as Uint8Array
  assert.equal(thrown[3]! & 15, 2)
  const rejected = await answerMessage(message, false, () => Promise.reject(new Error('broken')))
  assert.equal(rejected![3]! & 15, 2)
})

test('names on the wire', () => {
  const bytes = (...parts: (number | string)[]) =>
    Uint8Array.from([
      ...new Array<number>(12).fill(0),
      ...parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part)])),
    ])
  assert.deepEqual(readName(bytes(3, 'Web', 0), 12), { name: 'web', end: 17 })
  assert.deepEqual(readName(bytes(3, 'a.b', 0), 12), { name: 'a\\046b', end: 17 })
  assert.deepEqual(readName(bytes(1, 'a', 0, 1, 'b', 0xc0, 12), 15), { name: 'b.a', end: 19 })
  assert.equal(readName(bytes(0xc0, 12), 12), undefined, 'a pointer to itself')
  assert.equal(readName(bytes(1, 'a', 0xc0, 14), 12), undefined)
  assert.equal(readName(bytes(0xc0, 0), 12), undefined, 'a pointer into the header')
  assert.equal(readName(bytes(0xc0), 12), undefined)
  assert.equal(readName(bytes(0x80, 1, 0), 12), undefined)
  assert.equal(readName(bytes(9, 'abc'), 12), undefined)
  const long = bytes(...Array.from({ length: 5 }, () => [63, 'x'.repeat(63)] as [number, string]).flat(), 0)
  assert.equal(readName(long, 12), undefined, 'longer than 255 octets')
})

test('nothing that comes in makes it fail', () => {
  const random = createSeededRandom(11)
  const whole = question('web.default.svc.cluster.local', 'A', edns(1232))
  let answered = 0
  for (let round = 0; round < 20_000; round++) {
    const message = Buffer.from(whole)
    for (let flips = Math.floor(random.number() * 6); flips >= 0; flips--) {
      message[Math.floor(random.number() * message.length)] = Math.floor(random.number() * 256)
    }
    const cut = random.number() < 0.2 ? message.subarray(0, Math.floor(random.number() * message.length)) : message
    const encoded = answerMessage(cut, false, () => ({ code: 0, authoritative: true, answers: addresses(3) })) as
      | Uint8Array
      | undefined
    if (encoded === undefined) continue
    answered++
    assert.ok(encoded.length <= 4096)
    assert.equal((encoded[0]! << 8) | encoded[1]!, cut.readUInt16BE(0))
    assert.ok(encoded[2]! & 0x80)
  }
  assert.ok(answered > 10_000)
})

test('octets of IPv6 addresses', () => {
  assert.deepEqual(octetsOfIpv6('::'), new Array(16).fill(0))
  assert.deepEqual(octetsOfIpv6('2001:db8::ff'), [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff])
})
