import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlacementDecision } from '../contract.js'
import { dependenciesOf, placeDependencies } from './dependencies.js'

const pod = {
  serviceAccountName: 'runner',
  imagePullSecrets: [{ name: 'pull' }],
  initContainers: [{ name: 'i', envFrom: [{ configMapRef: { name: 'init' } }] }],
  containers: [
    {
      name: 'c',
      env: [
        { name: 'A', value: 'x' },
        { name: 'P', valueFrom: { secretKeyRef: { name: 'password', key: 'p' } } },
      ],
      envFrom: [{ secretRef: { name: 'pull' } }],
    },
  ],
  volumes: [
    { name: 'd', persistentVolumeClaim: { claimName: 'data' } },
    { name: 'p', projected: { sources: [{ configMap: { name: 'projected' } }, { serviceAccountToken: {} }] } },
    { name: 'e', emptyDir: {} },
  ],
}
const object = (kind: string, spec: unknown) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', namespace: 'shop' },
  spec,
})

test('what pods need is found wherever it is named, once', () => {
  const names = [
    'ConfigMap/init',
    'ConfigMap/projected',
    'PersistentVolumeClaim/data',
    'Secret/password',
    'Secret/pull',
    'ServiceAccount/runner',
  ]
  for (const workload of [
    object('Deployment', { template: { spec: pod } }),
    object('CronJob', { jobTemplate: { spec: { template: { spec: pod } } } }),
    { ...object('Pod', pod), apiVersion: 'v1' },
  ])
    assert.deepEqual(
      dependenciesOf(workload).map(({ kind, name }) => `${kind}/${name}`),
      names,
      workload.kind,
    )
})

test('the default account and what is malformed name nothing', () => {
  assert.deepEqual(
    dependenciesOf(
      object('Deployment', {
        template: { spec: { serviceAccountName: 'default', volumes: 'x', containers: [null, 3, { envFrom: {} }] } },
      }),
    ),
    [],
  )
  assert.deepEqual(dependenciesOf(object('Deployment', 7)), [])
})

test('dependencies follow every workload that needs them', () => {
  const decision = (workload: string, clusters: string[]) =>
    ({ workload, deliveries: clusters.map((cluster) => ({ cluster, overrides: [] })) }) as unknown as PlacementDecision
  const workload = object('Deployment', {
    template: { spec: { containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'x' } }] }] } },
  })
  assert.deepEqual(
    placeDependencies([
      { object: workload, decision: decision('Deployment shop/b', ['two']) },
      { object: workload, decision: decision('Deployment shop/a', ['one', 'two']) },
    ]).map(({ clusters, neededBy }) => ({ clusters, neededBy })),
    [{ clusters: ['one', 'two'], neededBy: ['Deployment shop/b (container c)', 'Deployment shop/a (container c)'] }],
  )
})
