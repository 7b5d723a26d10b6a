import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openChartArchive } from './archive.js'

interface Entry {
  readonly name: string
  readonly text?: string
  readonly type?: string
  readonly size?: number
  readonly sum?: string
}

function tar(...entries: readonly Entry[]): Uint8Array {
  const parts: Buffer[] = []
  for (const { name, text = '', type = '0', size, sum } of entries) {
    const content = Buffer.from(text)
    const header = Buffer.alloc(512)
    header.write(name, 0, 100)
    header.write('0000644\0', 100)
    header.write(`${(size ?? content.length).toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write(type, 156)
    header.write('ustar\x0000', 257)
    const total = header.reduce((all, byte) => all + byte, 0)
    header.write(sum ?? `${total.toString(8).padStart(6, '0')}\0 `, 148)
    parts.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512))
  }
  parts.push(Buffer.alloc(1024))
  return new Uint8Array(gzipSync(Buffer.concat(parts)))
}

const names = (bytes: Uint8Array) => openChartArchive(bytes).map(({ name }) => name)

test('files come without the directory that they stand in; directories and byte order marks go', () => {
  const files = openChartArchive(
    tar(
      { name: 'web/', type: '5' },
      { name: 'web/Chart.yaml', text: '\ufeffname: web\n' },
      { name: 'web/templates/./a.yaml', text: 'x' },
    ),
  )
  assert.deepEqual(
    files.map(({ name, data }) => [name, new TextDecoder().decode(data)]),
    [
      ['Chart.yaml', 'name: web\n'],
      ['templates/a.yaml', 'x'],
    ],
  )
})

test('long names in extended headers and in GNU form', () => {
  const long = `web/${'d/'.repeat(60)}file.yaml`
  const record = ` path=${long}\n`
  const size = record.length + 3
  assert.deepEqual(names(tar({ name: 'pax', type: 'x', text: `${size}${record}` }, { name: 'short', text: 'x' })), [
    long.slice(4),
  ])
  assert.deepEqual(names(tar({ name: '././@LongLink', type: 'L', text: `${long}\0` }, { name: 'short' })), [long.slice(4)])
})

test('links are not followed', () => {
  const files = openChartArchive(tar({ name: 'web/link', type: '2' }, { name: 'web/hard', type: '1' }))
  assert.deepEqual(
    files.map(({ name, data }) => [name, data.length]),
    [
      ['link', 0],
      ['hard', 0],
    ],
  )
})

test('hostile archives are refused', () => {
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array([1, 2, 3]), /gzip: invalid header/],
    [new Uint8Array(gzipSync('not a tar file at all')), /no files in chart archive/],
    [new Uint8Array([0x1f, 0x8b, 8, 0, 0]), /gzip/],
    [tar({ name: 'web/../../etc/passwd' }), /references parent directory/],
    [tar({ name: 'web//etc/passwd' }), /absolute paths/],
    [tar({ name: 'web\\..\\..\\x' }), /references parent directory/],
    [tar({ name: 'web/c:/x' }), /illegally named files/],
    [tar({ name: 'Chart.yaml' }), /not in base directory/],
    [tar({ name: 'plain' }), /outside the base directory/],
    [tar({ name: 'web/x', size: 5000 }), /unexpected EOF/],
    [tar({ name: 'web/x', sum: '000001\0 ' }), /invalid tar header/],
    [tar(), /no files in chart archive/],
  ]
  for (const [bytes, message] of cases) assert.throws(() => openChartArchive(bytes), message)
  assert.throws(
    () => openChartArchive(tar({ name: 'w/a', text: 'abcdef' }), { maxFileBytes: 5 }),
    /larger than the maximum file size 5/,
  )
  assert.throws(
    () => openChartArchive(tar({ name: 'w/a', text: 'abc' }, { name: 'w/b', text: 'abc' }), { maxChartBytes: 5 }),
    /decompressed chart is larger/,
  )
  assert.throws(() => openChartArchive(tar({ name: 'w/a' }, { name: 'w/b' }), { maxEntries: 1 }), /more than 1 entries/)
  // A bomb: 200 MB of zeros in 200 KB.
  assert.throws(
    () => openChartArchive(new Uint8Array(gzipSync(Buffer.alloc(200_000_000), { level: 1 }))),
    /larger than the maximum/,
  )
})
