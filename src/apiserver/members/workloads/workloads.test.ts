import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../engine/objects.js'
import { createMemberFixture, deploymentOf, type MemberFixture, workload } from '../member-fixture.js'

const podNames = (fixture: MemberFixture) => fixture.all('pods', 'default').map((pod) => pod.metadata.name)
const slow = { annotations: { 'simulation.flotilla.dev/ready-after-seconds': '2' } }

function statefulSet(spec: Record<string, unknown>, pod: Record<string, unknown> = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: { serviceName: 'db', ...workload('db', pod), ...spec },
  }
}

test('a StatefulSet starts in order, each when the one before is ready', async () => {
  const fixture = await createMemberFixture()
  const seen: string[] = []
  fixture.clusters.onChange((change) => {
    if (change.groupResource === 'pods' && change.type === 'ADDED')
      seen.push(`${change.object.metadata.name} with ${podNames(fixture).length}`)
  })
  const claims = [
    { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  ]
  await fixture.apply(statefulSet({ replicas: 3, volumeClaimTemplates: claims }, slow))
  await fixture.settle(1)
  assert.deepEqual(podNames(fixture), ['db-0'])
  await fixture.settle(10)
  assert.deepEqual(seen, ['db-0 with 1', 'db-1 with 2', 'db-2 with 3'])
  const pod = fixture.peek('pods', 'default/db-1') as unknown as Pod
  assert.equal(pod.spec.hostname, 'db-1')
  assert.equal(pod.spec.subdomain, 'db')
  assert.equal(pod.metadata.labels?.['apps.kubernetes.io/pod-index'], '1')
  assert.deepEqual(
    fixture.all('persistentvolumeclaims', 'default').map((claim) => `${claim.metadata.name} ${claim.status['phase']}`),
    ['data-db-0 Bound', 'data-db-1 Bound', 'data-db-2 Bound'],
  )
  const { status } = fixture.peek('statefulsets.apps', 'default/db')!
  assert.deepEqual(
    { ready: status['readyReplicas'], updated: status['updatedReplicas'], current: status['currentReplicas'] },
    { ready: 3, updated: 3, current: 3 },
  )
  assert.equal(status['currentRevision'], status['updateRevision'])
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a StatefulSet is updated from the last to the first, down to its partition, and scaled down from the end', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(statefulSet({ replicas: 3 }))
  await fixture.settle(2)
  const made: string[] = []
  fixture.clusters.onChange((change) => {
    if (change.groupResource === 'pods' && change.type === 'ADDED') made.push(change.object.metadata.name)
  })
  const partition = (value: number) => ({
    replicas: 3,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: value } },
  })
  await fixture.apply(statefulSet(partition(1), { image: 'web:2' }))
  await fixture.settle(5)
  assert.deepEqual(made, ['db-2', 'db-1'])
  const images = () => (fixture.all('pods', 'default') as unknown as Pod[]).map((pod) => pod.spec.containers[0]?.image)
  assert.deepEqual(images(), ['web:1', 'web:2', 'web:2'])
  // A lost pod below the partition comes back as it was.
  await fixture.remove('pods', 'default/db-0')
  await fixture.settle(5)
  assert.deepEqual(images(), ['web:1', 'web:2', 'web:2'])
  await fixture.apply(statefulSet(partition(0), { image: 'web:2' }))
  await fixture.settle(5)
  assert.deepEqual(images(), ['web:2', 'web:2', 'web:2'])
  await fixture.apply(statefulSet({ replicas: 1 }, { image: 'web:2' }))
  await fixture.settle(5)
  assert.deepEqual(podNames(fixture), ['db-0'])
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a StatefulSet that is scaled down waits for pods that are not ready, but for the first of them', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(statefulSet({ replicas: 3 }))
  await fixture.settle(2)
  const broken = { 'simulation.flotilla.dev/ready-after-seconds': '1000' }
  for (const name of ['db-0', 'db-1', 'db-2']) {
    const pod = fixture.peek('pods', `default/${name}`)!
    const metadata = { name, namespace: 'default', annotations: broken, labels: pod.metadata.labels }
    await fixture.apply({ ...pod, metadata } as never)
  }
  await fixture.settle(2)
  await fixture.apply(statefulSet({ replicas: 0 }))
  await fixture.settle(5)
  assert.deepEqual(podNames(fixture), ['db-0', 'db-1', 'db-2'])
  await fixture.remove('pods', 'default/db-2')
  await fixture.remove('pods', 'default/db-1')
  await fixture.settle(40)
  assert.deepEqual(podNames(fixture), [])
  fixture.stop()
})

