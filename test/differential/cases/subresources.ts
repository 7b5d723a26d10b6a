import type { Case, Step } from '../case.js'

const ns = '/api/v1/namespaces/${ns}'
const pods = `${ns}/pods`
const container = { name: 'main', image: 'registry.example/app:1' }
const pod = {
  metadata: { name: 'p', labels: { app: 'p' } },
  spec: { automountServiceAccountToken: false, containers: [container] },
}
const makePod: Step = { method: 'POST', path: pods, body: pod, silent: true, capture: { uid: 'metadata.uid' } }
const bind = (body: unknown, path = `${pods}/p/binding`): Step => ({ method: 'POST', path, body })
const binding = (target: unknown, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name: 'p', ...more },
  target,
})
const evict = (body: unknown, path = `${pods}/p/eviction`): Step => ({ method: 'POST', path, body })
const eviction = (more: object = {}) => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' }, ...more })
const deployment = (replicas: number) => ({
  metadata: { name: 'd' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'd' } },
    template: { metadata: { labels: { app: 'd' } }, spec: { containers: [container] } },
  },
})
const scaleOf = (spec: unknown, more: object = {}) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'd', namespace: '${ns}', ...more },
  spec,
})

const scaleSteps = (collection: string): Step[] => {
  const path = `${collection}/d/scale`
  return [
    { method: 'GET', path },
    { method: 'PUT', path, body: scaleOf({ replicas: 4 }) },
    { method: 'PUT', path, body: scaleOf({ replicas: -1 }) },
    { method: 'PUT', path, body: scaleOf({}) },
    { method: 'PUT', path, body: scaleOf({ replicas: 'x' }) },
    { method: 'PUT', path, body: scaleOf({ replicas: 4 }, { resourceVersion: '1' }) },
    { method: 'PUT', path, body: scaleOf({ replicas: 4 }, { uid: '11111111-1111-1111-1111-111111111111' }) },
    { method: 'PUT', path, body: scaleOf({ replicas: 4 }, { name: 'e' }) },
    { method: 'PUT', path, body: scaleOf({ replicas: 4 }, { namespace: 'e' }) },
    { method: 'PUT', path, body: { ...scaleOf({ replicas: 4 }), kind: 'Other' } },
    { method: 'PUT', path, body: {} },
    { method: 'PATCH', path, as: 'merge', body: { spec: { replicas: 6 } } },
    { method: 'PATCH', path, as: 'json-patch', body: [{ op: 'replace', path: '/spec/replicas', value: 7 }] },
    { method: 'PATCH', path, as: 'strategic', body: { spec: { replicas: 8 } } },
    { method: 'PATCH', path, as: 'merge', body: { spec: { replicas: -3 } } },
    { method: 'PATCH', path, as: 'merge', body: { spec: { unknown: -3 } }, query: { fieldValidation: 'Strict' } },
    {
      method: 'PATCH',
      path,
      as: 'apply',
      body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 9 } },
      query: { fieldManager: 'x' },
    },
    {
      method: 'PATCH',
      path,
      as: 'apply',
      body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 9 } },
      query: { fieldManager: 'x', force: 'true' },
    },
    { method: 'POST', path, body: scaleOf({ replicas: 4 }) },
    { method: 'DELETE', path },
    { method: 'GET', path, headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } },
    { method: 'GET', path: `${collection}/none/scale` },
    { method: 'PUT', path: `${collection}/none/scale`, body: scaleOf({ replicas: 4 }, { name: 'none' }) },
    { method: 'GET', path: `${collection}/d` },
  ]
}

const appArmor = 'container.apparmor.security.beta.kubernetes.io/'
const profiled = (name: string, spec: object, profiles?: Readonly<Record<string, string>>): Step => {
  const annotations = Object.fromEntries(
    Object.entries(profiles ?? {}).map(([container, value]) => [`${appArmor}${container}`, value]),
  )
  const containers = ['c', 'd'].map((each) => ({ name: each, image: 'i:1' }))
  const metadata = { name, ...(profiles === undefined ? {} : { annotations }) }
  const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { automountServiceAccountToken: false, containers, ...spec } }
  return { method: 'POST', path: pods, body }
}

