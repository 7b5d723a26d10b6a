import { builtInResources } from '../../../src/kube/schema/resources.js'

/** A kind with an object of it that every server takes. */
export interface Sample {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  readonly subresources: readonly string[]
  /** All but apiVersion, kind and metadata. */
  readonly members: Readonly<Record<string, unknown>>
  /** Changes that a PUT makes to see what is immutable: paths with dots, and values. */
  readonly changes: readonly (readonly [path: string, value: unknown])[]
  /** Metadata that the kind wants. */
  readonly name: string
}

const container = { name: 'main', image: 'registry.example/app:1' }
const podSpec = { automountServiceAccountToken: false, containers: [container] }
const labels = { app: 'sample' }
const template = { metadata: { labels }, spec: { containers: [container] } }
const jobTemplate = { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [container] } }
const selector = { matchLabels: labels }

type Entry = readonly [
  key: string,
  members: Readonly<Record<string, unknown>>,
  changes?: readonly (readonly [string, unknown])[],
  name?: string,
]

const csrRequest =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITU1ITUNBUUF3RVRFUE1BMEdBMVVFQXd3R2MyRnRjR3hsTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowRApBUWNEUWdBRXhrcEpxSHRDODNOYncxbCs5UmpDWFIrMjZBZXZNZ3NjWnllQVd4bzg1SG84dFFseDZ3bWc5TCs4CnVGM3JBd2xPdFh3cURJaUZVbzIxUHBlT1RjaEVDS0FBTUFvR0NDcUdTTTQ5QkFNQ0Ewa0FNRVlDSVFDMGVEVmcKUFltYTkyb21rTUY3MXZ5dGNCNmUyeUpNeFBydEFQTWdjR0lRdlFJaEFKazFLakdqclFYVEhyTVNvNWVTYmh3cQowOGlGYmg0dXpjbkkzb3RwR1RseAotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K'

