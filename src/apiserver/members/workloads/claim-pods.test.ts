import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerOf } from '../../../kube/object/owner.js'
import { createMemberFixture, type MemberFixture, workload } from '../member-fixture.js'

const owners = (fixture: MemberFixture) =>
  Object.fromEntries(fixture.all('pods', 'default').map((pod) => [pod.metadata.name, controllerOf(pod)?.name]))
const pod = (name: string, app: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app } },
  spec: { containers: [{ name: 'c', image: 'x' }] },
})

test('a ReplicaSet adopts what matches, and replaces what no longer does', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(pod('alone', 'web'), pod('other', 'other'))
  await fixture.apply({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web' },
    spec: { replicas: 1, ...workload('web') },
  })
  await fixture.settle(2)
  assert.deepEqual(owners(fixture), { alone: 'web', other: undefined })
  await fixture.apply(pod('alone', 'mine'))
  await fixture.settle(3)
  const { alone, other, ...made } = owners(fixture)
  assert.deepEqual([alone, other], [undefined, undefined])
  assert.deepEqual(Object.values(made), ['web'])
  fixture.stop()
})

test('a StatefulSet adopts pods by their names too, and gives them their label', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(pod('db-0', 'db'), pod('db-x', 'db'))
  const spec = { replicas: 1, serviceName: 'db', updateStrategy: { type: 'OnDelete' }, ...workload('db') }
  await fixture.apply({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec })
  await fixture.settle(2)
  assert.deepEqual(owners(fixture), { 'db-0': 'db', 'db-x': undefined })
  assert.equal(fixture.peek('pods', 'default/db-0')?.metadata.labels?.['statefulset.kubernetes.io/pod-name'], 'db-0')
  fixture.stop()
})

test('a ReplicationController keeps its own, whose selector is a plain map', async () => {
  const fixture = await createMemberFixture()
  const { template } = workload('old') as { template: object }
  const spec = { replicas: 2, selector: { app: 'old' }, template }
  await fixture.apply({ apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'old' }, spec })
  await fixture.settle(5)
  assert.deepEqual(Object.values(owners(fixture)), ['old', 'old'])
  fixture.stop()
})