test('a parallel StatefulSet starts at once', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(statefulSet({ replicas: 4, podManagementPolicy: 'Parallel' }, slow))
  await fixture.settle(1)
  assert.deepEqual(podNames(fixture), ['db-0', 'db-1', 'db-2', 'db-3'])
  fixture.stop()
})

test('a DaemonSet has one pod on each node that takes it', async () => {
  const fixture = await createMemberFixture()
  const daemonSet = (pod: Record<string, unknown> = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: workload('agent', pod),
  })
  await fixture.apply(daemonSet())
  await fixture.settle(2)
  const status = () => fixture.peek('daemonsets.apps', 'default/agent')!.status as Record<string, unknown>
  assert.deepEqual(
    [
      status()['desiredNumberScheduled'],
      status()['numberReady'],
      status()['updatedNumberScheduled'],
      status()['numberAvailable'],
    ],
    [3, 3, 3, 3],
  )
  await fixture.apply(daemonSet({ image: 'web:2' }))
  await fixture.settle(10)
  const pods = fixture.all('pods', 'default') as unknown as Pod[]
  assert.deepEqual(
    pods.map((pod) => pod.spec.containers[0]?.image),
    ['web:2', 'web:2', 'web:2'],
  )
  assert.equal(new Set(pods.map((pod) => pod.spec.nodeName)).size, 3)
  await fixture.apply(daemonSet({ image: 'web:2', nodeSelector: { 'kubernetes.io/hostname': 'node-2' } }))
  await fixture.settle(10)
  assert.deepEqual(
    (fixture.all('pods', 'default') as unknown as Pod[]).map((pod) => pod.spec.nodeName),
    ['node-2'],
  )
  assert.equal(status()['desiredNumberScheduled'], 1)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

function job(spec: Record<string, unknown>, annotations?: Record<string, string>) {
  const template = {
    metadata: annotations ? { annotations } : {},
    spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] },
  }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'work' }, spec: { template, ...spec } }
}
const jobStatus = (fixture: MemberFixture) =>
  fixture.peek('jobs.batch', 'default/work')?.status as Record<string, unknown> | undefined
const conditionTypes = (fixture: MemberFixture) =>
  ((jobStatus(fixture)?.['conditions'] ?? []) as { type: string; reason: string }[]).map(
    ({ type, reason }) => `${type} ${reason}`,
  )

