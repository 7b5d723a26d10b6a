import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, type Asker, chain, type DnsHandler, handlerOrder, isBelow, refusal } from './handler.js'

const asker: Asker = { address: '127.0.48.1', stream: false }
const answerOf = (text: string): Answer => ({
  code: 0,
  authoritative: true,
  answers: [{ name: 'x', ttl: 1, type: 'TXT', texts: [text] }],
})
const textOf = ({ answers }: Answer) => answers.map((record) => (record.type === 'TXT' ? record.texts[0] : '')).join()
const link = (name: string, order?: number, more: Partial<DnsHandler> = {}): DnsHandler => ({
  name,
  ...(order === undefined ? {} : { order }),
  answer: ({ name: asked }) => (asked === name || asked === 'all' ? answerOf(name) : undefined),
  ...more,
})

test('links are asked by their order, others after the own zones', async () => {
  const links = [link('late'), link('zone', handlerOrder.cluster), link('early', 1), link('later')]
  const ask = chain(links)
  assert.equal(textOf(await ask({ name: 'all', type: 1 }, asker)), 'early')
  assert.equal(textOf(await ask({ name: 'later', type: 1 }, asker)), 'later')
  assert.equal(await ask({ name: 'nobody', type: 1 }, asker), refusal)
  assert.equal(textOf(await chain([link('b'), link('a')])({ name: 'all', type: 1 }, asker)), 'b', 'as given')
})

test('a link that takes its time passes on too', async () => {
  const slow = link('slow', 1, { answer: async ({ name }) => (name === 'slow' ? answerOf('slow') : undefined) })
  const ask = chain([slow, link('web', 2)])
  assert.equal(textOf(await ask({ name: 'slow', type: 1 }, asker)), 'slow')
  assert.equal(textOf(await ask({ name: 'web', type: 1 }, asker)), 'web')
})

test('an earlier link may change what a later one answers, and knows who asks', async () => {
  const seen: string[] = []
  const amend: DnsHandler['amend'] = (_question, answer, { address }) => {
    seen.push(address)
    return answerOf(`${textOf(answer)}!`)
  }
  const ask = chain([link('web', 2, { amend }), link('first', 1, { amend }), link('last', 3, { amend })])
  assert.equal(textOf(await ask({ name: 'last', type: 1 }, asker)), 'last!!')
  assert.equal(textOf(await ask({ name: 'first', type: 1 }, asker)), 'first')
  assert.deepEqual(seen, [asker.address, asker.address])
})

test('below a zone', () => {
  assert.deepEqual(
    ['a.b', 'b', 'xb', '', 'b.a'].map((name) => isBelow(name, 'b')),
    [true, true, false, false, false],
  )
  assert.ok(isBelow('anything', ''))
})
