import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { decodeFrame, encodeFrame, type Frame, mostDataBytes, mostMessageBytes } from './frames.js'

const frames: readonly Frame[] = [
  { type: 'open', stream: 1 },
  { type: 'end', stream: 0xffff_fff0 },
  { type: 'data', stream: 7, bytes: new Uint8Array([1, 2, 3]) },
  { type: 'reset', stream: 2, reason: 'gone: ünïcode' },
  { type: 'window', stream: 4, bytes: 131_072 },
  { type: 'ping', token: 0xffff_ffff },
  { type: 'pong', token: 0 },
  { type: 'goaway', reason: '' },
]

test('frames are what they were', () => {
  for (const frame of frames) {
    const read = decodeFrame(encodeFrame(frame))
    assert.deepEqual(
      'bytes' in read && typeof read.bytes !== 'number' ? { ...read, bytes: new Uint8Array(read.bytes) } : read,
      frame,
    )
  }
})

test('what is no frame is refused, whatever it is', () => {
  const refused: [string, number[]][] = [
    ['empty', []],
    ['short', [1, 0, 0, 0]],
    ['an unknown type', [9, 0, 0, 0, 1]],
    ['type zero', [0, 0, 0, 0, 1]],
    ['open of the connection', [1, 0, 0, 0, 0]],
    ['open with more', [1, 0, 0, 0, 1, 0]],
    ['data without any', [2, 0, 0, 0, 1]],
    ['a window of nothing', [5, 0, 0, 0, 1, 0, 0, 0, 0]],
    ['half a window', [5, 0, 0, 0, 1, 0, 0]],
    ['a ping of a stream', [6, 0, 0, 0, 1, 0, 0, 0, 0]],
  ]
  for (const [what, bytes] of refused) assert.throws(() => decodeFrame(new Uint8Array(bytes)), { code: 'tunnel-protocol' }, what)
  const long = new Uint8Array(mostMessageBytes + 1)
  long.set([2, 0, 0, 0, 1])
  assert.throws(() => decodeFrame(long), { code: 'tunnel-protocol' })
  assert.throws(() => decodeFrame(new Uint8Array(mostDataBytes).fill(7)), { code: 'tunnel-protocol' })
})

test('random bytes are frames or refused, nothing else', () => {
  const random = createSeededRandom(5)
  for (let index = 0; index < 5000; index++) {
    const bytes = random.bytes(Math.floor(random.number() * 12))
    if (bytes.length > 0) bytes[0] = Math.floor(random.number() * 10)
    try {
      decodeFrame(bytes)
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'tunnel-protocol')
    }
  }
})

test('reasons carry nothing that a terminal obeys', () => {
  const frame = decodeFrame(encodeFrame({ type: 'goaway', reason: 'a\u001b[2Jb\nc' }))
  assert.deepEqual(frame, { type: 'goaway', reason: 'a [2Jb c' })
})
