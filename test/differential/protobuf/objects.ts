import { parseJson, printJson } from '../../../src/base/json-text.js'
import { objectOf, type Sample, samples } from '../cases/samples.js'

type Members = Readonly<Record<string, unknown>>

const meta = (name: string, more: Members = {}) => ({ name, ...more })
const labels = { app: 'sample', 'example.com/tier': '' }
const options = (more: Members) => ({ apiVersion: 'v1', kind: 'DeleteOptions', ...more })

const richPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta('rich', {
    labels,
    annotations: { 'example.com/a': '', u: 'é€😀', b: '{"x":1}' },
    finalizers: ['example.com/f'],
    ownerReferences: [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: '6a1b2c3d-0000-4000-8000-000000000001', controller: true },
    ],
  }),
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 9007199254740,
    nodeSelector: { disk: 'ssd' },
    hostAliases: [{ ip: '127.0.0.1', hostnames: ['a', 'b'] }],
    securityContext: {
      runAsUser: 0,
      fsGroup: 2000,
      supplementalGroups: [1, 2],
      sysctls: [{ name: 'kernel.shm_rmid_forced', value: '0' }],
    },
    tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] }],
        },
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 50, podAffinityTerm: { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'sample' } } } },
        ],
      },
    },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app: 'sample' } } },
    ],
    volumes: [
      { name: 'empty', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      {
        name: 'config',
        configMap: { name: 'c', defaultMode: 256, items: [{ key: 'k', path: 'p', mode: 0o644 }], optional: false },
      },
      {
        name: 'all',
        projected: {
          sources: [
            { serviceAccountToken: { path: 't', expirationSeconds: 3607 } },
            { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          ],
        },
      },
    ],
    initContainers: [{ name: 'init', image: 'registry.example/init', restartPolicy: 'Always' }],
    containers: [
      {
        name: 'main',
        image: 'registry.example/app:1',
        command: ['sh', '-c'],
        args: ['exit 0', ''],
        ports: [
          { containerPort: 80, name: 'http' },
          { containerPort: 53, protocol: 'UDP' },
        ],
        env: [
          { name: 'A', value: 'b' },
          { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        ],
        envFrom: [{ prefix: 'P_', secretRef: { name: 's', optional: true } }],
        resources: {
          limits: { cpu: '1500m', memory: '1Gi', 'example.com/gpu': '2' },
          requests: { cpu: '0.5', memory: '128974848' },
        },
        livenessProbe: { httpGet: { path: '/', port: 'http', httpHeaders: [{ name: 'H', value: 'v' }] }, periodSeconds: 3 },
        readinessProbe: { tcpSocket: { port: 80 } },
        startupProbe: { grpc: { port: 9000, service: '' } },
        lifecycle: { preStop: { sleep: { seconds: 1 } } },
        volumeMounts: [{ name: 'empty', mountPath: '/e', subPath: 's', readOnly: true }],
        securityContext: { privileged: false, capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } },
      },
    ],
  },
}

const richCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: meta('gizmos.pb.example.com'),
  spec: {
    group: 'pb.example.com',
    scope: 'Namespaced',
    names: { plural: 'gizmos', kind: 'Gizmo', shortNames: ['gz'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'N', type: 'integer', jsonPath: '.spec.n', priority: 1 }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  n: { type: 'integer', minimum: 1.5, maximum: 1e15, default: 3, enum: [1, 2, 3] },
                  s: { type: 'string', default: 'x', maxLength: 10, pattern: '^x' },
                  l: { type: 'array', items: { type: 'string' }, maxItems: 3, 'x-kubernetes-list-type': 'set' },
                  m: { type: 'object', additionalProperties: { type: 'boolean' } },
                  any: { 'x-kubernetes-preserve-unknown-fields': true, type: 'object' },
                  o: {
                    type: 'object',
                    default: { a: [1, null] },
                    nullable: true,
                    properties: { a: { type: 'array', items: { type: 'integer', nullable: true } } },
                  },
                },
                'x-kubernetes-validations': [{ rule: 'self.n < 5', message: 'too many', reason: 'FieldValueInvalid' }],
              },
            },
          },
        },
      },
    ],
  },
}

