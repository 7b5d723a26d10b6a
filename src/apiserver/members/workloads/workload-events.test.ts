import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCondition } from '../../../kube/object/condition.js'
import { createMemberFixture, deploymentOf, type MemberFixture, workload } from '../member-fixture.js'

interface Said {
  readonly involvedObject: { kind: string; name: string }
  readonly reason: string
  readonly message: string
  readonly type: string
  readonly count?: number
  readonly reportingComponent: string
}

const events = (fixture: MemberFixture, kind: string) =>
  (fixture.all('events', 'default') as unknown as Said[]).filter(({ involvedObject }) => involvedObject.kind === kind)
const texts = (fixture: MemberFixture, kind: string) =>
  events(fixture, kind)
    .map(({ reason, message }) => `${reason}: ${message.replace(/-[a-z0-9]{8,10}(-[a-z0-9]{5})?(?= |$)/g, '-*')}`)
    .sort()

test('a rollout is told in the Events of its Deployment and ReplicaSets', async () => {
  const fixture = await createMemberFixture({ events: 'all' })
  await fixture.apply(deploymentOf('web', { replicas: 2 }))
  await fixture.settle(2)
  await fixture.apply(deploymentOf('web', { replicas: 2 }, { image: 'web:2' }))
  await fixture.settle(5)
  assert.deepEqual(texts(fixture, 'Deployment'), [
    'ScalingReplicaSet: Scaled down replica set web-* from 1 to 0',
    'ScalingReplicaSet: Scaled down replica set web-* from 2 to 1',
    'ScalingReplicaSet: Scaled up replica set web-* from 0 to 1',
    'ScalingReplicaSet: Scaled up replica set web-* from 0 to 2',
    'ScalingReplicaSet: Scaled up replica set web-* from 1 to 2',
  ])
  assert.equal(events(fixture, 'ReplicaSet').filter(({ reason }) => reason === 'SuccessfulCreate').length, 4)
  assert.equal(events(fixture, 'ReplicaSet').filter(({ reason }) => reason === 'SuccessfulDelete').length, 2)
  assert.ok(events(fixture, 'ReplicaSet').every(({ reportingComponent }) => reportingComponent === 'replicaset-controller'))
  fixture.stop()
})

test('many pods make few Events, and a quota that is full is told once', async () => {
  const fixture = await createMemberFixture({ events: 'all' })
  await fixture.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'few' },
    spec: { hard: { pods: '40' } },
  })
  await fixture.settle()
  await fixture.apply(deploymentOf('web', { replicas: 50 }))
  await fixture.settle(20)
  assert.equal(fixture.all('pods', 'default').length, 40)
  const said = events(fixture, 'ReplicaSet')
  assert.ok(said.length <= 25, `${said.length} Events`)
  const set = fixture.all('replicasets.apps', 'default')[0] as unknown as {
    status: { conditions: { type: string; reason: string; message: string }[] }
  }
  assert.equal(findCondition(set.status.conditions, 'ReplicaFailure')?.reason, 'FailedCreate')
  assert.match(findCondition(set.status.conditions, 'ReplicaFailure')?.message ?? '', /forbidden: exceeded quota: few/)
  const deployment = fixture.peek('deployments.apps', 'default/web') as unknown as typeof set
  assert.equal(findCondition(deployment.status.conditions, 'ReplicaFailure')?.reason, 'FailedCreate')
  await fixture.remove('resourcequotas', 'default/few')
  await fixture.settle(400)
  assert.equal(fixture.all('pods', 'default').length, 50)
  const after = fixture.all('replicasets.apps', 'default')[0] as unknown as typeof set
  assert.equal(findCondition(after.status.conditions, 'ReplicaFailure'), undefined)
  fixture.stop()
})

test('StatefulSets, DaemonSets, Jobs and CronJobs say what they do', async () => {
  const fixture = await createMemberFixture({ events: 'all' })
  const template = (workload('x') as { template: object }).template
  await fixture.apply(
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        ...workload('db'),
        serviceName: 'db',
        replicas: 1,
        volumeClaimTemplates: [
          { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
        ],
      },
    },
    { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent' }, spec: workload('agent') },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { ...(template as { spec: object }).spec, restartPolicy: 'Never' } } } },
      },
    },
  )
  await fixture.settle(90)
  assert.deepEqual(texts(fixture, 'StatefulSet'), [
    'SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success',
    'SuccessfulCreate: create Pod db-0 in StatefulSet db successful',
  ])
  assert.equal(events(fixture, 'DaemonSet').length, 3)
  const nodes = fixture
    .all('pods', 'default')
    .filter(({ metadata }) => metadata.name.startsWith('agent'))
    .map(({ spec }) => spec['nodeName'])
  assert.deepEqual(new Set(nodes), new Set(['node-1', 'node-2', 'node-3']))
  const cron = events(fixture, 'CronJob').map(({ reason }) => reason)
  assert.ok(cron.includes('SuccessfulCreate') && cron.includes('SawCompletedJob'), cron.join())
  assert.ok(texts(fixture, 'Job').includes('Completed: Job completed'))
  fixture.stop()
})
