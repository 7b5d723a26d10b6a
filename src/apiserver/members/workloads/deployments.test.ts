import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCondition } from '../../../kube/object/condition.js'
import type { Deployment, Pod, ReplicaSet } from '../engine/objects.js'
import { createMemberFixture, deploymentOf, type MemberFixture } from '../member-fixture.js'

const deployment = (fixture: MemberFixture, name = 'web') =>
  fixture.peek('deployments.apps', `default/${name}`) as unknown as Deployment
const sets = (fixture: MemberFixture) => fixture.all('replicasets.apps', 'default') as unknown as ReplicaSet[]
const pods = (fixture: MemberFixture) => fixture.all('pods', 'default') as unknown as Pod[]
const condition = (of: Deployment, type: string) => findCondition(of.status?.conditions, type)
const imagesOf = (fixture: MemberFixture) =>
  pods(fixture)
    .map((pod) => pod.spec.containers[0]?.image)
    .sort()

test('a Deployment becomes available with few writes', async () => {
  const fixture = await createMemberFixture()
  const before = fixture.changes.length
  await fixture.apply(deploymentOf('web', { replicas: 3 }))
  await fixture.settle()
  const { status, metadata } = deployment(fixture)
  assert.deepEqual(
    { ...status, conditions: undefined },
    { observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, conditions: undefined },
  )
  assert.equal(condition(deployment(fixture), 'Available')?.reason, 'MinimumReplicasAvailable')
  assert.equal(condition(deployment(fixture), 'Progressing')?.reason, 'NewReplicaSetAvailable')
  assert.equal(metadata.annotations?.['deployment.kubernetes.io/revision'], '1')
  assert.deepEqual(new Set(pods(fixture).map((pod) => pod.spec.nodeName)), new Set(['node-1', 'node-2', 'node-3']))
  assert.equal(new Set(pods(fixture).map((pod) => pod.status?.podIP)).size, 3)
  // One apply, one ReplicaSet, three for each pod, and at most two reports of each controller.
  assert.ok(fixture.changes.length - before <= 15, `${fixture.changes.length - before} writes`)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a rolling update stays within its limits and keeps the history', async () => {
  const fixture = await createMemberFixture()
  const rolling = { replicas: 4, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }
  await fixture.apply(deploymentOf('web', rolling))
  await fixture.settle()
  let most = 0
  let least = 4
  const unsubscribe = fixture.clusters.onChange(() => {
    const active = pods(fixture).filter((pod) => pod.metadata.deletionTimestamp === undefined)
    most = Math.max(most, active.length)
    least = Math.min(least, active.filter((pod) => findCondition(pod.status?.conditions, 'Ready')?.status === 'True').length)
  })
  await fixture.apply(
    deploymentOf('web', rolling, { image: 'web:2', annotations: { 'simulation.flotilla.dev/ready-after-seconds': '2' } }),
  )
  await fixture.settle(30)
  unsubscribe()
  assert.ok(most <= 5, `${most} pods at once`)
  assert.ok(least >= 3, `only ${least} available`)
  assert.deepEqual(imagesOf(fixture), Array(4).fill('web:2'))
  assert.equal(sets(fixture).length, 2)
  assert.equal(deployment(fixture).metadata.annotations?.['deployment.kubernetes.io/revision'], '2')
  assert.equal(condition(deployment(fixture), 'Progressing')?.reason, 'NewReplicaSetAvailable')

  // Back to the first template: its ReplicaSet is used again, as the newest revision.
  await fixture.apply(deploymentOf('web', rolling))
  await fixture.settle(10)
  assert.deepEqual(imagesOf(fixture), Array(4).fill('web:1'))
  assert.equal(sets(fixture).length, 2)
  assert.equal(deployment(fixture).metadata.annotations?.['deployment.kubernetes.io/revision'], '3')
  const fresh = sets(fixture).find((set) => set.spec.replicas === 4)
  assert.equal(fresh?.metadata.annotations?.['deployment.kubernetes.io/revision-history'], '1')
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('the present ReplicaSet takes over new annotations and minReadySeconds, without another revision', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 1 }))
  await fixture.settle()
  const causeOf = (set: ReplicaSet | undefined) => set?.metadata.annotations?.['kubernetes.io/change-cause']
  const change = async (cause: string, spec: object) => {
    const next = deploymentOf('web', { replicas: 1, ...spec })
    await fixture.apply({ ...next, metadata: { ...next.metadata, annotations: { 'kubernetes.io/change-cause': cause } } })
    await fixture.settle()
  }
  await change('first', {})
  assert.equal(causeOf(sets(fixture)[0]), 'first')
  assert.equal(sets(fixture)[0]?.metadata.annotations?.['deployment.kubernetes.io/revision'], '1')
  assert.equal(sets(fixture)[0]?.metadata.annotations?.['deployment.kubernetes.io/revision-history'], undefined)
  await change('while it is paused', { paused: true, minReadySeconds: 7 })
  assert.equal(causeOf(sets(fixture)[0]), 'while it is paused')
  assert.equal(sets(fixture)[0]?.spec.minReadySeconds, 7)
  const before = fixture.changes.length
  await change('while it is paused', { paused: true, minReadySeconds: 7 })
  assert.equal(fixture.changes.length, before)
  assert.equal(sets(fixture).length, 1)
  fixture.stop()
})

