import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { healthChecks } from './checks.js'
import { healthOf } from './health.js'

const object = (apiVersion: string, kind: string, fields: Record<string, unknown>, metadata = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', generation: 2, ...metadata },
  ...fields,
})
const condition = (type: string, status: string, more = {}) => ({ type, status, reason: '', message: '', ...more })

const cases: [name: string, object: KubeObject, status: string | undefined, message?: RegExp][] = [
  [
    'deployment rolled out',
    object('apps/v1', 'Deployment', {
      spec: { replicas: 2 },
      status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
    }),
    'Healthy',
  ],
  [
    'deployment not observed',
    object('apps/v1', 'Deployment', { status: { observedGeneration: 1 } }),
    'Progressing',
    /generation/,
  ],
  [
    'deployment half updated',
    object('apps/v1', 'Deployment', { spec: { replicas: 3 }, status: { observedGeneration: 2, updatedReplicas: 1 } }),
    'Progressing',
    /1 out of 3/,
  ],
  [
    'deployment old replicas',
    object('apps/v1', 'Deployment', {
      spec: { replicas: 1 },
      status: { observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 1 },
    }),
    'Progressing',
    /1 old replicas/,
  ],
  [
    'deployment over its deadline',
    object('apps/v1', 'Deployment', {
      spec: { replicas: 1 },
      status: { observedGeneration: 2, conditions: [condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded' })] },
    }),
    'Degraded',
  ],
  ['deployment paused', object('apps/v1', 'Deployment', { spec: { paused: true } }), 'Suspended'],
  [
    'replica set short',
    object('apps/v1', 'ReplicaSet', { spec: { replicas: 2 }, status: { observedGeneration: 2, availableReplicas: 1 } }),
    'Progressing',
  ],
  [
    'replica set failing',
    object('apps/v1', 'ReplicaSet', {
      spec: { replicas: 2 },
      status: { observedGeneration: 2, conditions: [condition('ReplicaFailure', 'True', { message: 'quota' })] },
    }),
    'Degraded',
    /quota/,
  ],
  [
    'stateful set complete',
    object('apps/v1', 'StatefulSet', {
      spec: { replicas: 1 },
      status: { observedGeneration: 2, readyReplicas: 1, currentRevision: 'a', updateRevision: 'a' },
    }),
    'Healthy',
  ],
  [
    'stateful set partitioned',
    object('apps/v1', 'StatefulSet', {
      spec: { replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
      status: { observedGeneration: 2, readyReplicas: 3, updatedReplicas: 0 },
    }),
    'Progressing',
    /0 out of 1/,
  ],
  [
    'daemon set everywhere',
    object('apps/v1', 'DaemonSet', {
      status: { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 },
    }),
    'Healthy',
  ],
  [
    'daemon set rolling',
    object('apps/v1', 'DaemonSet', { status: { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 1 } }),
    'Progressing',
  ],
  ['job running', object('batch/v1', 'Job', { status: { active: 1 } }), 'Progressing'],
  ['job complete', object('batch/v1', 'Job', { status: { conditions: [condition('Complete', 'True')] } }), 'Healthy'],
  [
    'job failed',
    object('batch/v1', 'Job', { status: { conditions: [condition('Failed', 'True', { message: 'backoff' })] } }),
    'Degraded',
    /backoff/,
  ],
  ['job suspended', object('batch/v1', 'Job', { spec: { suspend: true }, status: {} }), 'Suspended'],
  ['cron job new', object('batch/v1', 'CronJob', { status: {} }), 'Healthy'],
  ['cron job failed', object('batch/v1', 'CronJob', { status: { lastScheduleTime: '2026-01-01T00:00:00Z' } }), 'Degraded'],
  ['pod ready', object('v1', 'Pod', { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } }), 'Healthy'],
  [
    'pod that cannot pull',
    object('v1', 'Pod', {
      status: {
        phase: 'Pending',
        containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff', message: 'no image' } } }],
      },
    }),
    'Degraded',
    /no image/,
  ],
  ['pod at work', object('v1', 'Pod', { spec: { restartPolicy: 'Never' }, status: { phase: 'Running' } }), 'Progressing'],
  [
    'pod failed',
    object('v1', 'Pod', {
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Failed', containerStatuses: [{ name: 'c', state: { terminated: { exitCode: 3 } } }] },
    }),
    'Degraded',
    /exit code 3/,
  ],
  ['service', object('v1', 'Service', { spec: { type: 'ClusterIP' } }), 'Healthy'],
  [
    'load balancer waiting',
    object('v1', 'Service', { spec: { type: 'LoadBalancer' }, status: { loadBalancer: {} } }),
    'Progressing',
  ],
  [
    'ingress allocated',
    object('networking.k8s.io/v1', 'Ingress', { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } }),
    'Healthy',
  ],
  ['claim lost', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Lost' } }), 'Degraded'],
  ['claim bound', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }), 'Healthy'],
  [
    'autoscaler failing',
    object('autoscaling/v2', 'HorizontalPodAutoscaler', {
      status: { conditions: [condition('ScalingActive', 'False', { reason: 'FailedGetResourceMetric', message: 'no metrics' })] },
    }),
    'Degraded',
    /no metrics/,
  ],
  [
    'API service away',
    object('apiregistration.k8s.io/v1', 'APIService', {
      status: { conditions: [condition('Available', 'False', { reason: 'Missing' })] },
    }),
    'Progressing',
    /Missing/,
  ],
  [
    'child application',
    object('argoproj.io/v1alpha1', 'Application', { status: { health: { status: 'Degraded' } } }),
    'Degraded',
  ],
  [
    'definition established',
    object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: { conditions: [condition('Established', 'True')] } }),
    'Healthy',
  ],
  [
    'budget',
    object('policy/v1', 'PodDisruptionBudget', {
      status: { observedGeneration: 2, conditions: [condition('DisruptionAllowed', 'False')] },
    }),
    'Healthy',
  ],
  ['unknown kind', object('example.com/v1', 'Widget', { status: { conditions: [condition('Ready', 'False')] } }), undefined],
  [
    'being deleted',
    object('v1', 'ConfigMap', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    'Progressing',
    /Pending deletion/,
  ],
]

for (const [name, subject, status, message] of cases) {
  test(name, () => {
    const health = healthOf(subject)
    assert.equal(health?.status, status)
    if (message) assert.match(health?.message ?? '', message)
  })
}

test('no check fails on malformed objects', () => {
  for (const check of healthChecks) {
    for (const value of [undefined, null, 'text', 7, [], {}, { conditions: 'x' }, { conditions: [null, 'x', 3] }]) {
      check.check(object(`${check.group}/v1`, check.kind, { spec: value, status: value }))
    }
  }
})