test('the recorded template of a DaemonSet is the text that Go makes of a map', async () => {
  const fixture = await createMemberFixture()
  const template = { metadata: { labels: { b: '1', a: '2' } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } }
  await fixture.apply({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd', namespace: 'default' },
    spec: { selector: { matchLabels: { a: '2' } }, template },
  })
  await fixture.settle()
  const [revision] = fixture.all('controllerrevisions.apps', 'default') as unknown as { data: object }[]
  assert.match(
    JSON.stringify(revision?.data),
    /^\{"spec":\{"template":\{"\$patch":"replace","metadata":\{.*"labels":\{"a":"2","b":"1"\}\},"spec":\{"containers":\[\{"image":.*"name":"c"/,
  )
  fixture.stop()
})

test('a Job runs as many pods at a time as allowed, until enough have succeeded', async () => {
  const fixture = await createMemberFixture()
  let most = 0
  fixture.clusters.onChange(() => {
    const running = (fixture.all('pods', 'default') as unknown as Pod[]).filter((pod) => pod.status?.phase !== 'Succeeded')
    most = Math.max(most, running.length)
  })
  await fixture.apply(job({ completions: 5, parallelism: 2 }, { 'simulation.flotilla.dev/run-for-seconds': '3' }))
  await fixture.settle(1)
  assert.equal(jobStatus(fixture)?.['active'], 2)
  await fixture.settle(30)
  assert.equal(most, 2)
  assert.equal(jobStatus(fixture)?.['succeeded'], 5)
  assert.deepEqual(conditionTypes(fixture), ['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
  assert.ok(jobStatus(fixture)?.['completionTime'])
  assert.equal(fixture.all('pods', 'default').length, 5)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a Job gives up after too many failures, and goes when its time to live is over', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(job({ backoffLimit: 2, ttlSecondsAfterFinished: 60 }, { 'simulation.flotilla.dev/outcome': 'fail' }))
  await fixture.settle(9)
  assert.equal(jobStatus(fixture)?.['failed'], 1, 'the next one waits for ten seconds')
  await fixture.settle(25)
  assert.equal(jobStatus(fixture)?.['failed'], 3)
  assert.deepEqual(conditionTypes(fixture), ['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
  await fixture.settle(70)
  assert.equal(fixture.peek('jobs.batch', 'default/work'), undefined)
  assert.deepEqual(podNames(fixture), [])
  fixture.stop()
})

test('an indexed Job has one pod for each index', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(job({ completions: 3, parallelism: 3, completionMode: 'Indexed' }))
  await fixture.settle(5)
  assert.equal(jobStatus(fixture)?.['completedIndexes'], '0-2')
  assert.deepEqual(
    podNames(fixture).map((name) => name.replace(/-\w+$/, '')),
    ['work-0', 'work-1', 'work-2'],
  )
  fixture.stop()
})

test('a suspended Job has no pods; a deadline ends a slow one', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(job({ suspend: true, activeDeadlineSeconds: 5 }, { 'simulation.flotilla.dev/run-for-seconds': '60' }))
  await fixture.settle(2)
  assert.deepEqual(podNames(fixture), [])
  assert.deepEqual(conditionTypes(fixture), ['Suspended JobSuspended'])
  await fixture.apply(job({ suspend: false, activeDeadlineSeconds: 5 }, { 'simulation.flotilla.dev/run-for-seconds': '60' }))
  await fixture.settle(10)
  assert.deepEqual(conditionTypes(fixture), ['Suspended JobResumed', 'FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded'])
  assert.deepEqual(podNames(fixture), [])
  fixture.stop()
})

test('a CronJob makes a Job whenever it is due and keeps the last ones', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick' },
    spec: { schedule: '*/5 * * * *', successfulJobsHistoryLimit: 2, jobTemplate: { spec: job({}).spec } },
  })
  await fixture.settle(31 * 60)
  const { status } = fixture.peek('cronjobs.batch', 'default/tick')!
  assert.match(String(status['lastScheduleTime']), /:[03]0:00Z$/)
  assert.equal(fixture.all('jobs.batch', 'default').length, 2)
  assert.equal(fixture.all('pods', 'default').length, 2)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a PodDisruptionBudget tells how many pods may go', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(deploymentOf('web', { replicas: 4 }), {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { minAvailable: '50%', selector: { matchLabels: { app: 'web' } } },
  })
  await fixture.settle(2)
  const { status } = fixture.peek('poddisruptionbudgets.policy', 'default/web')!
  assert.deepEqual(
    [status['expectedPods'], status['desiredHealthy'], status['currentHealthy'], status['disruptionsAllowed']],
    [4, 2, 4, 2],
  )
  fixture.stop()
})

test('a StatefulSet that is made again takes over pods and recorded templates that were left behind', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(statefulSet({ replicas: 2 }))
  await fixture.settle(5)
  const uids = () => fixture.all('pods', 'default').map((pod) => pod.metadata.uid)
  const before = uids()
  assert.equal(before.length, 2)
  await fixture.remove('statefulsets', 'default/db', { propagationPolicy: 'Orphan' })
  await fixture.settle(5)
  await fixture.apply(statefulSet({ replicas: 2 }))
  await fixture.settle(5)
  const set = fixture.peek('statefulsets.apps', 'default/db')
  assert.equal(set?.status?.['readyReplicas'], 2)
  assert.deepEqual(uids(), before)
  const [revision, ...more] = fixture.all('controllerrevisions.apps', 'default')
  assert.equal(more.length, 0)
  assert.equal(revision?.metadata.ownerReferences?.[0]?.uid, set?.metadata.uid)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})
