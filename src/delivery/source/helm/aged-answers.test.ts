import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAgedAnswers } from './aged-answers.js'

test('what one asks for anew and finds changed is told to everybody with the next look', async () => {
  let now = 0
  const told: string[] = []
  const answers = createAgedAnswers<string>({
    clock: { now: () => now, after: () => () => {} },
    maxAgeMs: 1000,
    maxEntries: 4,
    same: (a, b) => a === b,
    changed: (repository) => told.push(repository),
  })
  let there: string | Error = 'one'
  const get = (how = {}) =>
    answers.get('key', 'repository', how, async () => {
      if (there instanceof Error) throw there
      return there
    })
  assert.equal(await get(), 'one')
  await answers.refreshAll()
  assert.deepEqual(told, [], 'nothing has changed')
  there = 'two'
  assert.equal(await get({ refresh: true }), 'two')
  await answers.refreshAll()
  await answers.refreshAll()
  assert.deepEqual(told, ['repository'], 'once')
  there = new Error('gone')
  await assert.rejects(get({ refresh: true }), /gone/)
  there = 'two'
  now += 60_000
  assert.equal(await get(), 'two')
  await answers.refreshAll()
  assert.deepEqual(told, ['repository', 'repository'], 'who could not read it can again')
})
