import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createAnswerer } from '../../src/apiserver/dns/answer-message.js'
import { createClusterZone } from '../../src/apiserver/dns/cluster-zone.js'
import { chain } from '../../src/apiserver/dns/handler.js'
import { type QuestionOptions, readAnswer, typeNumbers, writeQuestion } from '../support/dns/dns-ask.js'
import { explainDifference } from '../support/dns/dns-differences.js'
import { dnsMessages } from '../support/dns/dns-messages.js'
import { dnsNames } from '../support/dns/dns-objects.js'

// What ISC's compliance tester and the DNS flag days look for (RFC 1035, 2181, 2308, 3597, 6891, 7766, 8020).

const addresses = Array.from({ length: 200 }, (_, index) => `10.244.${index >> 6}.${index & 63}`)
const answer = createAnswerer({
  ask: chain([
    createClusterZone({
      domain: 'cluster.local',
      serverAddress: '127.0.0.1',
      names: {
        hasNamespace: (name) => name === 'shop',
        service(_namespace, name) {
          if (name !== 'web' && name !== 'many') return undefined
          const kind = name === 'web' ? 'cluster-ip' : 'headless'
          return { kind, clusterIps: name === 'web' ? ['10.96.7.1'] : [], externalName: '', ports: [] }
        },
        endpoints: () =>
          addresses.map((address) => ({ address, hostname: undefined, ports: [{ name: 'http', protocol: 'TCP', port: 80 }] })),
        owners: () => [],
      },
    }),
  ]),
})
const send = (message: Uint8Array, stream = false) => answer(message, { address: '127.0.0.1', stream }) as Buffer | undefined

/** `code flags, how many answers and authorities, OPT` of each message. */
const expected: Readonly<Record<string, string>> = {
  plain: '0 qr aa rd 1/0',
  'not recursive': '0 qr aa 1/0',
  'letters of both cases': '0 qr aa rd 1/0',
  'flag aa': '0 qr aa rd 1/0',
  'flag ad': '0 qr aa rd 1/0',
  'flag cd': '0 qr aa rd cd 1/0',
  'flag ra': '0 qr aa rd 1/0',
  'flag z': '0 qr aa rd 1/0',
  'flag tc': '0 qr aa rd 1/0',
  'an answer': 'none',
  'an unknown type': '0 qr aa rd 0/1',
  'an unknown type at no name': '3 qr aa rd 0/1',
  'type 0': '0 qr aa rd 0/1',
  AXFR: '5 qr rd 0/0',
  IXFR: '5 qr rd 0/0',
  'class CHAOS': '5 qr rd 0/0',
  'class HESIOD': '5 qr rd 0/0',
  'class ANY': '5 qr rd 0/0',
  'no question': '1 qr rd 0/0',
  'two questions': '1 qr rd 0/0',
  'opcode STATUS': '4 qr rd 0/0',
  'opcode NOTIFY': '4 qr rd 0/0',
  'opcode UPDATE': '4 qr rd 0/0',
  'opcode 15': '4 qr rd 0/0',
  'opcode 15 with all flags': '4 qr rd cd 0/0',
  EDNS: '0 qr aa rd 1/0 version 0 flags 0',
  'EDNS version 1': '16 qr rd 0/0 version 0 flags 0',
  'EDNS version 100': '16 qr rd 0/0 version 0 flags 0',
  'EDNS flag DO': '0 qr aa rd 1/0 version 0 flags 32768',
  'EDNS unknown flags': '0 qr aa rd 1/0 version 0 flags 0',
  'EDNS unknown option': '0 qr aa rd 1/0 version 0 flags 0',
  'EDNS cookie': '0 qr aa rd 1/0 version 0 flags 0',
  'EDNS broken option': '1 qr rd 0/0',
  'EDNS of 512 octets': '0 qr aa rd 1/0 version 0 flags 0',
  'EDNS of no octets': '0 qr aa rd 1/0 version 0 flags 0',
  'cut short': '1 qr rd 0/0',
  'a header alone': '1 qr rd 0/0',
  'more after its end': '0 qr aa rd 1/0',
  'a record that is not there': '1 qr rd 0/0',
  'a name that points to itself': '1 qr rd 0/0',
  'a label of a kind that is not there': '1 qr rd 0/0',
}

