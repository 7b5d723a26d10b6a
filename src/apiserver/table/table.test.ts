import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { LogicalCluster } from '../contract.js'
import { ageOf, humanDuration } from './human-duration.js'
import { printerFor } from './printer-for.js'
import { scalePrinter } from './workload-printers.js'

const now = Date.parse('2026-01-02T00:00:00Z')
const noCluster = { peek: () => undefined } as unknown as LogicalCluster

function rowOf(resource: string, object: object, cluster = noCluster): Record<string, unknown> {
  const dot = resource.indexOf('.')
  const plural = dot < 0 ? resource : resource.slice(0, dot)
  const group = dot < 0 ? '' : resource.slice(dot + 1)
  const printer = printerFor(cluster, { group, version: 'v1', kind: 'X', plural, namespaced: true })
  const whole = {
    apiVersion: 'v1',
    kind: 'X',
    ...object,
    metadata: { name: 'x', creationTimestamp: '2026-01-01T23:58:55Z', ...(object as { metadata?: object }).metadata },
  }
  const cells = printer.cells(whole as KubeObject, now)
  assert.equal(cells.length, printer.columns.length)
  return Object.fromEntries(printer.columns.map((column, index) => [column.name, cells[index]]))
}

test('durations read as kubectl has them', () => {
  const cases: [seconds: number, text: string][] = [
    [-5, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [192, '3m12s'],
    [600, '10m'],
    [10_799, '179m'],
    [10_800, '3h'],
    [3 * 3600 + 61, '3h1m'],
    [8 * 3600 + 61, '8h'],
    [47 * 3600, '47h'],
    [48 * 3600, '2d'],
    [51 * 3600, '2d3h'],
    [8 * 86_400, '8d'],
    [729 * 86_400, '729d'],
    [730 * 86_400, '2y'],
    [750 * 86_400, '2y20d'],
    [9 * 365 * 86_400, '9y'],
  ]
  for (const [seconds, text] of cases) assert.equal(humanDuration(seconds * 1000), text, String(seconds))
  assert.equal(ageOf(undefined, now), '<unknown>')
  assert.equal(ageOf('nonsense', now), '<unknown>')
})

test('pods: what the containers do comes before the phase', () => {
  const containers = [{ name: 'a' }, { name: 'b' }]
  const ready = (name: string) => ({ name, ready: true, restartCount: 0, state: { running: {} } })
  const status = (more: object, spec: object = {}) => {
    const row = rowOf('pods', { spec: { containers, ...spec }, status: { phase: 'Running', ...more } })
    return [row['Ready'], row['Status'], row['Restarts']]
  }
  assert.deepEqual(status({ containerStatuses: [ready('a'), ready('b')] }), ['2/2', 'Running', '0'])
  const crash = {
    name: 'b',
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { finishedAt: '2026-01-01T23:59:00Z' } },
  }
  assert.deepEqual(status({ containerStatuses: [ready('a'), crash] }), ['1/2', 'CrashLoopBackOff', '3 (60s ago)'])
  const ended = { name: 'a', state: { terminated: { exitCode: 0, reason: 'Completed' } } }
  assert.deepEqual(status({ phase: 'Succeeded', containerStatuses: [ended, { ...ended, name: 'b' }] }), ['0/2', 'Completed', '0'])
  assert.deepEqual(status({ containerStatuses: [ended, ready('b')] }), ['1/2', 'NotReady', '0'])
  const failed = { name: 'a', state: { terminated: { exitCode: 3 } } }
  assert.deepEqual(status({ containerStatuses: [failed] }), ['0/2', 'ExitCode:3', '0'])
  const init = { initContainers: [{ name: 'i' }, { name: 'j' }] }
  assert.deepEqual(
    status(
      {
        phase: 'Pending',
        initContainerStatuses: [
          { name: 'i', state: { terminated: { exitCode: 0 } } },
          { name: 'j', state: { running: {} } },
        ],
      },
      init,
    ),
    ['0/2', 'Init:1/2', '0'],
  )
  const sidecar = { initContainers: [{ name: 's', restartPolicy: 'Always' }] }
  assert.deepEqual(
    status({ initContainerStatuses: [{ ...ready('s'), started: true }], containerStatuses: [ready('a'), ready('b')] }, sidecar),
    ['3/3', 'Running', '0'],
  )
  const deleted = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: { containers }, status: { phase: 'Running' } }
  assert.equal(rowOf('pods', deleted)['Status'], 'Terminating')
  const row = rowOf('pods', { spec: { containers, nodeName: 'n1' }, status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] } })
  assert.deepEqual(
    [row['IP'], row['Node'], row['Nominated Node'], row['Readiness Gates']],
    ['10.0.0.1', 'n1', '<none>', '<none>'],
  )
})

