import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { whyPod, whyPods } from './why-pods.js'

const pod = (status: unknown): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'shop' },
  status,
})
const unscheduled = pod({
  phase: 'Pending',
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims.',
    },
  ],
})
const crashing = pod({
  phase: 'Running',
  containerStatuses: [
    {
      name: 'web',
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' } },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    },
  ],
  conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
})
const ready = pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] })

test('why a pod is not ready', () => {
  assert.equal(whyPod(unscheduled), 'Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.')
  assert.equal(
    whyPod(crashing),
    'container web: CrashLoopBackOff: back-off 40s restarting failed container (it ended with 137, OOMKilled)',
  )
  assert.equal(whyPod(pod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' })), 'Evicted: low on memory')
  assert.equal(
    whyPod(
      pod({
        phase: 'Running',
        containerStatuses: [{ name: 'web', ready: false, state: { running: {} } }],
        conditions: [
          { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [web]' },
        ],
      }),
    ),
    'ContainersNotReady: containers with unready status: [web]',
  )
  assert.equal(whyPod(ready), undefined)
  assert.equal(whyPod(pod({ phase: 'Succeeded' })), undefined)
  assert.equal(whyPod(pod(undefined)), 'Pending')
})

test('the reasons of all pods of a workload, the most frequent first', async () => {
  let asked: unknown
  const client = {
    list: async (_type: unknown, options: unknown) => {
      asked = options
      return { items: [crashing, unscheduled, unscheduled, ready] }
    },
  } as unknown as KubeClient
  const workload: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { matchLabels: { app: 'web', tier: 'front' } } },
  }
  const reasons = await whyPods(client, workload)
  assert.deepEqual(
    reasons.map((reason) => reason.slice(0, 28)),
    ['2 pods: Unschedulable: 0/3 n', '1 pod: container web: CrashL'],
  )
  assert.equal((asked as { labelSelector: string }).labelSelector, 'app=web,tier=front')
  assert.deepEqual(await whyPods(client, { ...workload, kind: 'ConfigMap' }), [])
  const silent = { list: () => Promise.reject(new Error('no answer')) } as unknown as KubeClient
  assert.deepEqual(await whyPods(silent, workload), [])
})
