import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { StatusError } from '../../kube/object/status-error.js'
import { createClusterFixture } from '../logical/cluster-fixture.js'

const object = (apiVersion: string, kind: string, name: string, rest: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'default' },
  ...rest,
})
const pod = (name: string, resources?: object) =>
  object('v1', 'Pod', name, { spec: { containers: [{ name: 'c', image: 'i', ...(resources ? { resources } : {}) }] } })
const forbidden = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.equal(error.httpCode, 403)
  assert.match(error.message, message)
  return true
}

test('limit ranges give defaults and hold to bounds', async () => {
  const { client, type } = await createClusterFixture()
  await client.create(
    type('limits'),
    object('v1', 'LimitRange', 'l', {
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '500m' },
            defaultRequest: { cpu: '100m' },
            max: { cpu: '1' },
            min: { cpu: '50m' },
          },
        ],
      },
    }),
  )
  const made = await client.create(type('po'), pod('a'))
  const { containers } = made['spec'] as { containers: { resources: unknown }[] }
  assert.deepEqual(containers[0]?.resources, { requests: { cpu: '100m' }, limits: { cpu: '500m' } })
  assert.equal((made['status'] as { qosClass: string }).qosClass, 'Burstable')
  await assert.rejects(
    client.create(type('po'), pod('b', { limits: { cpu: '2' } })),
    forbidden(/pods "b" is forbidden: maximum cpu usage per Container is 1, but limit is 2/),
  )
  await assert.rejects(
    client.create(type('po'), pod('b', { requests: { cpu: '10m' } })),
    forbidden(/minimum cpu usage per Container is 50m, but request is 10m/),
  )
})

test('quotas count what is stored', async () => {
  const { client, type } = await createClusterFixture()
  await client.create(
    type('quota'),
    object('v1', 'ResourceQuota', 'q', { spec: { hard: { pods: '2', 'requests.cpu': '1', 'count/deployments.apps': '0' } } }),
  )
  await assert.rejects(client.create(type('po'), pod('a')), forbidden(/failed quota: q: must specify requests.cpu for: c/))
  await client.create(type('po'), pod('a', { requests: { cpu: '600m' } }))
  await assert.rejects(
    client.create(type('po'), pod('b', { requests: { cpu: '600m' } })),
    forbidden(/exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1/),
  )
  await client.create(type('po'), pod('b', { requests: { cpu: '100m' } }))
  await assert.rejects(
    client.create(type('po'), pod('c', { requests: { cpu: '100m' } })),
    forbidden(/exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2/),
  )
  await client.delete({ type: type('po'), namespace: 'default', name: 'a' })
  await client.create(type('po'), pod('c', { requests: { cpu: '100m' } }))
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  await assert.rejects(
    client.create(
      type('deploy'),
      object('apps/v1', 'Deployment', 'd', { spec: { selector: { matchLabels: { a: 'b' } }, template } }),
    ),
    forbidden(/requested: count\/deployments.apps=1, used: count\/deployments.apps=0/),
  )
})

test('the status of a quota follows what is there', async () => {
  const { client, type, clock } = await createClusterFixture()
  const hard = { pods: '4', 'requests.cpu': '2', 'count/configmaps': '10', 'services.nodeports': '1' }
  await client.create(type('quota'), object('v1', 'ResourceQuota', 'q', { spec: { hard } }))
  const used = async () => {
    await clock.advance(100)
    const quota = await client.get({ type: type('quota'), namespace: 'default', name: 'q' })
    return quota['status']
  }
  assert.deepEqual(await used(), {
    hard,
    used: { pods: '0', 'requests.cpu': '0', 'count/configmaps': '0', 'services.nodeports': '0' },
  })
  for (const name of ['a', 'b']) await client.create(type('po'), pod(name, { requests: { cpu: '600m' } }))
  await client.create(type('cm'), object('v1', 'ConfigMap', 'c', {}))
  await client.create(type('svc'), object('v1', 'Service', 's', { spec: { type: 'NodePort', ports: [{ port: 80 }] } }))
  assert.deepEqual(await used(), {
    hard,
    used: { pods: '2', 'requests.cpu': '1200m', 'count/configmaps': '1', 'services.nodeports': '1' },
  })
  await client.delete({ type: type('po'), namespace: 'default', name: 'a' })
  assert.deepEqual(((await used()) as { used: object }).used, {
    pods: '1',
    'requests.cpu': '600m',
    'count/configmaps': '1',
    'services.nodeports': '1',
  })
  assert.equal(clock.untilNextMs(), undefined)
})

