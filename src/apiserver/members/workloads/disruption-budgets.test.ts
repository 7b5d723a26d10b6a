import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCondition } from '../../../kube/object/condition.js'
import { hasReason } from '../../../kube/object/status-error.js'
import type { Pod } from '../engine/objects.js'
import { createMemberFixture, deploymentOf, type MemberFixture } from '../member-fixture.js'

const budget = (name: string, spec: object, app = 'web') => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { selector: { matchLabels: { app } }, ...spec },
})
const counts = (fixture: MemberFixture, name: string) => {
  const status = fixture.peek('poddisruptionbudgets.policy', `default/${name}`)?.status as unknown as Record<string, number>
  return [status['expectedPods'], status['desiredHealthy'], status['currentHealthy'], status['disruptionsAllowed']]
}
const conditionOf = (fixture: MemberFixture, name: string) => {
  const status = fixture.peek('poddisruptionbudgets.policy', `default/${name}`)?.status as unknown as { conditions: never[] }
  return findCondition(
    status.conditions as { type: string; status: string; reason: string; message: string }[],
    'DisruptionAllowed',
  )
}
const evict = (fixture: MemberFixture, name: string) =>
  fixture.cluster.api.create(
    { user: { name: 'admin', groups: ['system:masters'] }, warn() {} },
    { type: fixture.cluster.api.catalogue().forName('pods')!, namespace: 'default', name, subresource: 'eviction' },
    { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } },
    {},
  )
const pods = (fixture: MemberFixture) => fixture.all('pods', 'default') as unknown as Pod[]

test('shares are of what the Deployment asks for, also while it rolls', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(
    deploymentOf('web', { replicas: 4 }),
    budget('share', { minAvailable: '50%' }),
    budget('most', { maxUnavailable: 1 }),
  )
  await fixture.settle(3)
  assert.deepEqual(counts(fixture, 'share'), [4, 2, 4, 2])
  assert.deepEqual(counts(fixture, 'most'), [4, 3, 4, 1])
  await fixture.apply(deploymentOf('web', { replicas: 4 }, { image: 'web:broken' }))
  await fixture.settle(3)
  assert.deepEqual(counts(fixture, 'share').slice(0, 2), [4, 2])
  fixture.stop()
})

test('an eviction is marked, spends the budget, and a full one refuses', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 2 }), budget('one', { minAvailable: 1 }))
  await fixture.settle(3)
  const [first, second] = pods(fixture).map(({ metadata }) => metadata.name)
  await evict(fixture, first as string)
  await assert.rejects(evict(fixture, second as string), (error) => hasReason(error, 'TooManyRequests'))
  await fixture.settle(3)
  const marked = fixture.changes.find(
    ({ groupResource, object }) =>
      groupResource === 'pods' && findCondition((object as Pod).status?.conditions, 'DisruptionTarget') !== undefined,
  )
  const condition = findCondition((marked?.object as Pod | undefined)?.status?.conditions, 'DisruptionTarget')
  assert.deepEqual([condition?.reason, condition?.message], ['EvictionByEvictionAPI', 'Eviction API: evicting'])
  assert.deepEqual(counts(fixture, 'one'), [2, 1, 2, 1])
  fixture.stop()
})

test('what cannot be counted allows nothing and says why', async () => {
  const fixture = await createMemberFixture({ events: 'all' })
  const containers = [{ name: 'c', image: 'c:1' }]
  const alone = (name: string, app: string, more = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app }, ...more },
    spec: { containers },
  })
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'gone', uid: 'no-such', controller: true }
  await fixture.apply(
    alone('bare', 'bare'),
    budget('bare', { maxUnavailable: 1 }, 'bare'),
    budget('none', { minAvailable: 1 }, 'none'),
  )
  await fixture.client.create(fixture.cluster.api.catalogue().forName('pods')!, {
    ...alone('lost', 'lost', { namespace: 'default', finalizers: ['example.com/hold'], ownerReferences: [owner] }),
  } as never)
  await fixture.apply(budget('lost', { maxUnavailable: 1 }, 'lost'))
  await fixture.settle(3)
  assert.equal(conditionOf(fixture, 'lost')?.reason, 'SyncFailed')
  assert.equal(conditionOf(fixture, 'lost')?.message, 'found no controllers for pod "lost"')
  assert.deepEqual(counts(fixture, 'bare'), [0, 0, 1, 0])
  const reasons = (fixture.all('events', 'default') as unknown as { reason: string }[]).map(({ reason }) => reason)
  for (const reason of ['UnmanagedPods', 'NoPods', 'CalculateExpectedPodCountFailed']) assert.ok(reasons.includes(reason), reason)
  fixture.stop()
})
