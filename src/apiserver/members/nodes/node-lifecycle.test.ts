import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../engine/objects.js'
import { createMemberFixture, deploymentOf, type MemberFixture } from '../member-fixture.js'
import { chaos } from './chaos-state.js'
import { kubeletAnnotation } from './simulated-node.js'

const node = (fixture: MemberFixture, name: string) => fixture.peek('nodes', name) as unknown as Node
const pods = (fixture: MemberFixture) => fixture.all('pods', 'default') as unknown as Pod[]
const taints = (fixture: MemberFixture, name: string) =>
  (node(fixture, name).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`)
const status = (object: Node | Pod, type: string) =>
  (object.status?.conditions as { type: string; status: string; reason?: string }[] | undefined)?.find(
    (each) => each.type === type,
  )
const annotate = (fixture: MemberFixture, name: string, annotations: Record<string, string | null>) =>
  fixture.client.patch(
    { type: fixture.cluster.api.catalogue().forName('nodes')!, name },
    { kind: 'merge', body: { metadata: { annotations } } },
  )

test('a stopped node becomes Unknown after its grace, loses its pods after their toleration, and comes back', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 6 }))
  await fixture.settle(2)
  const onFirst = pods(fixture).filter((pod) => pod.spec.nodeName === 'node-1')
  assert.equal(onFirst.length, 2)
  await annotate(fixture, 'node-1', { [chaos.state]: 'stopped' })
  await fixture.settle(30)
  assert.equal(status(node(fixture, 'node-1'), 'Ready')?.status, 'True')
  await fixture.settle(15)
  assert.deepEqual(status(node(fixture, 'node-1'), 'Ready')?.reason, 'NodeStatusUnknown')
  assert.deepEqual(taints(fixture, 'node-1'), [
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ])
  assert.ok(
    pods(fixture)
      .filter((pod) => pod.spec.nodeName === 'node-1')
      .every((pod) => status(pod, 'Ready')?.status === 'False'),
  )
  // Pods tolerate a lost node for 300 s; then they are deleted, which nobody on the node confirms.
  await fixture.settle(310)
  const stuck = pods(fixture).filter((pod) => pod.spec.nodeName === 'node-1')
  assert.equal(stuck.length, 2)
  for (const pod of stuck) {
    assert.ok(pod.metadata.deletionTimestamp)
    assert.equal(status(pod, 'DisruptionTarget')?.reason, 'DeletionByTaintManager')
  }
  assert.equal(pods(fixture).filter((pod) => status(pod, 'Ready')?.status === 'True').length, 6)
  await annotate(fixture, 'node-1', { [chaos.state]: null })
  await fixture.settle(5)
  assert.equal(status(node(fixture, 'node-1'), 'Ready')?.status, 'True')
  assert.deepEqual(taints(fixture, 'node-1'), [])
  assert.equal(pods(fixture).length, 6)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a short outage leaves the pods alone; an impatient one is noticed at once', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 3 }))
  await fixture.settle(2)
  const before = pods(fixture).map((pod) => pod.metadata.uid)
  await annotate(fixture, 'node-2', { [chaos.state]: 'crashed', [chaos.graceSeconds]: '0' })
  await fixture.settle(1)
  assert.equal(status(node(fixture, 'node-2'), 'Ready')?.status, 'Unknown')
  await annotate(fixture, 'node-2', { [chaos.state]: null, [chaos.graceSeconds]: null })
  await fixture.settle(2)
  assert.deepEqual(
    pods(fixture).map((pod) => pod.metadata.uid),
    before,
  )
  assert.ok(pods(fixture).every((pod) => status(pod, 'Ready')?.status === 'True'))
  fixture.stop()
})

test('when every node is lost nothing is evicted', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 3 }))
  await fixture.settle(2)
  for (const name of ['node-1', 'node-2', 'node-3']) await annotate(fixture, name, { [chaos.state]: 'stopped' })
  await fixture.settle(400)
  assert.deepEqual(taints(fixture, 'node-1'), ['node.kubernetes.io/unreachable:NoSchedule'])
  assert.ok(pods(fixture).every((pod) => pod.metadata.deletionTimestamp === undefined))
  fixture.stop()
})

test('pods of a deleted node are collected after a quarantine', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 3 }))
  await fixture.settle(2)
  await fixture.remove('nodes', 'node-3')
  await fixture.settle(30)
  assert.equal(pods(fixture).filter((pod) => pod.spec.nodeName === 'node-3').length, 1)
  await fixture.settle(20)
  assert.equal(pods(fixture).filter((pod) => pod.spec.nodeName === 'node-3').length, 0)
  assert.equal(pods(fixture).filter((pod) => status(pod, 'Ready')?.status === 'True').length, 3)
  fixture.stop()
})

test('a Node of the user is brought up when it asks for it, and left alone otherwise', async () => {
  const fixture = await createMemberFixture()
  const made = (name: string, annotations: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations, labels: { 'node.kubernetes.io/instance-type': 'm5.large' } },
  })
  await fixture.apply(
    made('own', { [kubeletAnnotation]: 'simulated' }),
    made('kwok', { 'kwok.x-k8s.io/node': 'fake' }),
    made('other', {}),
  )
  await fixture.settle(2)
  assert.equal(status(node(fixture, 'own'), 'Ready')?.status, 'True')
  assert.equal((node(fixture, 'own').status as { capacity?: { cpu: string } }).capacity?.cpu, '2')
  assert.equal(status(node(fixture, 'kwok'), 'Ready')?.status, 'True')
  assert.deepEqual(taints(fixture, 'other'), ['node.kubernetes.io/not-ready:NoSchedule'])
  await fixture.settle(65)
  assert.equal(status(node(fixture, 'other'), 'Ready')?.reason, 'NodeStatusNeverUpdated')
  fixture.stop()
})

test('a cordoned node has its taint while it is cordoned', async () => {
  const fixture = await createMemberFixture()
  const type = fixture.cluster.api.catalogue().forName('nodes')!
  await fixture.client.patch({ type, name: 'node-1' }, { kind: 'merge', body: { spec: { unschedulable: true } } })
  await fixture.settle(1)
  assert.deepEqual(taints(fixture, 'node-1'), ['node.kubernetes.io/unschedulable:NoSchedule'])
  await fixture.client.patch({ type, name: 'node-1' }, { kind: 'merge', body: { spec: { unschedulable: null } } })
  await fixture.settle(1)
  assert.deepEqual(taints(fixture, 'node-1'), [])
  fixture.stop()
})
