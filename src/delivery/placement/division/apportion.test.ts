import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { apportion, type Party, websterPrefersHigherNames } from './apportion.js'
import { fnv1, fnv1a } from './fnv.js'

/** Seat by seat, looking at everybody each time: as plain as can be. */
function naiveWebster(seats: number, parties: readonly Party[], uid: string): Record<string, number> {
  const result: Record<string, number> = Object.fromEntries(parties.map(({ name }) => [name, 0]))
  if (parties.every(({ votes }) => votes === 0)) return result
  const higher = websterPrefersHigherNames(uid)
  for (let seat = 0; seat < seats; seat++) {
    let best: Party | undefined
    for (const party of parties) {
      if (best === undefined) {
        best = party
        continue
      }
      const [a, b] = [result[party.name]!, result[best.name]!]
      const [left, right] = [party.votes / (2 * a + 1), best.votes / (2 * b + 1)]
      if (left > right || (left === right && (a < b || (a === b && (higher ? party.name > best.name : party.name < best.name)))))
        best = party
    }
    result[best!.name]!++
  }
  return result
}

function randomParties(seed: number): { parties: Party[]; seats: number } {
  const random = createSeededRandom(seed)
  const below = (end: number) => Math.floor(random.number() * end)
  const scale = [4, 40, 5000][below(3)]!
  const parties = Array.from({ length: 1 + below(9) }, (_, index) => ({ name: `p${index}`, votes: below(scale) }))
  return { parties, seats: below([10, 100, 900][below(3)]!) }
}

test('the hashes are those of Go', () => {
  assert.deepEqual([fnv1(''), fnv1('a'), fnv1('foobar')], [0x811c9dc5, 0x050c5d7e, 0x31f0b262])
  assert.deepEqual([fnv1a('a'), fnv1a('foobar'), fnv1a('ö')], [0xe40c292c, 0xbf9cf968, fnv1a('\u00f6')])
})

test("Webster's seats are those of the naive twin", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const { parties, seats } = randomParties(seed)
    for (const uid of ['', 'a', 'b']) {
      const given = Object.fromEntries(apportion(seats, parties, uid))
      assert.deepEqual(given, naiveWebster(seats, parties, uid), `seed ${seed} ${uid} ${JSON.stringify({ parties, seats })}`)
    }
  }
})

test('one seat more never takes one away, and no votes give no seats', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { parties } = randomParties(seed)
    let before = apportion(0, parties, '')
    for (let seats = 1; seats < 40; seats++) {
      const after = apportion(seats, parties, '')
      for (const { name, votes } of parties) {
        assert.ok(after.get(name)! >= before.get(name)!, `seed ${seed}, ${seats} seats, ${name}`)
        if (votes === 0) assert.equal(after.get(name), 0)
      }
      before = after
    }
  }
  assert.deepEqual([...apportion(5, [{ name: 'a', votes: 0 }], '')], [['a', 0]])
})

test('largest remainder: quota kept, ties by votes, then by what was there', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { parties, seats } = randomParties(seed)
    const total = parties.reduce((sum, { votes }) => sum + votes, 0)
    if (total === 0) continue
    const given = apportion(seats, parties, 'u', 'largest-remainder')
    let sum = 0
    for (const { name, votes } of parties) {
      const exact = (votes * seats) / total
      assert.ok(
        given.get(name)! >= Math.floor(exact + 1e-9 - 1e-6) && given.get(name)! <= Math.floor(exact) + 1,
        `seed ${seed} ${name}`,
      )
      sum += given.get(name)!
    }
    assert.equal(sum, seats)
  }
  const parties = [
    { name: 'a', votes: 1, previous: 0 },
    { name: 'b', votes: 1, previous: 4 },
    { name: 'c', votes: 2, previous: 0 },
  ]
  assert.deepEqual(Object.fromEntries(apportion(6, parties, '', 'largest-remainder')), { a: 1, b: 1, c: 4 })
  assert.deepEqual(Object.fromEntries(apportion(3, parties.slice(0, 2), '', 'largest-remainder')), { a: 1, b: 2 })
})

test('a million seats for a thousand parties take no million steps', () => {
  const parties = Array.from({ length: 1000 }, (_, index) => ({ name: `p${index}`, votes: 1 + (index % 97) }))
  const given = apportion(100_000_000, parties, '')
  assert.equal(
    [...given.values()].reduce((sum, seats) => sum + seats, 0),
    100_000_000,
  )
})

test('where ties go to who held more before, a newcomer takes nothing for nothing', () => {
  const parties = ['b', 'c', 'd', 'e', 'f', 'g'].map((name) => ({ name, votes: 1, previous: 1 }))
  const more = [{ name: 'a', votes: 1, previous: 0 }, ...parties]
  assert.equal(apportion(6, more, '').get('a'), 1)
  const kept = apportion(6, more, '', 'webster', true)
  assert.equal(kept.get('a'), 0)
  assert.ok(parties.every(({ name }) => kept.get(name) === 1))
  assert.equal(apportion(7, more, '', 'webster', true).get('a'), 1)
})
