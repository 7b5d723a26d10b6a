import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Pod } from '../engine/objects.js'
import { createMemberFixture, type MemberFixture } from '../member-fixture.js'
import type { Job } from './jobs/job.js'
import { formatIndexes, parseIndexes } from './jobs/job-indexes.js'
import { judgeFailure, matchedSuccess } from './jobs/job-policies.js'

const job = (spec: object, annotations: object = {}): KubeObject =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work', namespace: 'default' },
    spec: {
      template: {
        metadata: { annotations },
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] },
      },
      ...spec,
    },
  }) as unknown as KubeObject
const failing = (code: number, indexes?: string) => ({
  'simulation.flotilla.dev/outcome': 'fail',
  'simulation.flotilla.dev/exit-code': String(code),
  ...(indexes === undefined ? {} : { 'simulation.flotilla.dev/fail-indexes': indexes }),
})
const statusOf = (fixture: MemberFixture) => (fixture.peek('jobs.batch', 'default/work') as Job | undefined)?.status ?? {}
const end = (fixture: MemberFixture) => statusOf(fixture).conditions?.map(({ type, reason }) => `${type} ${reason}`)
const pods = (fixture: MemberFixture) => fixture.all('pods', 'default') as unknown as Pod[]

test('indexes are written and read as intervals', () => {
  assert.equal(formatIndexes([0, 1, 2, 4, 5, 9]), '0-2,4,5,9')
  assert.deepEqual([...parseIndexes('0-2,x,4,7-9', 9)], [0, 1, 2, 4, 7, 8])
  assert.equal(parseIndexes('0-99999999999', 3).size, 3)
  assert.equal(parseIndexes(undefined, 3).size, 0)
})

test('the first rule that matches a failed pod decides', () => {
  const wanted = job({
    podFailurePolicy: {
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
        { action: 'FailJob', onExitCodes: { containerName: 'c', operator: 'NotIn', values: [1, 2] } },
        { action: 'FailIndex', onExitCodes: { operator: 'In', values: [2] } },
      ],
    },
  }) as Job
  const pod = (exitCode: number, conditions: object[] = []) =>
    ({
      metadata: { name: 'p', namespace: 'n' },
      status: { phase: 'Failed', conditions, containerStatuses: [{ name: 'c', state: { terminated: { exitCode } } }] },
    }) as unknown as Pod
  assert.deepEqual(judgeFailure(wanted, pod(1)), { counts: true })
  assert.deepEqual(judgeFailure(wanted, pod(2)), { action: 'FailIndex', counts: true })
  assert.equal(
    judgeFailure(wanted, pod(9)).message,
    'Container c for pod n/p failed with exit code 9 matching FailJob rule at index 1',
  )
  assert.deepEqual(judgeFailure(wanted, pod(9, [{ type: 'DisruptionTarget', status: 'True' }])), {
    action: 'Ignore',
    counts: false,
  })
})

test('a success policy is met by its indexes, or by as many of them as it says', () => {
  const wanted = (rules: object[]) => job({ completions: 5, successPolicy: { rules } }) as Job
  assert.equal(matchedSuccess(wanted([{ succeededIndexes: '0,2-3' }]), new Set([0, 2])), undefined)
  assert.equal(matchedSuccess(wanted([{ succeededIndexes: '0,2-3' }]), new Set([0, 2, 3])), 'Matched rules at index 0')
  assert.equal(
    matchedSuccess(wanted([{ succeededIndexes: '0,2-3', succeededCount: 2 }]), new Set([0, 3])),
    'Matched rules at index 0',
  )
  assert.equal(
    matchedSuccess(wanted([{ succeededIndexes: '9' }, { succeededCount: 1 }]), new Set([4])),
    'Matched rules at index 1',
  )
})

test('a pod that a rule says it of fails its Job at once; failures that are ignored do not count', async () => {
  const fixture = await createMemberFixture()
  const rule = (action: string) => ({ podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [42] } }] } })
  await fixture.apply(job(rule('FailJob'), failing(42)))
  await fixture.settle(3)
  assert.deepEqual(end(fixture), ['FailureTarget PodFailurePolicy', 'Failed PodFailurePolicy'])
  assert.equal(statusOf(fixture).failed, 1)
  fixture.stop()
  const other = await createMemberFixture()
  await other.apply(job({ ...rule('Ignore'), backoffLimit: 0 }, failing(42)))
  await other.settle(60)
  assert.equal(end(other), undefined)
  assert.equal(statusOf(other).failed, undefined)
  assert.ok(pods(other).length >= 3, 'made again and again')
  other.stop()
})

test('each index has a backoff limit of its own', async () => {
  const fixture = await createMemberFixture()
  const spec = { completionMode: 'Indexed', completions: 4, parallelism: 4, backoffLimitPerIndex: 1 }
  await fixture.apply(job(spec, failing(1, '1,2')))
  await fixture.settle(40)
  const { completedIndexes, failedIndexes, failed, succeeded } = statusOf(fixture)
  assert.deepEqual(
    { completedIndexes, failedIndexes, failed, succeeded },
    { completedIndexes: '0,3', failedIndexes: '1,2', failed: 4, succeeded: 2 },
  )
  assert.deepEqual(end(fixture), ['FailureTarget FailedIndexes', 'Failed FailedIndexes'])
  const counts = pods(fixture).map(({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'])
  assert.deepEqual(counts.sort(), ['0', '0', '0', '0', '1', '1'])
  fixture.stop()
})

test('what was counted stays counted when pods are deleted', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(job({ completions: 3, parallelism: 1 }, { 'simulation.flotilla.dev/run-for-seconds': '4' }))
  await fixture.settle(6)
  assert.equal(statusOf(fixture).succeeded, 1)
  const [done] = pods(fixture).filter(({ status }) => status?.phase === 'Succeeded')
  assert.equal(done?.metadata.finalizers, undefined)
  const [running] = pods(fixture).filter(({ status }) => status?.phase === 'Running')
  assert.deepEqual(running?.metadata.finalizers, ['batch.kubernetes.io/job-tracking'])
  await fixture.remove('Pod', `default/${done?.metadata.name}`)
  await fixture.settle(12)
  assert.equal(statusOf(fixture).succeeded, 3)
  assert.equal(pods(fixture).length, 2)
  await fixture.remove('Job', 'default/work', { propagationPolicy: 'Background' })
  await fixture.settle(5)
  assert.deepEqual(pods(fixture), [])
  fixture.stop()
})

test('another controller may have a Job to itself', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(job({ managedBy: 'example.com/mine' }))
  await fixture.settle(3)
  assert.deepEqual(pods(fixture), [])
  assert.deepEqual(statusOf(fixture), {})
  fixture.stop()
})
