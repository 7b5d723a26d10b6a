import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delayed } from './delayed.js'

test('everything comes through in order, much more than is held at once too', async () => {
  const way = delayed(1)
  // Written without a pause: the stream has the next piece at hand whenever it may take one.
  for (let number = 0; number < 100; number++) way.write(Buffer.alloc(65_536, number))
  way.end()
  const seen: number[] = []
  for await (const piece of way as AsyncIterable<Buffer>) seen.push(...new Set(piece))
  assert.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, number) => number),
  )
})

test('nothing is held longer than it has to be, and a stream that is gone gets nothing', { timeout: 10_000 }, async () => {
  const way = delayed(30)
  const start = performance.now()
  way.end('hello')
  for await (const piece of way) assert.equal(String(piece), 'hello')
  assert.ok(performance.now() - start >= 29)
  const gone = delayed(5)
  gone.write('late')
  gone.destroy()
  await new Promise((done) => setTimeout(done, 20))
  assert.equal(gone.read(), null)
})