test('workloads, services and nodes', () => {
  const template = { spec: { containers: [{ name: 'web', image: 'nginx' }] } }
  const deployment = rowOf('deployments.apps', {
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template },
    status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
  })
  assert.deepEqual(deployment, {
    Name: 'x',
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 2,
    Age: '65s',
    Containers: 'web',
    Images: 'nginx',
    Selector: 'app=web',
  })
  const service = rowOf('services', {
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.9',
      clusterIPs: ['10.96.0.9'],
      ports: [
        { port: 80, nodePort: 30080, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
    },
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'lb.example' }] } },
  })
  assert.deepEqual(service['External-IP'], '1.2.3.4,lb.example')
  assert.deepEqual(service['Port(s)'], '80:30080/TCP,53/UDP')
  assert.equal(rowOf('services', { spec: { type: 'LoadBalancer' } })['External-IP'], '<pending>')
  const node = rowOf('nodes', {
    metadata: { labels: { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/etcd': '' } },
    spec: { unschedulable: true },
    status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1.33.0' } },
  })
  assert.deepEqual(
    [node['Status'], node['Roles'], node['Version']],
    ['Ready,SchedulingDisabled', 'control-plane,etcd', 'v1.33.0'],
  )
  const job = rowOf('jobs.batch', {
    spec: { completions: 3, template },
    status: { succeeded: 1, startTime: '2026-01-01T23:59:00Z' },
  })
  assert.deepEqual([job['Status'], job['Completions'], job['Duration']], ['Running', '1/3', '60s'])
  const slice = rowOf('endpointslices.discovery.k8s.io', {
    addressType: 'IPv4',
    ports: [{ port: 80 }],
    endpoints: ['1', '2', '3', '4'].map((last) => ({ addresses: [`10.0.0.${last}`] })),
  })
  assert.equal(slice['Endpoints'], '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...')
  const scaler = rowOf('horizontalpodautoscalers.autoscaling', {
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 5,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    },
  })
  assert.equal(scaler['Targets'], 'cpu: <unknown>/50%')
  const event = rowOf('events', {
    involvedObject: { kind: 'Pod', name: 'web' },
    type: 'Normal',
    reason: 'Started',
    message: ' done\n',
    firstTimestamp: '2026-01-01T23:50:00Z',
    lastTimestamp: '2026-01-01T23:59:00Z',
    count: 4,
    source: { component: 'kubelet', host: 'n1' },
  })
  assert.deepEqual(Object.values(event), ['60s', 'Normal', 'Started', 'pod/web', '', 'kubelet, n1', 'done', '10m', 4, 'x'])
})

test('every printer takes an empty object', () => {
  for (const resource of [
    'pods',
    'nodes',
    'events',
    'services',
    'endpoints',
    'secrets',
    'configmaps',
    'persistentvolumes',
    'persistentvolumeclaims',
    'deployments.apps',
    'daemonsets.apps',
    'statefulsets.apps',
    'replicasets.apps',
    'controllerrevisions.apps',
    'cronjobs.batch',
    'jobs.batch',
    'ingresses.networking.k8s.io',
    'networkpolicies.networking.k8s.io',
    'poddisruptionbudgets.policy',
    'rolebindings.rbac.authorization.k8s.io',
    'leases.coordination.k8s.io',
    'storageclasses.storage.k8s.io',
    'certificatesigningrequests.certificates.k8s.io',
    'horizontalpodautoscalers.autoscaling',
    'resourcequotas',
    'things.example.com',
  ]) {
    rowOf(resource, {})
    rowOf(resource, { spec: null, status: 'x', metadata: { name: 'y', labels: {} } })
  }
})

test('custom resources have the columns of their definition', () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      versions: [
        {
          name: 'v1',
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
            { name: 'Since', type: 'date', jsonPath: '.status.since' },
            { name: 'Broken', type: 'string', jsonPath: '.a[' },
          ],
        },
        { name: 'v2' },
      ],
    },
  }
  const cluster = {
    peek: (_resource: string, key: string) => (key === 'widgets.example.com' ? definition : undefined),
  } as unknown as LogicalCluster
  const row = rowOf(
    'widgets.example.com',
    { spec: { size: 3 }, status: { conditions: [{ type: 'Ready', status: 'True' }], since: '2026-01-01T00:00:00Z' } },
    cluster,
  )
  assert.deepEqual(row, { Name: 'x', Size: 3, Ready: 'True', Since: '24h', Broken: null })
  assert.deepEqual(rowOf('widgets.example.com', { spec: { size: 'large' } }, cluster)['Size'], null)
  const second = printerFor(cluster, { group: 'example.com', version: 'v2', kind: 'Widget', plural: 'widgets', namespaced: true })
  assert.deepEqual(
    second.columns.map(({ name }) => name),
    ['Name', 'Age'],
  )
})

test('a Scale has columns of its own', () => {
  const scale: KubeObject = {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'x', creationTimestamp: '2026-01-01T23:58:55Z' },
    spec: { replicas: 3 },
    status: { replicas: 2 },
  }
  assert.deepEqual(
    scalePrinter.columns.map((column) => column.name),
    ['Name', 'Desired', 'Available', 'Age'],
  )
  assert.deepEqual(scalePrinter.cells(scale, now), ['x', 3, 2, '65s'])
})
