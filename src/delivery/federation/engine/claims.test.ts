import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Claims } from './claims.js'

function claimsWith(copies: ReadonlySet<string>) {
  const told: string[] = []
  const claims = new Claims({ hasCopy: (cluster, id) => copies.has(`${cluster} ${id}`), changed: (id) => told.push(id) })
  return { claims, told }
}

test('who comes first has it, is asked again for nothing, and gives it back to those who wait', () => {
  const { claims, told } = claimsWith(new Set())
  assert.equal(claims.take('a', 'web', 'one', '1'), undefined)
  assert.equal(claims.take('a', 'web', 'one', '1'), undefined)
  assert.equal(claims.take('a', 'web', 'two', '2'), 'one')
  assert.equal(claims.take('b', 'web', 'two', '2'), undefined)
  claims.release('a', 'web', 'two')
  claims.release('a', 'web', 'one')
  assert.deepEqual(told, [], 'who waits no longer is not told')
  assert.equal(claims.take('a', 'web', 'one', '1'), undefined)
  assert.equal(claims.take('a', 'web', 'two', '2'), 'one')
  claims.release('a', 'web', 'one')
  assert.deepEqual(told, ['two'])
  assert.equal(claims.take('a', 'web', 'two', '2'), undefined)
})

test('who ranks first takes it as long as the holder has no copy there, and the holder is told', () => {
  const { claims, told } = claimsWith(new Set())
  claims.take('a', 'web', 'two', '2')
  assert.equal(claims.take('a', 'web', 'one', '1'), undefined)
  assert.deepEqual(told, ['two'])
})

test('who has its copy there keeps it, whoever ranks first, and has it back after a restart in another order', () => {
  const { claims, told } = claimsWith(new Set(['a two']))
  claims.take('a', 'web', 'two', '2')
  assert.equal(claims.take('a', 'web', 'one', '1'), 'two')
  const anew = claimsWith(new Set(['a two']))
  anew.claims.take('a', 'web', 'one', '1')
  assert.equal(anew.claims.take('a', 'web', 'two', '2'), undefined)
  assert.deepEqual([told, anew.told], [[], ['one']])
})