const entries: readonly Entry[] = [
  [
    '/v1/configmaps',
    { data: { a: '1' } },
    [
      ['immutable', true],
      ['binaryData', { b: 'AAEC' }],
    ],
  ],
  ['/v1/endpoints', { subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] }],
  [
    '/v1/events',
    {
      involvedObject: { kind: 'Pod', name: 'p', namespace: '${ns}', apiVersion: 'v1' },
      reason: 'Started',
      message: 'it started',
      type: 'Normal',
      count: 1,
      source: { component: 'kubelet', host: 'node-1' },
      firstTimestamp: '2020-01-01T00:00:00Z',
      lastTimestamp: '2020-01-01T00:00:00Z',
    },
    [
      ['message', 'other'],
      ['involvedObject.name', 'q'],
    ],
  ],
  ['/v1/limitranges', { spec: { limits: [{ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '500m' } }] } }],
  [
    '/v1/nodes',
    { spec: { podCIDR: '10.1.0.0/24' } },
    [
      ['spec.podCIDR', '10.2.0.0/24'],
      ['spec.providerID', 'x://1'],
      ['spec.unschedulable', true],
      ['spec.taints', [{ key: 'a', effect: 'NoSchedule' }]],
    ],
    '${id}-sample',
  ],
  [
    '/v1/persistentvolumeclaims',
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    [
      ['spec.accessModes', ['ReadOnlyMany']],
      ['spec.resources.requests.storage', '2Gi'],
      ['spec.storageClassName', 'other'],
      ['spec.volumeName', 'v'],
    ],
  ],
  [
    '/v1/persistentvolumes',
    {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/data' },
        persistentVolumeReclaimPolicy: 'Retain',
      },
    },
    [
      ['spec.hostPath.path', '/other'],
      ['spec.capacity.storage', '2Gi'],
      ['spec.persistentVolumeReclaimPolicy', 'Delete'],
      ['spec.volumeMode', 'Block'],
    ],
    '${id}-sample',
  ],
  [
    '/v1/pods',
    { spec: podSpec },
    [
      ['spec.containers.0.image', 'registry.example/app:2'],
      ['spec.containers.0.name', 'other'],
      ['spec.containers.0.env', [{ name: 'A', value: 'b' }]],
      ['spec.nodeName', 'n'],
      ['spec.activeDeadlineSeconds', 10],
      ['spec.terminationGracePeriodSeconds', 1],
      ['spec.tolerations', [{ key: 'k', operator: 'Exists' }]],
      ['spec.restartPolicy', 'Never'],
      ['spec.schedulingGates', [{ name: 'g' }]],
      ['spec.nodeSelector', { a: 'b' }],
    ],
  ],
  ['/v1/podtemplates', { template }, [['template.spec.containers.0.image', 'other:1']]],
  [
    '/v1/replicationcontrollers',
    { spec: { replicas: 1, selector: labels, template } },
    [
      ['spec.replicas', 3],
      ['spec.selector', { a: 'b' }],
    ],
  ],
  [
    '/v1/resourcequotas',
    { spec: { hard: { pods: '10', 'requests.cpu': '4' } } },
    [
      ['spec.hard.pods', '5'],
      ['spec.scopes', ['BestEffort']],
    ],
  ],
  [
    '/v1/secrets',
    { stringData: { a: 'b' } },
    [
      ['type', 'other'],
      ['immutable', true],
      ['data', { c: 'ZA==' }],
    ],
  ],
  [
    '/v1/serviceaccounts',
    {},
    [
      ['secrets', [{ name: 's' }]],
      ['automountServiceAccountToken', false],
    ],
  ],
  [
    '/v1/services',
    { spec: { ports: [{ port: 80 }], selector: labels } },
    [
      ['spec.clusterIP', '10.96.200.200'],
      ['spec.clusterIP', ''],
      ['spec.type', 'NodePort'],
      ['spec.type', 'LoadBalancer'],
      ['spec.ports.0.port', 81],
      ['spec.sessionAffinity', 'ClientIP'],
      ['spec.ipFamilyPolicy', 'PreferDualStack'],
      ['spec.type', 'ExternalName'],
    ],
  ],
  ['admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {}, [['webhooks', [{ name: 'a.b.c' }]]], '${id}-sample'],
  [
    'admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    {},
    [
      [
        'webhooks',
        [{ name: 'a.b.c', sideEffects: 'None', admissionReviewVersions: ['v1'], clientConfig: { url: 'https://x.invalid/' } }],
      ],
    ],
    '${id}-sample',
  ],
  [
    'apps/v1/controllerrevisions',
    { data: { a: 1 }, revision: 1 },
    [
      ['revision', 2],
      ['data', { a: 2 }],
    ],
  ],
  [
    'apps/v1/daemonsets',
    { spec: { selector, template } },
    [
      ['spec.selector.matchLabels', { a: 'b' }],
      ['spec.template.spec.containers.0.image', 'x:2'],
      ['spec.updateStrategy', { type: 'OnDelete' }],
    ],
  ],
  [
    'apps/v1/deployments',
    { spec: { replicas: 2, selector, template } },
    [
      ['spec.replicas', 3],
      ['spec.selector.matchLabels', { a: 'b' }],
      ['spec.template.spec.containers.0.image', 'x:2'],
      ['spec.strategy', { type: 'Recreate' }],
      ['spec.paused', true],
    ],
  ],
  [
    'apps/v1/replicasets',
    { spec: { selector, template } },
    [
      ['spec.replicas', 3],
      ['spec.selector.matchLabels', { a: 'b' }],
    ],
  ],
  [
    'apps/v1/statefulsets',
    { spec: { serviceName: 's', selector, template } },
    [
      ['spec.replicas', 3],
      ['spec.serviceName', 't'],
      ['spec.podManagementPolicy', 'Parallel'],
      ['spec.selector.matchLabels', { a: 'b' }],
      ['spec.minReadySeconds', 2],
      ['spec.revisionHistoryLimit', 3],
    ],
  ],
  [
    'autoscaling/v2/horizontalpodautoscalers',
    { spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } } },
    [
      ['spec.minReplicas', 2],
      ['spec.maxReplicas', 0],
      ['spec.scaleTargetRef.name', 'e'],
    ],
  ],
  [
    'autoscaling/v1/horizontalpodautoscalers',
    {
      spec: {
        maxReplicas: 3,
        targetCPUUtilizationPercentage: 60,
        scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
      },
    },
    [
      ['spec.minReplicas', 2],
      ['spec.targetCPUUtilizationPercentage', 70],
    ],
  ],
  [
    'batch/v1/cronjobs',
    { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: jobTemplate } } } },
    [
      ['spec.schedule', 'bad'],
      ['spec.suspend', true],
      ['spec.timeZone', 'Europe/Berlin'],
      ['spec.timeZone', 'Nowhere/None'],
      ['spec.jobTemplate.spec.completions', 2],
    ],
  ],
  [
    'batch/v1/jobs',
    { spec: { template: jobTemplate } },
    [
      ['spec.parallelism', 3],
      ['spec.completions', 3],
      ['spec.template.spec.containers.0.image', 'x:2'],
      ['spec.suspend', true],
      ['spec.backoffLimit', 1],
      ['spec.completionMode', 'Indexed'],
      ['spec.manualSelector', true],
      ['spec.ttlSecondsAfterFinished', 3],
    ],
  ],
  [
    'certificates.k8s.io/v1/certificatesigningrequests',
    { spec: { request: csrRequest, signerName: 'example.com/signer', usages: ['digital signature', 'client auth'] } },
    [
      ['spec.signerName', 'example.com/other'],
      ['spec.usages', ['server auth']],
    ],
    '${id}-sample',
  ],
  [
    'coordination.k8s.io/v1/leases',
    { spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } },
    [
      ['spec.holderIdentity', 'you'],
      ['spec.leaseDurationSeconds', 0],
    ],
  ],
  [
    'discovery.k8s.io/v1/endpointslices',
    { addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 80 }] },
    [
      ['addressType', 'IPv6'],
      ['endpoints', []],
      ['ports', []],
    ],
  ],
  [
    'events.k8s.io/v1/events',
    {
      regarding: { kind: 'Pod', name: 'p', namespace: '${ns}', apiVersion: 'v1' },
      reason: 'Started',
      action: 'Starting',
      note: 'it started',
      type: 'Normal',
      eventTime: '2020-01-01T00:00:00.000000Z',
      reportingController: 'example.com/c',
      reportingInstance: 'c-1',
    },
    [
      ['note', 'other'],
      ['reason', 'Other'],
      ['series', { count: 2, lastObservedTime: '2020-01-01T00:00:01.000000Z' }],
    ],
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
    { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
    [['spec.limited.nominalConcurrencyShares', 3]],
    '${id}-sample',
  ],
  [
    'networking.k8s.io/v1/ingressclasses',
    { spec: { controller: 'example.com/ingress' } },
    [['spec.controller', 'example.com/other']],
    '${id}-sample',
  ],
  [
    'networking.k8s.io/v1/ingresses',
    { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
    [
      ['spec.ingressClassName', 'x'],
      ['spec.rules', [{ host: 'a.example', http: { paths: [] } }]],
    ],
  ],
  [
    'networking.k8s.io/v1/networkpolicies',
    { spec: { podSelector: {} } },
    [
      ['spec.policyTypes', ['Egress']],
      ['spec.ingress', [{}]],
    ],
  ],
  [
    'node.k8s.io/v1/runtimeclasses',
    { handler: 'runc' },
    [
      ['handler', 'kata'],
      ['overhead', { podFixed: { cpu: '1' } }],
    ],
    '${id}-sample',
  ],
  [
    'policy/v1/poddisruptionbudgets',
    { spec: { minAvailable: 1, selector } },
    [
      ['spec.minAvailable', 2],
      ['spec.selector', {}],
      ['spec.maxUnavailable', 1],
    ],
  ],
  [
    'rbac.authorization.k8s.io/v1/clusterrolebindings',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
    },
    [
      ['roleRef.name', 'edit'],
      ['subjects', []],
    ],
    '${id}-sample',
  ],
  [
    'rbac.authorization.k8s.io/v1/clusterroles',
    { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    [
      ['rules', []],
      ['aggregationRule', { clusterRoleSelectors: [selector] }],
    ],
    '${id}-sample',
  ],
  [
    'rbac.authorization.k8s.io/v1/rolebindings',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: '${ns}' }],
    },
    [
      ['roleRef.kind', 'ClusterRole'],
      ['subjects.0.kind', 'Robot'],
    ],
  ],
  [
    'rbac.authorization.k8s.io/v1/roles',
    { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    [
      ['rules.0.verbs', []],
      ['rules', null],
    ],
  ],
  [
    'scheduling.k8s.io/v1/priorityclasses',
    { value: 100 },
    [
      ['value', 200],
      ['preemptionPolicy', 'Never'],
      ['description', 'd'],
    ],
    '${id}-sample',
  ],
  [
    'storage.k8s.io/v1/csidrivers',
    { spec: {} },
    [
      ['spec.attachRequired', false],
      ['spec.podInfoOnMount', true],
      ['spec.fsGroupPolicy', 'None'],
    ],
    '${id}-sample',
  ],
  [
    'storage.k8s.io/v1/csinodes',
    { spec: { drivers: [{ name: 'example.com', nodeID: 'n', topologyKeys: ['a.example/b'] }] } },
    [['spec.drivers', [{ name: 'd', nodeID: 'n' }]]],
    '${id}-sample',
  ],
  [
    'storage.k8s.io/v1/csistoragecapacities',
    { storageClassName: 'fast' },
    [
      ['storageClassName', 'slow'],
      ['capacity', '1Gi'],
    ],
  ],
  [
    'storage.k8s.io/v1/storageclasses',
    { provisioner: 'example.com/p' },
    [
      ['provisioner', 'example.com/q'],
      ['parameters', { a: 'b' }],
      ['reclaimPolicy', 'Retain'],
      ['allowVolumeExpansion', true],
    ],
    '${id}-sample',
  ],
  [
    'storage.k8s.io/v1/volumeattachments',
    { spec: { attacher: 'example.com', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
    [['spec.nodeName', 'm']],
    '${id}-sample',
  ],
]

/** One object of every kind that can be written; not of reviews, definitions, and FlowSchemas (a controller writes to them). */
export const samples: readonly Sample[] = entries.map(([key, members, changes = [], name = 'sample']) => {
  const [group = '', version = '', plural = ''] = key.split('/')
  const type = builtInResources.find((each) => each.group === group && each.version === version && each.plural === plural)
  if (type === undefined) throw new Error(`no built-in resource ${key}`)
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind: type.kind,
    plural,
    namespaced: type.namespaced,
    subresources: type.subresources ?? [],
    members,
    changes,
    name,
  }
})

export function sampleOf(plural: string, apiVersion?: string): Sample {
  const found = samples.find((each) => each.plural === plural && (apiVersion === undefined || each.apiVersion === apiVersion))
  if (found === undefined) throw new Error(`no sample of ${plural}`)
  return found
}

/** The path of the collection in `${ns}`. */
export function collectionOf({ apiVersion, plural, namespaced }: Sample, namespace = '${ns}'): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`
}

/** The sample as an object, with changes (paths with dots; undefined takes away). */
export function objectOf(sample: Sample, changes: readonly (readonly [string, unknown])[] = []): Record<string, unknown> {
  const { apiVersion, kind, members, name } = sample
  const object = structuredClone({ apiVersion, kind, metadata: { name }, ...members }) as Record<string, unknown>
  for (const [path, value] of changes) setAt(object, path, value)
  return object
}

/** Sets what a path with dots leads to; what is missing on the way is made. */
export function setAt(object: Record<string, unknown>, path: string, value: unknown): void {
  const parts = path.split('.')
  let node = object
  for (const [index, part] of parts.slice(0, -1).entries()) {
    if (typeof node[part] !== 'object' || node[part] === null) node[part] = /^\d+$/.test(parts[index + 1]!) ? [] : {}
    node = node[part] as Record<string, unknown>
  }
  const last = parts.at(-1)!
  if (value === undefined) delete node[last]
  else node[last] = value
}
