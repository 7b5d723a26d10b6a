import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { WatchSink } from '../contract.js'
import { type Exchange, plainForm } from './exchange.js'
import { streamWatch, type WatchLimits } from './watch-stream.js'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const object = (name: string, text = ''): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, text })
const added = (item: KubeObject) => ({ type: 'ADDED' as const, object: item })

/** A response whose client reads only while it is told to. */
function stream(limits?: Partial<WatchLimits>) {
  let reading = true
  let text = ''
  const held: (() => void)[] = []
  const response = new Writable({
    highWaterMark: 1024,
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk
      if (reading) setImmediate(done)
      else held.push(done)
    },
  }) as Writable & Partial<ServerResponse>
  let head = 0
  Object.assign(response, { writeHead: () => void head++, flushHeaders: () => {} })
  Object.defineProperty(response, 'headersSent', { get: () => head > 0 })
  const clock = new VirtualClock({ startMs: 0, idle: turn })
  let sink: WatchSink = () => {}
  let finish: () => void = () => {}
  let stopped: Error | undefined
  const done = streamWatch({ response, auditId: '', warnings: [] } as unknown as Exchange, {
    form: plainForm,
    include: 'Metadata',
    bareItems: false,
    printer: () => ({ columns: [], cells: () => [] }),
    now: () => 0,
    encode: JSON.stringify,
    list: { apiVersion: 'v1', kind: 'ConfigMapList' },
    clock,
    stop: (reason) => {
      stopped = reason
      finish()
    },
    start: (given) => {
      sink = given
      return new Promise((resolve) => {
        finish = resolve
      })
    },
    ...(limits ? { limits } : {}),
  })
  return {
    clock,
    done,
    push: (events: Parameters<WatchSink>[0]) => sink(events),
    finish: () => finish(),
    read(on: boolean) {
      reading = on
      if (on) for (const resume of held.splice(0)) resume()
    },
    lines: () => text.split('\n').filter((line) => line !== ''),
    head: () => head,
    stopped: () => stopped,
    response,
  }
}

test('the head goes out although nothing happens', async () => {
  const watch = stream()
  assert.equal(watch.head(), 0)
  await watch.clock.advance(1)
  assert.equal(watch.head(), 1)
  watch.finish()
  await watch.done
  assert.ok(watch.response.writableEnded)
})

test('a burst waits for the client and comes whole and in order, before the end', async () => {
  const watch = stream({ stalledMs: 1000, waitingEvents: 10 })
  watch.read(false)
  watch.push(Array.from({ length: 500 }, (_, index) => added(object(`o${index}`, 'x'.repeat(2000)))))
  await turn()
  assert.ok(watch.lines().length < 500)
  watch.finish()
  watch.read(true)
  await watch.done
  assert.deepEqual(
    watch.lines().map((line) => JSON.parse(line).object.metadata.name),
    Array.from({ length: 500 }, (_, index) => `o${index}`),
  )
})

test('a client that does not read is dropped', async () => {
  const watch = stream({ stalledMs: 1000, waitingEvents: 1000 })
  watch.push([added(object('first'))])
  await turn()
  watch.read(false)
  watch.push([added(object('second', 'x'.repeat(5000)))])
  watch.push([added(object('third'))])
  await watch.clock.advance(900)
  watch.push([added(object('fourth'))])
  assert.equal(watch.stopped(), undefined)
  // Nothing more has to happen for that.
  await watch.clock.advance(200)
  assert.match(watch.stopped()?.message ?? '', /has read nothing for 1000 ms/)
  assert.ok(watch.response.destroyed)
  await watch.done
})

test('a client that falls too far behind is dropped', async () => {
  const watch = stream({ stalledMs: 60_000, waitingEvents: 10 })
  watch.push([added(object('first'))])
  await turn()
  watch.read(false)
  watch.push([added(object('large', 'x'.repeat(5000)))])
  for (let index = 0; index < 12; index++) watch.push([added(object(`o${index}`))])
  assert.match(watch.stopped()?.message ?? '', /11 events wait/)
  await watch.done
})

test('a client that lets large objects wait is dropped, and one that reads them in time is not', async () => {
  const watch = stream({ stalledMs: 60_000, waitingChars: 50_000 })
  watch.push([added(object('first'))])
  await turn()
  const large = (name: string) => added(object(name, 'x'.repeat(20_000)))
  for (let round = 0; round < 4; round++) {
    watch.read(false)
    for (const name of ['sent', 'waits', 'waits too']) watch.push([large(`${name} ${round}`)])
    assert.equal(watch.stopped(), undefined)
    watch.read(true)
    for (let wait = 0; wait < 10; wait++) await turn()
  }
  assert.equal(watch.lines().length, 13)
  watch.read(false)
  for (let index = 0; index < 4; index++) watch.push([large(`o${index}`)])
  assert.match(watch.stopped()?.message ?? '', /reads too slowly: 60\d\d\d characters wait/)
  await watch.done
})

test('the end of the initial events brings an empty list along', async () => {
  const watch = stream()
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  const bookmark = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { resourceVersion: '7', annotations } }
  watch.push([{ type: 'BOOKMARK', object: bookmark }])
  watch.finish()
  await watch.done
  const { metadata } = JSON.parse(watch.lines()[0]!).object
  assert.equal(metadata.resourceVersion, '7')
  assert.deepEqual(JSON.parse(atob(metadata.annotations['kubernetes.io/initial-events-list-blueprint'])), {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: {},
    items: [],
  })
})