export const subresourceCases: readonly Case[] = [
  {
    name: 'binding',
    steps: [
      makePod,
      bind(binding({ kind: 'Node', name: '' })),
      bind(binding({ kind: 'Pod', name: 'n' })),
      bind(binding({ kind: 'Node', name: 'n' }, { name: 'other' })),
      bind(binding({ kind: 'Node', name: 'n' }), `${pods}/none/binding`),
      bind(binding({ kind: 'Node', name: 'n' }, { uid: '11111111-1111-1111-1111-111111111111' })),
      bind({}),
      bind(binding({ name: 'n' }, { annotations: { a: 'b' } })),
      { method: 'GET', path: `${pods}/p` },
      bind(binding({ name: 'n' })),
      { method: 'GET', path: `${pods}/p/binding` },
      bind(binding({ name: 'n' }), `${ns}/bindings`),
      { method: 'GET', path: `${ns}/bindings` },
    ],
  },
  {
    name: 'eviction',
    steps: [
      makePod,
      {
        method: 'POST',
        path: `${ns.replace('/api/v1', '/apis/policy/v1')}/poddisruptionbudgets`,
        body: { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'p' } } } },
        silent: true,
      },
      evict(eviction({ deleteOptions: { dryRun: ['All'] } })),
      evict(eviction({ metadata: { name: 'other' } })),
      evict(eviction({ apiVersion: 'policy/v1beta1' })),
      evict({}),
      evict(eviction(), `${pods}/none/eviction`),
      evict(eviction({ deleteOptions: { preconditions: { uid: 'x' } } })),
      evict(eviction()),
      { method: 'GET', path: `${pods}/p/eviction` },
      { method: 'GET', path: `${pods}/p` },
    ],
  },
  {
    name: 'eviction with a budget',
    steps: [
      { method: 'POST', path: pods, body: { ...pod, spec: { ...pod.spec, nodeName: 'n' } }, silent: true },
      {
        method: 'PATCH',
        path: `${pods}/p/status`,
        as: 'merge',
        body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      },
      {
        method: 'POST',
        path: `${ns.replace('/api/v1', '/apis/policy/v1')}/poddisruptionbudgets`,
        body: { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'p' } } } },
      },
      {
        method: 'PATCH',
        path: `${ns.replace('/api/v1', '/apis/policy/v1')}/poddisruptionbudgets/b/status`,
        as: 'merge',
        body: { status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } },
      },
      evict(eviction()),
      {
        method: 'PATCH',
        path: `${ns.replace('/api/v1', '/apis/policy/v1')}/poddisruptionbudgets/b/status`,
        as: 'merge',
        body: { status: { disruptionsAllowed: 1 } },
      },
      evict(eviction({ deleteOptions: { gracePeriodSeconds: 5 } })),
      { method: 'GET', path: `${pods}/p` },
    ],
  },
  {
    name: 'graceful deletion of pods',
    steps: [
      { method: 'POST', path: pods, body: { ...pod, spec: { ...pod.spec, nodeName: 'n' } } },
      { method: 'DELETE', path: `${pods}/p`, query: { gracePeriodSeconds: '-1', dryRun: 'All' } },
      { method: 'DELETE', path: `${pods}/p`, query: { gracePeriodSeconds: 'x' } },
      { method: 'DELETE', path: `${pods}/p` },
      { method: 'GET', path: `${pods}/p` },
      { method: 'DELETE', path: `${pods}/p`, body: { gracePeriodSeconds: 60 } },
      { method: 'DELETE', path: `${pods}/p`, body: { gracePeriodSeconds: 5 } },
      { method: 'PATCH', path: `${pods}/p`, as: 'merge', body: { metadata: { labels: { late: 'yes' } } } },
      { method: 'POST', path: pods, body: pod },
      { method: 'DELETE', path: `${pods}/p`, query: { gracePeriodSeconds: '0' } },
      { method: 'DELETE', path: `${pods}/p`, query: { gracePeriodSeconds: '0' } },
    ],
  },
  {
    name: 'ephemeral containers and resize',
    steps: [
      makePod,
      {
        method: 'PATCH',
        path: `${pods}/p/ephemeralcontainers`,
        as: 'strategic',
        body: { spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] } },
      },
      {
        method: 'PATCH',
        path: `${pods}/p/ephemeralcontainers`,
        as: 'strategic',
        body: { spec: { ephemeralContainers: [{ name: 'debug', image: 'other' }] } },
      },
      {
        method: 'PATCH',
        path: `${pods}/p/ephemeralcontainers`,
        as: 'strategic',
        body: { spec: { ephemeralContainers: [{ name: 'main', image: 'other' }] } },
      },
      {
        method: 'PATCH',
        path: `${pods}/p/ephemeralcontainers`,
        as: 'strategic',
        body: { spec: { ephemeralContainers: [{ name: 'x' }] } },
      },
      { method: 'PATCH', path: `${pods}/p/ephemeralcontainers`, as: 'merge', body: { spec: { ephemeralContainers: null } } },
      { method: 'GET', path: `${pods}/p/ephemeralcontainers` },
      { method: 'PUT', path: `${pods}/p/ephemeralcontainers`, body: {} },
      {
        method: 'PATCH',
        path: `${pods}/p/resize`,
        as: 'strategic',
        body: { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }] } },
      },
      {
        method: 'PATCH',
        path: `${pods}/p/resize`,
        as: 'strategic',
        body: { spec: { containers: [{ name: 'main', image: 'other' }] } },
      },
      { method: 'GET', path: `${pods}/p/resize` },
      {
        method: 'PATCH',
        path: `${pods}/p`,
        as: 'strategic',
        body: { spec: { ephemeralContainers: [{ name: 'two', image: 'busybox' }] } },
      },
      { method: 'POST', path: `${pods}/p/ephemeralcontainers`, body: {} },
    ],
  },
  ...(
    [
      ['deployments', '/apis/apps/v1/namespaces/${ns}/deployments'],
      ['replicasets', '/apis/apps/v1/namespaces/${ns}/replicasets'],
      ['statefulsets', '/apis/apps/v1/namespaces/${ns}/statefulsets'],
    ] as const
  ).map(
    ([kind, collection]): Case => ({
      name: `scale of ${kind}`,
      steps: [{ method: 'POST', path: collection, body: deployment(2), silent: true }, ...scaleSteps(collection)],
    }),
  ),
  {
    name: 'tokens',
    steps: [
      { method: 'POST', path: `${ns}/serviceaccounts/default/token`, body: {} },
      {
        method: 'POST',
        path: `${ns}/serviceaccounts/default/token`,
        body: { spec: { audiences: ['a'], expirationSeconds: 3600 } },
      },
      { method: 'POST', path: `${ns}/serviceaccounts/default/token`, body: { spec: { expirationSeconds: 5 } } },
      { method: 'POST', path: `${ns}/serviceaccounts/default/token`, body: { spec: { expirationSeconds: 5_000_000_000 } } },
      {
        method: 'POST',
        path: `${ns}/serviceaccounts/default/token`,
        body: { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } } },
      },
      {
        method: 'POST',
        path: `${ns}/serviceaccounts/default/token`,
        body: { spec: { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'none' } } },
      },
      { method: 'POST', path: `${ns}/serviceaccounts/none/token`, body: {} },
      { method: 'POST', path: `${ns}/serviceaccounts/default/token`, body: { kind: 'Other' } },
      { method: 'POST', path: `${ns}/serviceaccounts/default/token`, body: { metadata: { name: 'other' } } },
      { method: 'GET', path: `${ns}/serviceaccounts/default/token` },
    ],
  },
  {
    name: 'namespaces',
    namespace: 'none',
    steps: [
      { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: '${id}-n', labels: { a: 'b' } } } },
      { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'Bad' } } },
      { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'a.b' } } },
      { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { generateName: '${id}-' } }, query: { dryRun: 'All' } },
      {
        method: 'PATCH',
        path: '/api/v1/namespaces/${id}-n',
        as: 'merge',
        body: { metadata: { labels: { 'kubernetes.io/metadata.name': 'other' } } },
      },
      { method: 'PATCH', path: '/api/v1/namespaces/${id}-n', as: 'merge', body: { spec: { finalizers: ['example.com/x'] } } },
      {
        method: 'PUT',
        path: '/api/v1/namespaces/${id}-n/finalize',
        body: { metadata: { name: '${id}-n' }, spec: { finalizers: ['kubernetes', 'example.com/x'] } },
      },
      {
        method: 'PUT',
        path: '/api/v1/namespaces/${id}-n/finalize',
        body: { metadata: { name: '${id}-n' }, spec: { finalizers: ['unqualified'] } },
      },
      { method: 'PATCH', path: '/api/v1/namespaces/${id}-n/finalize', as: 'merge', body: {} },
      { method: 'PATCH', path: '/api/v1/namespaces/${id}-n/status', as: 'merge', body: { status: { phase: 'Terminating' } } },
      { method: 'GET', path: '/api/v1/namespaces/${id}-n/finalize' },
      { method: 'DELETE', path: '/api/v1/namespaces/${id}-n' },
      { method: 'DELETE', path: '/api/v1/namespaces/${id}-n' },
      { method: 'POST', path: '/api/v1/namespaces/${id}-n/configmaps', body: { metadata: { name: 'late' } } },
      { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: '${id}-n' } } },
      {
        method: 'PUT',
        path: '/api/v1/namespaces/${id}-n/finalize',
        body: { metadata: { name: '${id}-n' }, spec: { finalizers: [] } },
      },
      { method: 'GET', path: '/api/v1/namespaces/${id}-n' },
      { method: 'POST', path: '/api/v1/namespaces/${id}-none/configmaps', body: { metadata: { name: 'x' } } },
      { method: 'GET', path: '/api/v1/namespaces/${id}-none/configmaps' },
      { method: 'DELETE', path: '/api/v1/namespaces/default' },
      { method: 'DELETE', path: '/api/v1/namespaces' },
    ],
  },
  {
    name: 'profiles and gates of pods',
    steps: [
      profiled('a', { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }),
      profiled('b', {}, { c: 'localhost/x', d: 'unconfined' }),
      profiled('c', {}, { c: 'rubbish' }),
      profiled('d', { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }, { c: 'runtime/default' }),
      profiled('e', {
        containers: [
          { name: 'c', image: 'i:1', securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'p' } } },
        ],
      }),
      profiled('f', { schedulingGates: [{ name: 'g' }] }),
      { method: 'PATCH', path: `${pods}/f`, as: 'merge', body: { spec: { schedulingGates: null } } },
      profiled('g', { os: { name: 'windows' } }, { c: 'unconfined' }),
      profiled('h', {}, { zzz: 'unconfined' }),
      profiled('i', {}, { c: 'localhost/' }),
      {
        method: 'PATCH',
        path: `${pods}/b`,
        as: 'merge',
        body: { metadata: { annotations: { [`${appArmor}c`]: null, [`${appArmor}x`]: 'unconfined' } } },
      },
      {
        method: 'PATCH',
        path: `${pods}/a`,
        as: 'merge',
        body: { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } },
      },
    ],
  },
]