const others: readonly (readonly [string, Members])[] = [
  ['rich-pod', richPod],
  ['rich-crd', richCrd],
  [
    'configmap',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('a'), data: { k: 'v', __proto__x: 'w' }, binaryData: { b: 'AAEC' } },
  ],
  ['configmap-changed', { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('a', { labels }), data: { k: 'w' } }],
  ['configmap-nameless', { apiVersion: 'v1', kind: 'ConfigMap' }],
  ['configmap-generated', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'generated-' } }],
  ['configmap-elsewhere', { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('a', { namespace: 'elsewhere' }) }],
  ['configmap-versioned', { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('a', { resourceVersion: '1', uid: 'x' }) }],
  ['configmap-generation', { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('b', { generation: -1 }) }],
  [
    'secret',
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: meta('a'),
      data: { k: 'dg==', empty: '' },
      stringData: { t: 'text' },
      type: 'Opaque',
    },
  ],
  [
    'pod',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta('p', { labels }),
      spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] },
    },
  ],
  [
    'pod-invalid',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta('Bad_Name'),
      spec: { restartPolicy: 'Sometimes', containers: [{ name: 'c' }, { name: 'd' }] },
    },
  ],
  [
    'pod-status',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta('p'),
      spec: { containers: [{ name: 'c', image: 'i' }] },
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        startTime: '2024-01-02T03:04:05Z',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2024-01-02T03:04:05Z' }],
      },
    },
  ],
  [
    'pod-ephemeral',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta('p', { labels }),
      spec: {
        automountServiceAccountToken: false,
        containers: [{ name: 'c', image: 'i' }],
        ephemeralContainers: [{ name: 'e', image: 'i' }],
      },
    },
  ],
  [
    'pod-resize',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta('p', { labels }),
      spec: {
        automountServiceAccountToken: false,
        containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m' } } }],
      },
    },
  ],
  ['pod-list', { apiVersion: 'v1', kind: 'PodList', items: [] }],
  [
    'deployment',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta('d'),
      spec: {
        replicas: 0,
        strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    },
  ],
  [
    'deployment-status',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta('d'),
      status: { observedGeneration: 1, replicas: 2, readyReplicas: 1 },
    },
  ],
  ['scale', { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: meta('d'), spec: { replicas: 7 } }],
  ['scale-negative', { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: meta('d'), spec: { replicas: -7 } }],
  ['binding', { apiVersion: 'v1', kind: 'Binding', metadata: meta('p'), target: { kind: 'Node', name: 'n' } }],
  ['eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: meta('p'), deleteOptions: { gracePeriodSeconds: 5 } }],
  ['eviction-old', { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: meta('p') }],
  [
    'token-request',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: ['https://real.test'], expirationSeconds: 600 },
    },
  ],
  ['token-request-short', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 5 } }],
  [
    'access-review',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'jane',
        groups: ['g'],
        extra: { k: ['v', 'w'] },
        resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' },
      },
    },
  ],
  [
    'self-access-review',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { nonResourceAttributes: { path: '/x', verb: 'get' } },
    },
  ],
  ['token-review', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'nobody' } }],
  ['self-review', { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }],
  ['namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: meta('pb-space') }],
  [
    'node-status',
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: meta('pb-node'),
      status: {
        capacity: { cpu: '4', memory: '16Gi' },
        nodeInfo: { kubeletVersion: 'v1' },
        images: [{ names: ['i'], sizeBytes: 9007199254740993n }],
      },
    },
  ],
  ['delete', options({})],
  ['delete-orphan', options({ propagationPolicy: 'Orphan' })],
  ['delete-background', options({ propagationPolicy: 'Background', gracePeriodSeconds: 0 })],
  ['delete-foreground', options({ propagationPolicy: 'Foreground' })],
  ['delete-dry', options({ dryRun: ['All'] })],
  ['delete-other', options({ preconditions: { uid: 'x', resourceVersion: '1' } })],
  ['delete-unknown', options({ propagationPolicy: 'Sideways' })],
  ['delete-both', options({ propagationPolicy: 'Orphan', orphanDependents: true })],
  ['status', { apiVersion: 'v1', kind: 'Status', status: 'Failure', code: 500 }],
]

export function nameOf({ plural, apiVersion }: Sample): string {
  return `${plural}.${apiVersion}`
}

/** A body cannot be filled in, so that names are the same in each run. */
function fixed(object: unknown): Members {
  return parseJson(printJson(object).replaceAll('${id}', 'pb').replaceAll('${ns}', 'pb-space')) as Members
}

/** What is encoded by client-go's own serializer, by name. `node tools/schema/protobuf-bodies.mjs` writes bodies.json of it. */
export const protobufObjects: ReadonlyMap<string, Members> = new Map<string, Members>([
  ...samples.flatMap((sample) => [
    [nameOf(sample), fixed(objectOf(sample))] as const,
    [
      `${nameOf(sample)} labelled`,
      fixed(objectOf(sample, [['metadata.labels', labels], ['metadata.annotations', { a: 'b' }], ...sample.changes.slice(0, 1)])),
    ] as const,
  ]),
  ...others,
])
