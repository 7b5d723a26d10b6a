import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FairQueue, type FlowPlace } from './fair-queue.js'

const place = (flow: string, more: Partial<FlowPlace> = {}): FlowPlace => ({
  level: 'l',
  shares: 10,
  flow,
  mostWaiting: Number.POSITIVE_INFINITY,
  ...more,
})
const turn = () => new Promise((done) => setImmediate(done))

async function fill(queue: FairQueue): Promise<void> {
  while (queue.enter(place('fill')) === undefined);
  assert.equal(queue.waiting, 1)
}

test('few requests begin at once', async () => {
  const queue = new FairQueue()
  for (let round = 0; round < 10; round++) {
    for (let count = 0; count < 8; count++) assert.equal(queue.enter(place('a')), undefined)
    await turn()
  }
})

test('a flood of one user delays another by one request, not by a thousand', async () => {
  const queue = new FairQueue()
  await fill(queue)
  const order: string[] = []
  for (let count = 0; count < 1000; count++) void queue.enter(place('flood'))?.then(() => order.push('flood'))
  void queue.enter(place('small'))?.then(() => order.push('small'))
  await turn()
  await turn()
  assert.ok(order.indexOf('small') >= 0 && order.indexOf('small') <= 3, `began as number ${order.indexOf('small')}`)
  while (queue.waiting > 0) await turn()
  await turn()
  assert.equal(order.length, 1001)
})

test('levels share by their weights; nobody starves', async () => {
  const queue = new FairQueue()
  await fill(queue)
  const order: string[] = []
  for (let count = 0; count < 400; count++) {
    void queue.enter(place('f', { level: 'heavy', shares: 30 }))?.then(() => order.push('heavy'))
    void queue.enter(place('f', { level: 'light', shares: 10 }))?.then(() => order.push('light'))
  }
  while (order.length < 200) await turn()
  const light = order.slice(0, 200).filter((each) => each === 'light').length
  assert.ok(light > 35 && light < 65, `${light} of 200`)
})

test('a flow with too many waiting is refused, others are not', async () => {
  const queue = new FairQueue()
  await fill(queue)
  const limited = { mostWaiting: 2 }
  const answers = [1, 2, 3, 4].map(() => queue.enter(place('limited', limited)))
  const other = queue.enter(place('other', limited))
  assert.deepEqual(await Promise.all(answers), [true, true, false, false])
  assert.equal(await other, true)
})

test('a flow that may not wait at all takes nobody else’s place', async () => {
  const queue = new FairQueue()
  await fill(queue)
  assert.equal(await queue.enter(place('none', { level: 'm', mostWaiting: 0 })), false)
  let began = 0
  for (const flow of ['a', 'b']) void queue.enter(place(flow))?.then(() => began++)
  for (let count = 0; count < 4; count++) await turn()
  assert.equal(began, 2)
  assert.equal(queue.waiting, 0)
})
