import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { isIP, SocketAddress } from 'node:net'
import { test } from 'node:test'
import { BitString, fromBER, Integer, ObjectIdentifier, Sequence, UTCTime } from 'asn1js'
import type { Clock } from '../../base/clock.js'
import { addressBytes } from './certificate-der.js'
import {
  derBitString,
  derChildren,
  derContent,
  derInteger,
  derObjectIdentifier,
  derSequence,
  derTime,
  derValue,
} from './der-encoder.js'
import { createFleetCa } from './fleet-ca.js'

const hex = (bytes: Uint8Array | ArrayBuffer) => Buffer.from(bytes as Uint8Array).toString('hex')
const exact = (bytes: Uint8Array) => new Uint8Array(bytes).buffer as ArrayBuffer

test('values are written as X.690 has them', () => {
  // Its own examples (8.6.4.2, 8.19.5), and what its rules say of lengths and signs.
  assert.equal(hex(derBitString(Buffer.from('0a3b5f291cd0', 'hex'), 4)), '0307040a3b5f291cd0')
  assert.equal(hex(derObjectIdentifier('2.999.3')), '0603883703')
  assert.equal(hex(derObjectIdentifier('1.2.840.10045.4.3.2')), '06082a8648ce3d040302')
  assert.equal(hex(derInteger(Uint8Array.of(0))), '020100')
  assert.equal(hex(derInteger(Uint8Array.of(0, 0, 0x7f))), '02017f')
  assert.equal(hex(derInteger(Uint8Array.of(0x80))), '02020080')
  for (const [length, head] of [
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ] as const) {
    const value = derValue(0x04, new Uint8Array(length))
    assert.equal(hex(value.subarray(0, value.length - length)), head)
    assert.equal(derContent(value).length, length)
  }
  assert.equal(hex(derTime(Date.UTC(2049, 11, 31, 23, 59, 59, 999))), `170d${hex(Buffer.from('491231235959Z'))}`)
  assert.equal(hex(derTime(Date.UTC(2050, 0, 1))), `180f${hex(Buffer.from('20500101000000Z'))}`)
})

test('another codec writes the same', () => {
  const sample = new Sequence({
    value: [
      new Integer({ valueHex: exact(Buffer.alloc(16, 0x55)) }),
      new ObjectIdentifier({ value: '1.3.6.1.4.1.311.21.20' }),
      new UTCTime({ valueDate: new Date(1_800_000_000_000) }),
      new Sequence({ value: [new BitString({ valueHex: exact(Buffer.alloc(300, 7)) })] }),
    ],
  })
  const ours = derSequence(
    derInteger(Buffer.alloc(16, 0x55)),
    derObjectIdentifier('1.3.6.1.4.1.311.21.20'),
    derTime(1_800_000_000_000),
    derSequence(derBitString(Buffer.alloc(300, 7))),
  )
  assert.equal(hex(ours), hex(sample.toBER()))
  assert.deepEqual(
    derChildren(ours).map((child) => child[0]),
    [0x02, 0x06, 0x17, 0x30],
  )
})

test('a certificate read by another codec and written again is the same', async () => {
  const clock: Clock = { now: () => Date.UTC(2048, 0, 1), after: () => () => {} }
  const ca = await createFleetCa({ clock, name: 'Zürich' })
  const { publicKey } = new X509Certificate(ca.certPem)
  const made = [
    ca.certPem,
    (
      await ca.issueServer({
        names: ['localhost', '10.96.0.1', 'fe80::1', ...Array.from({ length: 30 }, (_, n) => `name-${n}.example`)],
      })
    ).certPem,
    (await ca.issuePeer({ name: 'peer' })).certPem,
    await ca.certify({
      subject: { commonName: 'x', organizations: ['a', 'b'], organizationalUnits: ['c'] },
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      notBefore: clock.now(),
      notAfter: clock.now() + 1000,
      use: { key: 0x185, extended: [] },
      dnsNames: [],
      ipAddresses: [],
      emailAddresses: ['me@example.com'],
      uris: ['spiffe://x/y'],
    }),
  ]
  for (const pem of made) {
    const { raw } = new X509Certificate(pem)
    const { result, offset } = fromBER(exact(raw))
    assert.equal(offset, raw.length)
    assert.equal(hex(result.toBER()), hex(raw))
  }
})

test('what does not end is refused, and so is a key that is none', async () => {
  for (const broken of ['30', '3005', '300304', '30800000', '30850000000001', '30030405']) {
    assert.throws(() => derChildren(Buffer.from(broken, 'hex')), { code: 'der-unreadable' }, broken)
  }
  const clock: Clock = { now: () => Date.now(), after: () => () => {} }
  const ca = await createFleetCa({ clock })
  await assert.rejects(
    ca.certify({
      subject: { commonName: 'x', organizations: [] },
      publicKey: Buffer.from('30030201', 'hex'),
      notBefore: 0,
      notAfter: 1,
      use: 'client',
      dnsNames: [],
      ipAddresses: [],
    }),
  )
})

test('addresses are what Node takes for addresses', () => {
  const texts = [
    '',
    ':',
    '::',
    ':::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1::2::3',
  ]
  texts.push(
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    'fe80::1',
    'FE80::aB',
    '::ffff:10.0.0.1',
    '::10.0.0.256',
    '1:2:3:4:5:6:10.0.0.1',
    '::10.0.0.1:1',
  )
  texts.push(
    '10.0.0.1',
    '10.0.0.256',
    '10.0.0',
    '01.2.3.4',
    'localhost',
    'a:b',
    '1:2:3:4:5:6:7:10.0.0.1',
    ':1',
    '1:',
    '::1 ',
    '::+1',
  )
  for (const text of texts) {
    const bytes = addressBytes(text)
    assert.equal(bytes === undefined ? 0 : bytes.length === 4 ? 4 : 6, isIP(text), text)
    if (bytes?.length !== 16) continue
    const groups = [...Array(8).keys()].map((at) =>
      (((bytes[2 * at] as number) << 8) | (bytes[2 * at + 1] as number)).toString(16),
    )
    const canonical = (address: string) => new SocketAddress({ address, family: 'ipv6' }).address
    assert.equal(canonical(groups.join(':')), canonical(text), text)
  }
})
