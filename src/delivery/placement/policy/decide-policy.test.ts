import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlacementPolicy } from '../contract.js'
import { decidePolicy } from './decide-policy.js'

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
}
const kind = { apiVersion: 'apps/v1', kind: 'Deployment' }
const byName = { ...kind, name: 'web' }
const byLabel = { ...kind, labels: { matchLabels: { app: 'web' } } }

function policy(name: string, more: Partial<PlacementPolicy> = {}): PlacementPolicy {
  return { name, namespace: 'shop', selectors: [kind], placement: { division: { strategy: 'duplicated' } }, ...more }
}
const fleetWide = (name: string, more: Partial<PlacementPolicy> = {}) => {
  const { namespace: _, ...rest } = policy(name, more)
  return rest
}

function winnerOf(policies: PlacementPolicy[], holder?: string) {
  const forwards = decidePolicy(web, policies, holder)
  const backwards = decidePolicy(web, [...policies].reverse(), holder)
  assert.deepEqual(backwards, forwards, 'the order of policies has no say')
  assert.equal(forwards.verdicts.length, policies.length)
  return forwards.winner?.name
}

test('scope, then priority, then closeness, then name', () => {
  assert.equal(winnerOf([policy('b'), policy('a')]), 'a')
  assert.equal(winnerOf([policy('b', { selectors: [byLabel] }), policy('a')]), 'b')
  assert.equal(winnerOf([policy('b', { selectors: [byLabel] }), policy('c', { selectors: [kind, byName] })]), 'c')
  assert.equal(winnerOf([policy('b', { priority: 1 }), policy('a', { selectors: [byName] })]), 'b')
  assert.equal(winnerOf([policy('b', { priority: -1 }), policy('c')]), 'c')
  assert.equal(winnerOf([policy('b', { priority: -5 }), fleetWide('a', { priority: 100, selectors: [byName] })]), 'b')
  assert.equal(winnerOf([fleetWide('z'), policy('a', { namespace: 'other' })]), 'z')
  assert.equal(winnerOf([policy('a', { selectors: [{ ...byName, name: 'api', labels: {} }] })]), undefined)
  assert.equal(winnerOf([]), undefined)
  const version = { ...byName, apiVersion: 'apps/v1beta2' }
  assert.equal(winnerOf([policy('a', { selectors: [version] })]), 'a', 'whichever version it is read in')
  assert.equal(winnerOf([policy('a', { selectors: [{ ...byName, apiVersion: 'example.com/v1' }] })]), undefined)
})

test('a policy that holds the object keeps it, unless another preempts', () => {
  const high = (more: Partial<PlacementPolicy> = {}) => policy('high', { priority: 10, ...more })
  assert.equal(winnerOf([policy('low'), high()], 'shop/low'), 'low')
  assert.equal(winnerOf([policy('low'), high({ preempts: true })], 'shop/low'), 'high')
  assert.equal(winnerOf([policy('low'), policy('same', { preempts: true, selectors: [byName] })], 'shop/low'), 'low')
  assert.equal(winnerOf([fleetWide('wide', { priority: 50 }), policy('mine', { preempts: true })], 'wide'), 'mine')
  assert.equal(winnerOf([fleetWide('wide'), policy('mine')], 'wide'), 'wide')
  assert.equal(winnerOf([policy('mine'), fleetWide('wide', { preempts: true, priority: 9 })], 'shop/mine'), 'mine')
  assert.equal(winnerOf([policy('mine', { selectors: [{ ...byName, name: 'x' }] }), policy('other')], 'shop/mine'), 'other')
  assert.equal(winnerOf([policy('a'), policy('b')], 'shop/gone'), 'a')
})

test('every loser is told why', () => {
  const { verdicts } = decidePolicy(web, [
    policy('winner', { priority: 5 }),
    policy('low'),
    fleetWide('wide', { priority: 9 }),
    policy('afar', { namespace: 'other' }),
    policy('blind', { selectors: [{ apiVersion: 'v1', kind: 'Pod' }] }),
  ])
  assert.deepEqual(
    verdicts.map(({ policy: name, verdict, why }) => `${name} ${verdict}: ${why}`),
    [
      'shop/winner won: ranks first of 3: selects all of its kind, priority 5',
      'shop/low lost: shop/winner ranks higher: priority 5 against 0',
      'wide lost: shop/winner ranks higher: a policy of the namespace comes before one of the fleet',
      'other/afar no match: rules the namespace other only',
      'shop/blind no match: does not select it',
    ],
  )
  const held = decidePolicy(web, [policy('low'), policy('high', { priority: 3 })], 'shop/low')
  assert.deepEqual(
    held.verdicts.find((each) => each.policy === 'shop/high')?.why,
    'shop/low holds it already, and this one does not preempt',
  )
})