test('messages of every kind, over UDP and TCP alike', () => {
  for (const stream of [false, true]) {
    const found = dnsMessages.map(({ title, message }) => {
      const bytes = send(message, stream)
      if (bytes === undefined) return [title, 'none']
      const { code, flags, answers, authorities, edns } = readAnswer(bytes)
      return [title, `${code} ${flags} ${answers.length}/${authorities.length}${edns === undefined ? '' : ` ${edns}`}`]
    })
    assert.deepEqual(Object.fromEntries(found), expected)
  }
})

test('the id and the question come back octet by octet', () => {
  const asked = writeQuestion('wEb.ShOp.sVC.Cluster.local', 1, {
    id: 0xbeef,
    edns: { options: Buffer.from('00640002abcd', 'hex') },
  })
  const got = send(asked)!
  assert.equal(got.readUInt16BE(0), 0xbeef)
  const end = 12 + 'wEb.ShOp.sVC.Cluster.local'.length + 2 + 4
  assert.deepEqual(got.subarray(12, end), asked.subarray(12, end))
  assert.equal(got.includes(Buffer.from('00640002abcd', 'hex')), false, 'unknown options do not')
})

test('an answer that does not fit says so, is never longer than the client takes, and is whole over TCP', () => {
  const ask = (options: QuestionOptions = {}, stream = false) =>
    send(writeQuestion('many.shop.svc.cluster.local', 1, options), stream)!
  for (const size of [undefined, 0, 511, 512, 513, 1232, 1400, 4096, 65_535]) {
    const message = ask(size === undefined ? {} : { edns: { size } })
    const limit = Math.min(Math.max(size ?? 512, 512), 4096)
    assert.ok(message.length <= limit, `${message.length} octets of ${limit}`)
    const { flags, answers, edns } = readAnswer(message)
    assert.equal(flags.includes('tc'), answers.length < 200, String(size))
    assert.ok(message.length > limit - 16 - 11 || answers.length === 200, 'as many as fit')
    assert.equal(edns === undefined, size === undefined, 'the OPT record has its place')
  }
  const whole = readAnswer(ask({}, true))
  assert.deepEqual([whole.answers.length, whole.flags], [200, 'qr aa rd'])
})

test('additional records that do not fit stay out without a word, and those that do are of the targets', () => {
  const name = '_http._tcp.many.shop.svc.cluster.local'
  const whole = readAnswer(send(writeQuestion(name, 33), true)!)
  assert.deepEqual([whole.answers.length, whole.additional.length], [200, 200])
  assert.ok(whole.additional.every((record) => / A 10\.244\./.test(record)))
  const one = readAnswer(send(writeQuestion('10-244-0-1.many.shop.svc.cluster.local', 1))!)
  assert.equal(one.additional.length, 0)
})

test('absence has the SOA of its zone, whose last number is how long it holds', () => {
  for (const [name, code] of [
    ['gone.shop.svc.cluster.local', 3],
    ['shop.svc.cluster.local', 0],
  ] as const) {
    const { code: found, authorities } = readAnswer(send(writeQuestion(name, 28))!)
    assert.equal(found, code)
    assert.match(authorities[0]!, /^cluster\.local 30 SOA .*"minimum":30/)
  }
})

test('names are compressed by pointers to what stands before them', () => {
  const message = send(writeQuestion('shop.svc.cluster.local', 28))!
  // A pointer to cluster.local in the question, then ns.dns and hostmaster before the same.
  const at = 12 + 'shop.svc.cluster.local'.length + 2 + 4
  const zone = 12 + 'shop.svc.'.length
  assert.deepEqual([...message.subarray(at, at + 2)], [0xc0, zone])
  assert.deepEqual([...message.subarray(at + 12, at + 12 + 9)], [2, 0x6e, 0x73, 3, 0x64, 0x6e, 0x73, 0xc0, zone])
})

test('each difference from CoreDNS is in the docs', () => {
  const page = readFileSync('docs/reference/dns.md', 'utf8')
  for (const reason of explainDifference.reasons) assert.match(page, new RegExp(`^\\| ${reason.split(':')[0]} \\|`, 'm'), reason)
  assert.ok(
    page.includes(`${dnsNames.length} names with ${Object.keys(typeNumbers).length} types each`),
    `${dnsNames.length} names`,
  )
  assert.ok(page.includes(`${dnsMessages.length} kinds of messages`), `${dnsMessages.length} kinds`)
})
