import { after, before, test } from 'node:test'
import { create, plainTexts, remove, startTwoServers, type TwoServers } from '../support/peers/two-servers.js'

/** Built-in admission plugins: a real kube-apiserver and the embedded one must agree. */
let servers: TwoServers
before(async () => {
  servers = await startTwoServers()
})
after(() => servers.stop())

test('pod security', async (t) => {
  const namespace = (name: string, labels: object) =>
    create('/api/v1/namespaces', { metadata: { name, labels } }, { settle: true })
  const account = (name: string) => create(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
  const pod = (where: string, name: string, spec: object) =>
    create(`/api/v1/namespaces/${where}/pods`, { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
  const level = (mode: string, value: string) => ({ [`pod-security.kubernetes.io/${mode}`]: value })
  const bad = {
    hostNetwork: true,
    hostPID: true,
    volumes: [
      { name: 'h', hostPath: { path: '/' } },
      { name: 'n', nfs: { server: 's', path: '/' } },
    ],
    securityContext: {
      runAsUser: 0,
      sysctls: [{ name: 'kernel.x', value: '1' }],
      seLinuxOptions: { type: 't', user: 'u', role: 'r' },
      seccompProfile: { type: 'Unconfined' },
    },
    containers: [
      {
        name: 'a',
        image: 'i',
        ports: [{ containerPort: 80, hostPort: 80 }],
        securityContext: { capabilities: { add: ['SYS_ADMIN', 'NET_BIND_SERVICE'] } },
      },
      {
        name: 'b',
        image: 'i',
        securityContext: {
          runAsNonRoot: false,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
        },
      },
    ],
    hostUsers: true,
  }
  const deployment = (where: string) =>
    create(`/apis/apps/v1/namespaces/${where}/deployments`, {
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: bad } },
    })
  await servers.compare(t, [
    namespace('ps-bad', level('enforce', 'none')),
    namespace('ps-bad', { ...level('warn-version', '1.2'), ...level('audit', 'x') }),
    namespace('ps-baseline', level('enforce', 'baseline')),
    account('ps-baseline'),
    pod('ps-baseline', 'bad', bad),
    pod('ps-baseline', 'good', {}),
    deployment('ps-baseline'),
    namespace('ps-restricted', { ...level('enforce', 'restricted'), ...level('enforce-version', 'v1.33') }),
    account('ps-restricted'),
    pod('ps-restricted', 'bad', bad),
    pod('ps-restricted', 'plain', {}),
    pod('ps-restricted', 'good', {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        { name: 'c', image: 'i', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
      ],
    }),
    namespace('ps-warn', level('warn', 'restricted')),
    account('ps-warn'),
    pod('ps-warn', 'plain', {}),
    deployment('ps-warn'),
    {
      method: 'PATCH',
      path: '/api/v1/namespaces/ps-warn',
      as: 'merge',
      body: { metadata: { labels: level('enforce', 'restricted') } },
    },
  ])
})

test('built-in plugins', async (t) => {
  const pods = '/api/v1/namespaces/default/pods'
  const pod = (name: string, spec: object, metadata: object = {}) =>
    create(
      pods,
      { metadata: { name, ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } },
      {
        pick: (body: { spec: object; metadata: { annotations: object } }) =>
          plainTexts({ spec: body.spec, annotations: body.metadata.annotations }),
      },
    )
  const finalizers = (body: { metadata: { finalizers: string[] } }) => body.metadata.finalizers
  const spec = (body: { spec: object }) => body.spec
  await servers.compare(t, [
    pod('plain', {}),
    pod('init', { initContainers: [{ name: 'i', image: 'i' }], automountServiceAccountToken: true }),
    pod('no-token', { automountServiceAccountToken: false }),
    pod('stranger', { serviceAccountName: 'nobody' }),
    pod('no-runtime', { runtimeClassName: 'nothing' }),
    pod('overhead', { overhead: { cpu: '1' } }),
    pod('no-class', { priorityClassName: 'nothing' }),
    pod('wrong-priority', { priority: 7 }),
    pod('system', { priorityClassName: 'system-node-critical' }),
    create(
      '/apis/node.k8s.io/v1/runtimeclasses',
      {
        metadata: { name: 'fat' },
        handler: 'fat',
        overhead: { podFixed: { cpu: '250m' } },
        scheduling: { nodeSelector: { fat: 'yes' }, tolerations: [{ key: 'fat', operator: 'Exists' }] },
      },
      { settle: true },
    ),
    pod('fat', { runtimeClassName: 'fat' }),
    pod('fat-conflict', { runtimeClassName: 'fat', nodeSelector: { fat: 'no' } }),
    create(
      '/api/v1/namespaces/default/persistentvolumeclaims',
      {
        metadata: { name: 'c' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
      { pick: finalizers },
    ),
    {
      method: 'PATCH',
      path: '/api/v1/namespaces/default/persistentvolumeclaims/c',
      as: 'merge',
      body: { spec: { resources: { requests: { storage: '2Gi' } } } },
    },
    create(
      '/api/v1/persistentvolumes',
      {
        metadata: { name: 'v' },
        spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
      },
      { pick: finalizers },
    ),
    create('/api/v1/nodes', { metadata: { name: 'n' } }, { pick: spec }),
    create(
      '/apis/networking.k8s.io/v1/ingressclasses',
      {
        metadata: { name: 'nginx', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
        spec: { controller: 'example.com/c' },
      },
      { settle: true },
    ),
    create(
      '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
      {
        metadata: { name: 'i' },
        spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
      },
      { pick: spec },
    ),
    create(
      '/apis/scheduling.k8s.io/v1/priorityclasses',
      { metadata: { name: 'one' }, value: 1, globalDefault: true },
      { settle: true },
    ),
    create('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'two' }, value: 2, globalDefault: true }),
    remove('/apis/scheduling.k8s.io/v1/priorityclasses/one'),
    { method: 'DELETE', path: '/api/v1/namespaces/kube-system' },
    create('/api/v1/namespaces/absent/configmaps', { metadata: { name: 'x' } }),
  ])
})

test('limits', async (t) => {
  const pods = '/api/v1/namespaces/limited/pods'
  const pod = (name: string, resources: object, more: object = {}) =>
    create(
      pods,
      { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i', resources }], ...more } },
      {
        pick: (body: { spec: { containers: { resources: object }[] }; metadata: { annotations: object } }) => ({
          resources: body.spec.containers[0]?.resources,
          annotations: body.metadata.annotations,
        }),
      },
    )
  await servers.compare(t, [
    create('/api/v1/namespaces', { metadata: { name: 'limited' } }),
    create('/api/v1/namespaces/limited/serviceaccounts', { metadata: { name: 'default' } }),
    create(
      '/api/v1/namespaces/limited/limitranges',
      {
        metadata: { name: 'l' },
        spec: {
          limits: [
            {
              type: 'Container',
              default: { cpu: '500m' },
              defaultRequest: { cpu: '100m' },
              max: { cpu: '1' },
              min: { cpu: '50m' },
              maxLimitRequestRatio: { cpu: '6' },
            },
            { type: 'Pod', max: { memory: '1Gi' } },
            { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
          ],
        },
      },
      { settle: true },
    ),
    pod('no-memory', {}),
    pod('fine', { limits: { memory: '1Gi' } }),
    pod('much', { limits: { cpu: '2', memory: '2Gi' } }),
    pod('little', { requests: { cpu: '10m' }, limits: { memory: '1Mi' } }),
    pod('ratio', { requests: { cpu: '100m' }, limits: { cpu: '900m', memory: '1Mi' } }),
    ...['500Mi', '5Gi'].map((storage) =>
      create('/api/v1/namespaces/limited/persistentvolumeclaims', {
        metadata: { name: `c-${storage.toLowerCase()}` },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
      }),
    ),
  ])
})