test('a new Deployment takes over the ReplicaSets that another one has left behind', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 2 }))
  await fixture.settle()
  const [left] = sets(fixture)
  const before = pods(fixture).map((pod) => pod.metadata.name)
  await fixture.remove('Deployment', 'default/web', { propagationPolicy: 'Orphan' })
  await fixture.settle()
  assert.equal(sets(fixture)[0]?.metadata.ownerReferences, undefined)
  await fixture.apply(deploymentOf('web', { replicas: 2 }))
  await fixture.settle()
  assert.deepEqual(
    sets(fixture).map(({ metadata }) => metadata.uid),
    [left?.metadata.uid],
  )
  assert.equal(sets(fixture)[0]?.metadata.ownerReferences?.[0]?.uid, deployment(fixture).metadata.uid)
  assert.deepEqual(
    pods(fixture).map((pod) => pod.metadata.name),
    before,
  )
  assert.equal(deployment(fixture).status?.availableReplicas, 2)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a revision is an int64, and the next one is one more than that of what is taken over', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('old', { replicas: 1 }, { image: 'web:1' }))
  await fixture.settle()
  const [left] = sets(fixture) as [ReplicaSet]
  await fixture.remove('Deployment', 'default/old', { propagationPolicy: 'Orphan' })
  await fixture.settle()
  const annotations = { 'deployment.kubernetes.io/revision': '3546343826724305832' }
  await fixture.apply({ ...left, metadata: { name: left.metadata.name, namespace: 'default', annotations } } as never)
  await fixture.apply(deploymentOf('old', { replicas: 1 }, { image: 'web:2' }))
  await fixture.settle()
  assert.equal(deployment(fixture, 'old').metadata.annotations?.['deployment.kubernetes.io/revision'], '3546343826724305833')
  fixture.stop()
})

