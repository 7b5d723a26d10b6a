import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createMemberFixture, deploymentOf, type MemberFixture } from '../member-fixture.js'
import { parseLoad } from './simulated-load.js'

let fixture: MemberFixture
before(async () => {
  fixture = await createMemberFixture({ events: 'all' })
})
after(() => {
  fixture.stop()
  assert.deepEqual(fixture.warnings, [])
})

const busy = (name: string, cpu: string, more: object = {}) =>
  deploymentOf(
    name,
    { replicas: 2, ...more },
    {
      annotations: { 'simulation.flotilla.dev/cpu': cpu },
      containers: [{ name: 'web', image: 'web:1', resources: { requests: { cpu: '500m', memory: '64Mi' } } }],
    },
  )

const scalerOf = (name: string, spec: object) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, maxReplicas: 10, ...spec },
})
const cpuAt = (averageUtilization: number) => [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
]
const replicas = (name: string) => fixture.peek('deployments.apps', `default/${name}`)?.spec['replicas']
const status = (name: string) => fixture.peek('horizontalpodautoscalers.autoscaling', `default/${name}`)?.status
const conditions = (name: string) =>
  Object.fromEntries(
    ((status(name)?.['conditions'] ?? []) as { type: string; status: string; reason: string }[]).map((each) => [
      each.type,
      `${each.status} ${each.reason}`,
    ]),
  )
const eventsOf = (name: string) =>
  fixture
    .all('events')
    .filter((event) => (event as unknown as { involvedObject: { name: string; kind: string } }).involvedObject.name === name)
    .filter(
      (event) => (event as unknown as { involvedObject: { kind: string } }).involvedObject.kind === 'HorizontalPodAutoscaler',
    )
    .map((event) => `${event['type']} ${event['reason']}: ${event['message']}`)

test('a shared load is scaled out until each pod carries its part, and in when it goes', async () => {
  await fixture.apply(busy('web', 'shared:0s=2000m,20m=2000m,21m=100m'), scalerOf('web', { metrics: cpuAt(50) }))
  await fixture.settle(300)
  // 2,000m over 250m a pod.
  assert.equal(replicas('web'), 8)
  assert.deepEqual(conditions('web'), {
    AbleToScale: 'True ReadyForNewScale',
    ScalingActive: 'True ValidMetricFound',
    ScalingLimited: 'False DesiredWithinRange',
  })
  assert.ok(
    eventsOf('web').some((line) => line.endsWith('reason: cpu resource utilization (percentage of request) above target')),
    eventsOf('web').join('\n'),
  )
  await fixture.settle(27 * 60)
  assert.equal(replicas('web'), 1)
  assert.ok(eventsOf('web').some((line) => line === 'Normal SuccessfulRescale: New size: 1; reason: All metrics below target'))
})

test('bounds hold before anything is measured', async () => {
  await fixture.apply(busy('low', '10m', { replicas: 1 }), scalerOf('low', { minReplicas: 3, metrics: cpuAt(50) }))
  await fixture.settle(20)
  assert.equal(replicas('low'), 3)
  assert.ok(
    eventsOf('low').includes('Normal SuccessfulRescale: New size: 3; reason: Current number of replicas below Spec.MinReplicas'),
  )
})

test('metrics without an API, targets without requests and targets that are not there say so', async () => {
  await fixture.apply(
    deploymentOf('plain', { replicas: 1 }),
    scalerOf('plain', { metrics: cpuAt(50) }),
    scalerOf('gone', { metrics: cpuAt(50) }),
    busy('other', '100m'),
    scalerOf('other', {
      metrics: [{ type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '5' } } }],
    }),
  )
  await fixture.settle(40)
  const name = fixture.all('pods', 'default').find(({ metadata }) => metadata.labels?.['app'] === 'plain')?.metadata.name
  assert.equal(conditions('plain')['ScalingActive'], 'False FailedGetResourceMetric')
  assert.ok(
    eventsOf('plain').includes(
      `Warning FailedGetResourceMetric: failed to get cpu utilization: missing request for cpu in container web of Pod ${name}`,
    ),
    eventsOf('plain').join('\n'),
  )
  assert.deepEqual(conditions('gone'), { AbleToScale: 'False FailedGetScale' })
  assert.ok(eventsOf('gone').includes('Warning FailedGetScale: deployments.apps "gone" not found'), eventsOf('gone').join('\n'))
  assert.ok(
    eventsOf('other').includes(
      'Warning FailedGetPodsMetric: unable to get metric hits: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
    ),
    eventsOf('other').join('\n'),
  )
  assert.equal(conditions('other')['ScalingActive'], 'False FailedGetPodsMetric')
})

