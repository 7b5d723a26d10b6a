import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryBuilder } from './build-delivery.js'
import type { ClusterFacts, Placement } from './contract.js'
import { decidePlacement } from './decide-placement.js'
import { completionsOf } from './job-completions.js'

const job = (spec: object) => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'sums', namespace: 'shop' }, spec })
const fleet: ClusterFacts[] = [{ name: 'berlin' }, { name: 'paris' }]

function sent(spec: { parallelism: number; completions?: number }, division: Placement['division']) {
  const object = job(spec)
  const alongside = completionsOf(object)
  const workload = { object, replicas: spec.parallelism, ...(alongside === undefined ? {} : { alongside }) }
  const selectors = [{ apiVersion: 'batch/v1', kind: 'Job' }]
  const decision = decidePlacement(workload, { placements: [{ name: 'p', selectors, placement: { division } }] }, fleet)
  const build = deliveryBuilder(object, [], undefined, alongside)
  return decision.deliveries.map(({ cluster, replicas, share }) => {
    const { parallelism, completions } = build({ name: cluster }, replicas, share)['spec'] as Record<string, number | undefined>
    return [cluster, parallelism, completions]
  })
}

test('clusters that share the parallelism of a Job share its completions', () => {
  const weights = [
    { clusters: { names: ['berlin'] }, weight: 2 },
    { clusters: { names: ['paris'] }, weight: 1 },
  ]
  assert.deepEqual(sent({ parallelism: 3, completions: 10 }, { strategy: 'static-weights', weights }), [
    ['berlin', 2, 7],
    ['paris', 1, 3],
  ])
  assert.deepEqual(sent({ parallelism: 3, completions: 10 }, { strategy: 'duplicated' }), [
    ['berlin', 3, 10],
    ['paris', 3, 10],
  ])
})

test('a work queue has no completions to share, and only those with an index may change later', () => {
  assert.equal(completionsOf(job({ parallelism: 3 })), undefined)
  assert.equal(completionsOf({ ...job({ completions: 3 }), kind: 'Task' }), undefined)
  assert.equal(completionsOf(job({ completions: 3 }))?.fixed, true)
  assert.equal(completionsOf(job({ completions: 3, completionMode: 'Indexed' }))?.fixed, false)
})