test('a broken image stops the rollout, and the deadline passes', async () => {
  const fixture = await createMemberFixture()
  const spec = { replicas: 4, progressDeadlineSeconds: 60 }
  await fixture.apply(deploymentOf('web', spec))
  await fixture.settle()
  await fixture.apply(deploymentOf('web', spec, { image: 'web:broken' }))
  await fixture.settle(5)
  assert.equal(deployment(fixture).status?.availableReplicas, 3)
  assert.equal(condition(deployment(fixture), 'Available')?.status, 'True')
  assert.equal(condition(deployment(fixture), 'Progressing')?.status, 'True')
  const events = fixture.all('events', 'default') as unknown as { reason: string; involvedObject: { kind: string } }[]
  assert.deepEqual(new Set(events.map((event) => `${event.involvedObject.kind} ${event.reason}`)), new Set(['Pod Failed']))
  await fixture.settle(70)
  assert.equal(condition(deployment(fixture), 'Progressing')?.reason, 'ProgressDeadlineExceeded')
  await fixture.apply(deploymentOf('web', spec))
  await fixture.settle(5)
  assert.equal(condition(deployment(fixture), 'Progressing')?.reason, 'NewReplicaSetAvailable')
  assert.deepEqual(imagesOf(fixture), Array(4).fill('web:1'))
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('Recreate stops the old before it starts the new', async () => {
  const fixture = await createMemberFixture()
  const spec = { replicas: 2, strategy: { type: 'Recreate' } }
  await fixture.apply(deploymentOf('web', spec))
  await fixture.settle()
  let mixed = false
  const unsubscribe = fixture.clusters.onChange(() => {
    mixed ||= new Set(imagesOf(fixture)).size > 1
  })
  await fixture.apply(deploymentOf('web', spec, { image: 'web:2' }))
  await fixture.settle(5)
  unsubscribe()
  assert.equal(mixed, false)
  assert.deepEqual(imagesOf(fixture), ['web:2', 'web:2'])
  fixture.stop()
})

test('scaling, pausing and losing pods', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 2 }))
  await fixture.settle()
  await fixture.apply(deploymentOf('web', { replicas: 5 }))
  await fixture.settle()
  assert.equal(deployment(fixture).status?.availableReplicas, 5)
  assert.equal(sets(fixture)[0]?.metadata.annotations?.['deployment.kubernetes.io/desired-replicas'], '5')
  await fixture.apply(deploymentOf('web', { replicas: 5, paused: true }, { image: 'web:2' }))
  await fixture.settle()
  assert.deepEqual(imagesOf(fixture), Array(5).fill('web:1'))
  assert.equal(condition(deployment(fixture), 'Progressing')?.reason, 'DeploymentPaused')
  const [victim] = pods(fixture)
  await fixture.remove('pods', `default/${victim?.metadata.name}`)
  await fixture.settle()
  assert.equal(pods(fixture).length, 5)
  assert.equal(fixture.peek('pods', `default/${victim?.metadata.name}`), undefined)
  await fixture.apply(deploymentOf('web', { replicas: 0 }, { image: 'web:2' }))
  await fixture.settle()
  assert.equal(pods(fixture).length, 0)
  assert.equal(deployment(fixture).status?.replicas, undefined)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('only as many old ReplicaSets are kept as asked for', async () => {
  const fixture = await createMemberFixture()
  for (let version = 1; version <= 5; version++) {
    await fixture.apply(deploymentOf('web', { replicas: 1, revisionHistoryLimit: 2 }, { image: `web:${version}` }))
    await fixture.settle(2)
  }
  assert.deepEqual(
    sets(fixture)
      .map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'])
      .sort(),
    ['3', '4', '5'],
  )
  fixture.stop()
})

test('minReadySeconds delays availability', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 1, minReadySeconds: 10 }))
  await fixture.settle(3)
  assert.equal(deployment(fixture).status?.readyReplicas, 1)
  assert.equal(deployment(fixture).status?.availableReplicas, undefined)
  await fixture.settle(12)
  assert.equal(deployment(fixture).status?.availableReplicas, 1)
  fixture.stop()
})

test('a ReplicaSet of somebody else with the name of the one to be made holds up nothing', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 1 }))
  await fixture.settle()
  const [taken] = sets(fixture)
  await fixture.remove('Deployment', 'default/web')
  await fixture.settle()
  const { name = '' } = taken?.metadata ?? {}
  const spec = { replicas: 0, ...(deploymentOf('other')['spec'] as object) }
  await fixture.apply({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name }, spec })
  await fixture.apply(deploymentOf('web', { replicas: 1 }))
  await fixture.settle(5)
  assert.equal(deployment(fixture).status?.availableReplicas, 1)
  assert.equal(deployment(fixture).status?.collisionCount, 1)
  assert.equal(sets(fixture).length, 2)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})
