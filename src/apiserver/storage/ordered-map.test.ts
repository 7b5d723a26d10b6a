import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../base/random.js'
import { OrderedMap } from './ordered-map.js'

test('agrees with a sorted list under random inserts, updates and deletes', () => {
  const random = createSeededRandom(1)
  const map = new OrderedMap<number>()
  const twin = new Map<string, number>()
  for (let step = 0; step < 6000; step++) {
    const key = `ns${Math.floor(random.number() * 4)}/k${Math.floor(random.number() * 1500)}`
    if (random.number() < 0.4) assert.equal(map.delete(key), twin.delete(key))
    else {
      map.set(key, step)
      twin.set(key, step)
    }
    assert.equal(map.size, twin.size)
  }
  const sorted = [...twin].sort((a, b) => (a[0] < b[0] ? -1 : 1))
  assert.deepEqual([...map.entries()], sorted)
  for (const prefix of ['', 'ns0/', 'ns2/k1', 'ns3/k99', 'none/', 'zz']) {
    const wanted = sorted.filter(([key]) => key.startsWith(prefix))
    assert.deepEqual([...map.entries(prefix)], wanted)
    assert.equal(map.count(prefix), wanted.length)
    for (const last of ['', 'a', 'ns0/k7', 'ns2/k14', `${prefix}3`, 'ns9', 'zz']) {
      assert.equal(map.count(prefix, last), [...map.entries(prefix, last)].length, `${prefix} behind ${last}`)
    }
    const after = wanted[Math.floor(wanted.length / 2)]?.[0] ?? prefix
    assert.deepEqual(
      [...map.entries(prefix, after)],
      wanted.filter(([key]) => key > after),
    )
  }
  for (const [key, value] of sorted) assert.equal(map.get(key), value)
  assert.equal(map.get('ns0/absent'), undefined)
})

test('an iterator goes on behind its last key when the map changes under it', () => {
  const map = new OrderedMap<number>()
  for (let index = 0; index < 2000; index++) map.set(String(index).padStart(4, '0'), index)
  const seen: string[] = []
  for (const [key] of map.entries()) {
    seen.push(key)
    map.delete(key)
    if (key === '1000') map.set('1000x', 1)
    if (key === '1500') map.set('0001', 1)
  }
  assert.equal(seen.length, 2001)
  assert.deepEqual(seen, [...seen].sort())
  assert.deepEqual([...map.entries()].length, 1)
})

test('taking all values of a prefix gives what iterating gives', () => {
  const random = createSeededRandom(11)
  const map = new OrderedMap<string>()
  const take = (prefix: string) => {
    const values: string[] = []
    map.take(values, prefix)
    return values
  }
  assert.deepEqual(take(''), [])
  for (let round = 0; round < 4000; round++) {
    const key = `${'abc'[Math.floor(random.number() * 3)]}${random.number() < 0.1 ? '' : '/'}${Math.floor(random.number() * 1500)}`
    if (random.number() < 0.2) map.delete(key)
    else map.set(key, key)
    if (round % 400 !== 0) continue
    for (const prefix of ['', 'a', 'a/', 'b/', 'b/1', 'c/', 'c/999', 'd', '0'])
      assert.deepEqual(
        take(prefix),
        [...map.entries(prefix)].map(([each]) => each),
        prefix,
      )
  }
})