test('claims get the default storage class', async () => {
  const { client, type } = await createClusterFixture()
  await client.create(type('sc'), {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'example.com/p',
  })
  const claim = await client.create(
    type('pvc'),
    object('v1', 'PersistentVolumeClaim', 'c', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
  )
  assert.equal((claim['spec'] as { storageClassName: string }).storageClassName, 'fast')
})

test('pods get the token of their account in a volume, unless somebody forbids it', async () => {
  const { client, type } = await createClusterFixture()
  const account = (name: string, more: object = {}) => client.create(type('sa'), object('v1', 'ServiceAccount', name, more))
  await account('default')
  await account('quiet', { automountServiceAccountToken: false, imagePullSecrets: [{ name: 's' }] })
  const specOf = async (name: string, spec: object) => {
    const made = await client.create(
      type('po'),
      object('v1', 'Pod', name, { spec: { containers: [{ name: 'c', image: 'i' }], ...spec } }),
    )
    return made['spec'] as {
      volumes?: { name: string; projected: object }[]
      containers: { volumeMounts?: { name: string }[] }[]
    }
  }
  const plain = await specOf('a', {})
  const [volume] = plain.volumes ?? []
  assert.match(volume?.name ?? '', /^kube-api-access-[b-z2-9]{5}$/)
  assert.deepEqual(plain.containers[0]?.volumeMounts, [
    { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ])
  assert.deepEqual(volume?.projected, {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ],
    defaultMode: 420,
  })
  assert.equal((await specOf('b', { serviceAccountName: 'quiet' })).volumes, undefined)
  assert.equal((await specOf('c', { serviceAccountName: 'quiet', automountServiceAccountToken: true })).volumes?.length, 1)
  assert.equal((await specOf('d', { automountServiceAccountToken: false })).volumes, undefined)
  const mounted = [{ name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }]
  const own = await specOf('e', {
    volumes: [{ name: 'own', emptyDir: {} }],
    containers: [{ name: 'c', image: 'i', volumeMounts: mounted }],
  })
  assert.equal(own.volumes?.length, 1)
  await assert.rejects(
    specOf('f', { serviceAccountName: 'nobody' }),
    forbidden(/error looking up service account default\/nobody: serviceaccount "nobody" not found$/),
  )
})

test('quotas with scopes count what is in them', async () => {
  const { client, type, clock } = await createClusterFixture()
  const quota = (name: string, spec: object) => client.create(type('quota'), object('v1', 'ResourceQuota', name, { spec }))
  await quota('best', { hard: { pods: '1' }, scopes: ['BestEffort'] })
  await quota('short', { hard: { 'requests.cpu': '1' }, scopes: ['Terminating'] })
  await quota('high', {
    hard: { pods: '0' },
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] },
  })
  await client.create(type('pc'), {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'high' },
    value: 5,
  })
  await client.create(type('po'), pod('a'))
  await assert.rejects(
    client.create(type('po'), pod('b')),
    forbidden(/exceeded quota: best, requested: pods=1, used: pods=1, limited: pods=1$/),
  )
  await client.create(type('po'), pod('c', { requests: { cpu: '3' } }))
  const deadline = (cpu: string, more: object = {}) =>
    object('v1', 'Pod', 'd', {
      spec: { activeDeadlineSeconds: 5, containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }], ...more },
    })
  await assert.rejects(client.create(type('po'), deadline('2')), forbidden(/exceeded quota: short, requested: requests.cpu=2/))
  await assert.rejects(
    client.create(type('po'), deadline('1', { priorityClassName: 'high' })),
    forbidden(/exceeded quota: high, requested: pods=1, used: pods=0, limited: pods=0$/),
  )
  await client.create(type('po'), deadline('1'))
  await clock.advance(100)
  const status = (name: string) => client.get({ type: type('quota'), namespace: 'default', name }).then((got) => got['status'])
  assert.deepEqual(await status('best'), { hard: { pods: '1' }, used: { pods: '1' } })
  assert.deepEqual(await status('short'), { hard: { 'requests.cpu': '1' }, used: { 'requests.cpu': '1' } })
})

test('storage: claims grow when they may, and are not gone before they are let go', async () => {
  const { client, type } = await createClusterFixture()
  await client.create(type('sc'), {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fixed' },
    provisioner: 'example.com/p',
  })
  const claim = await client.create(
    type('pvc'),
    object('v1', 'PersistentVolumeClaim', 'c', {
      spec: { storageClassName: 'fixed', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
  )
  assert.deepEqual(claim.metadata.finalizers, ['kubernetes.io/pvc-protection'])
  const target = { type: type('pvc'), namespace: 'default', name: 'c' }
  await client.patch({ ...target, subresource: 'status' }, { kind: 'merge', body: { status: { phase: 'Bound' } } })
  await client.patch(target, { kind: 'merge', body: { spec: { volumeName: 'v' } } })
  await assert.rejects(
    client.patch(target, { kind: 'merge', body: { spec: { resources: { requests: { storage: '2Gi' } } } } }),
    forbidden(
      /only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize$/,
    ),
  )
})