test('a custom resource with a scale is scaled, too', async () => {
  await fixture.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'fleets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Fleet', plural: 'fleets' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          subresources: {
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
        },
      ],
    },
  })
  await fixture.settle(5)
  await fixture.apply(
    { apiVersion: 'example.com/v1', kind: 'Fleet', metadata: { name: 'f' }, spec: { replicas: 30 } },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'f' },
      spec: { scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Fleet', name: 'f' }, maxReplicas: 4, metrics: cpuAt(50) },
    },
  )
  await fixture.settle(20)
  assert.equal(fixture.peek('fleets.example.com', 'default/f')?.spec['replicas'], 4)
})

test('metrics.k8s.io: nodes and pods, selected, as objects without a store', async () => {
  const { cluster } = fixture
  const context = { user: { name: 'a', groups: [] }, warn() {} }
  const type = (plural: string) => {
    const found = cluster.api.catalogue().all.find((each) => each.group === 'metrics.k8s.io' && each.plural === plural)
    assert.ok(found)
    return found
  }
  const pods = await cluster.api.list(context, type('pods'), { namespace: 'default', labelSelector: 'app=low' })
  assert.equal(pods.kind, 'PodMetricsList')
  assert.equal(pods.items.length, 3)
  const [first] = pods.items as unknown as { containers: { name: string; usage: Record<string, string> }[]; window: string }[]
  assert.deepEqual(first?.containers, [{ name: 'web', usage: { cpu: '10m', memory: '32768Ki' } }])
  assert.equal(first?.window, '15s')
  const nodes = await cluster.api.list(context, type('nodes'), { fieldSelector: 'metadata.name=node-1' })
  assert.deepEqual(
    nodes.items.map(({ metadata }) => metadata.name),
    ['node-1'],
  )
  await assert.rejects(
    cluster.api.get(context, { type: type('pods'), namespace: 'default', name: 'none' }),
    /pods.metrics.k8s.io "none" not found/,
  )
  await assert.rejects(
    cluster.api.watch(context, type('pods'), {}, () => {}),
    /not supported/,
  )
  // The default roles have the metrics' role in them from the start: nothing was written to any.
  const view = fixture.peek('clusterroles.rbac.authorization.k8s.io', 'view') as unknown as { rules: { apiGroups: string[] }[] }
  assert.ok(view.rules.some(({ apiGroups }) => apiGroups.includes('metrics.k8s.io')))
  assert.deepEqual(
    fixture.changes.filter(({ groupResource }) => groupResource.startsWith('clusterroles.')),
    [],
  )
})

test('loads: amounts, waves, curves, and what is none', () => {
  const at = (text: string, ms: number) => Math.round(parseLoad(text, 'cpu')?.at(ms) ?? -1)
  assert.deepEqual([at('250m', 5), at('1', 0)], [250, 1000])
  assert.deepEqual([at('100m..900m/10m', 0), at('100m..900m/10m', 300_000), at('100m..900m/10m', 600_000)], [100, 900, 100])
  const curve = '0s=0,10s=100m,20s=50m'
  assert.deepEqual(
    [0, 5000, 10_000, 15_000, 99_000].map((ms) => at(curve, ms)),
    [0, 50, 100, 75, 50],
  )
  assert.equal(parseLoad('shared:2', 'cpu')?.shared, true)
  for (const text of ['', 'x', '1..2', '1../5m', '5s=1,1s=2', '=', 'shared:', '1..2/0s', '9'.repeat(500)]) {
    assert.equal(parseLoad(text, 'cpu'), undefined, text)
  }
})

test('an autoscaler that is made again knows nothing of what the one before has proposed', async () => {
  await fixture.apply(busy('again', 'shared:0s=2000m,10m=1000m'), scalerOf('again', { metrics: cpuAt(50) }))
  await fixture.settle(120)
  assert.equal(replicas('again'), 8)
  await fixture.settle(490)
  await fixture.remove('horizontalpodautoscalers', 'default/again')
  await fixture.apply(busy('again', '125m'), scalerOf('again', { metrics: cpuAt(50) }))
  await fixture.apply({ ...busy('again', '125m'), spec: { ...(busy('again', '125m')['spec'] as object), replicas: 2 } })
  await fixture.settle(60)
  assert.equal(replicas('again'), 2)
})
