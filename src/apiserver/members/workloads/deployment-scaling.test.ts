import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '../engine/objects.js'
import { decideProportionalScaling } from './deployment-scaling.js'

const replicaSet = (name: string, replicas: number, most: number | undefined, age = 0) =>
  ({
    metadata: {
      name,
      creationTimestamp: `2026-01-01T00:00:0${9 - age}Z`,
      annotations: most === undefined ? {} : { 'deployment.kubernetes.io/max-replicas': String(most) },
    },
    spec: { replicas },
  }) as unknown as ReplicaSet
const deployment = (replicas: number, maxSurge: number, now = 0) =>
  ({
    metadata: { name: 'd' },
    spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 2 } } },
    status: { replicas: now },
  }) as unknown as Deployment
const scaled = (of: Deployment, old: ReplicaSet[], fresh: ReplicaSet) =>
  Object.fromEntries(decideProportionalScaling({ deployment: of, fresh, old }))

test('a Deployment that grows in the midst of a rollout keeps its proportions, rounded to the nearest', () => {
  assert.deepEqual(scaled(deployment(30, 3), [replicaSet('old', 8, 13)], replicaSet('new', 5, 13)), { old: 20, new: 13 })
  // Somebody took the note away: the present size counts.
  assert.deepEqual(scaled(deployment(30, 3, 13), [replicaSet('old', 8, undefined)], replicaSet('new', 5, undefined)), {
    old: 20,
    new: 13,
  })
})

test('what is left over goes to the biggest, and of equal ones the newer grow first and the older shrink', () => {
  const equal = [replicaSet('a', 5, 11, 2), replicaSet('b', 5, 11, 1)]
  assert.deepEqual(scaled(deployment(11, 1), equal, replicaSet('new', 1, 11)), { b: 6, a: 5, new: 1 })
  assert.deepEqual(scaled(deployment(4, 1), equal, replicaSet('new', 1, 11)), { a: 2, b: 2, new: 1 })
  assert.deepEqual(scaled(deployment(0, 1), equal, replicaSet('new', 1, 11)), { a: 0, b: 0, new: 0 })
})
