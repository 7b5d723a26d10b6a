import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isConditionTrue, removeCondition, setCondition } from './condition.js'
import { controllerOf, controllerReferenceTo, isControlledBy, isOwnedBy } from './owner.js'

const ready = { type: 'Ready', status: 'True' as const, reason: 'Done', message: '' }

test('the transition time changes with the status only', () => {
  const first = setCondition([], ready, 't1')
  assert.deepEqual(first, [{ ...ready, lastTransitionTime: 't1' }])
  assert.equal(setCondition(first, ready, 't2'), first)
  const reworded = setCondition(first, { ...ready, message: 'still' }, 't2')
  assert.deepEqual(reworded, [{ ...ready, message: 'still', lastTransitionTime: 't1' }])
  const failed = setCondition(reworded, { ...ready, status: 'False' }, 't3')
  assert.equal(failed[0]?.lastTransitionTime, 't3')
  assert.equal(isConditionTrue(failed, 'Ready'), false)
  assert.deepEqual(removeCondition(failed, 'Ready'), [])
})

test('other conditions keep their place and their fields', () => {
  const kept = { type: 'A', status: 'True' as const, reason: 'x', message: 'y', lastTransitionTime: 't0', lastUpdateTime: 't0' }
  const both = setCondition([kept], ready, 't1')
  assert.equal(both[0], kept)
  assert.equal(both.length, 2)
})

test('owners are told by uid', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web', uid: 'u1' } }
  const pod = { metadata: { name: 'web-x', ownerReferences: [controllerReferenceTo(owner)] } }
  assert.equal(controllerOf(pod)?.name, 'web')
  assert.equal(isControlledBy(pod, owner), true)
  assert.equal(isOwnedBy(pod, owner), true)
  assert.equal(isControlledBy(pod, { metadata: { name: 'web', uid: 'u2' } }), false)
  assert.equal(isControlledBy({ metadata: { name: 'x' } }, owner), false)
})
