import type { JsonObject } from '../../base/json.js'
import { ageColumn, defineCustomResource, type PrinterColumn } from '../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { destinationRuleType, serviceEntryType, workloadEntryType } from './resource-types.js'

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const int32 = { type: 'integer', format: 'int32' } as const
const uint32 = { type: 'integer', minimum: 0, maximum: 4_294_967_295 } as const
const number = { type: 'number', format: 'double' } as const
const texts = { type: 'array', items: text } as const
const textMap = { type: 'object', additionalProperties: text } as const
const numberMap = { type: 'object', additionalProperties: uint32 } as const
/** What nothing here reads: kept as it is. */
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const

function object(properties: JsonObject, required: string[] = []): JsonObject {
  return { type: 'object', ...(required.length > 0 ? { required } : {}), properties }
}
function list(items: JsonObject): JsonObject {
  return { type: 'array', items }
}
function choice(...values: string[]): JsonObject {
  return { type: 'string', enum: values }
}

const failover = list(object({ from: text, to: text }))

const localitySetting = object({
  distribute: list(object({ from: text, to: numberMap })),
  enabled: { ...flag, nullable: true },
  failover,
  failoverPriority: texts,
})

const outlierDetection = object({
  baseEjectionTime: text,
  consecutive5xxErrors: { ...uint32, nullable: true },
  consecutiveErrors: int32,
  consecutiveGatewayErrors: { ...uint32, nullable: true },
  consecutiveLocalOriginFailures: { ...uint32, nullable: true },
  interval: text,
  maxEjectionPercent: int32,
  minHealthPercent: int32,
  splitExternalLocalOriginErrors: flag,
})

const loadBalancer = object({
  consistentHash: open,
  localityLbSetting: { ...localitySetting, nullable: true },
  simple: choice('UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST'),
  warmup: object({ aggression: { ...number, nullable: true }, duration: text, minimumPercent: { ...number, nullable: true } }),
  warmupDurationSecs: text,
  zoneAwareLbSetting: open,
})

const connectionPool = object({
  http: object({
    h2UpgradePolicy: choice('DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'),
    http1MaxPendingRequests: int32,
    http2KeepAlive: object({ interval: text, timeout: text }),
    http2MaxRequests: int32,
    idleTimeout: text,
    maxConcurrentStreams: int32,
    maxRequestsPerConnection: int32,
    maxRetries: int32,
    useClientProtocol: flag,
  }),
  tcp: object({
    connectTimeout: text,
    idleTimeout: text,
    maxConnectionDuration: text,
    maxConnections: int32,
    tcpKeepalive: object({ interval: text, probes: uint32, time: text }),
  }),
})

const tls = object({
  caCertificates: text,
  caCrl: text,
  clientCertificate: text,
  credentialName: text,
  insecureSkipVerify: { ...flag, nullable: true },
  mode: choice('DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'),
  privateKey: text,
  sni: text,
  subjectAltNames: texts,
})

const common = { connectionPool, loadBalancer, outlierDetection, tls }

const trafficPolicy = object({
  ...common,
  portLevelSettings: list(object({ ...common, port: object({ number: uint32 }) })),
  proxyProtocol: open,
  retryBudget: open,
  tunnel: object({ protocol: text, targetHost: text, targetPort: uint32 }, ['targetHost', 'targetPort']),
})

const destinationRule = object(
  {
    exportTo: texts,
    host: text,
    subsets: list(object({ labels: textMap, name: text, trafficPolicy }, ['name'])),
    trafficPolicy,
    workloadSelector: object({ matchLabels: textMap }),
  },
  ['host'],
)

const workload = {
  address: { ...text, maxLength: 256 },
  labels: textMap,
  locality: { ...text, maxLength: 2048 },
  network: { ...text, maxLength: 2048 },
  ports: numberMap,
  serviceAccount: text,
  weight: uint32,
}

const serviceEntry = object(
  {
    addresses: texts,
    endpoints: list(object(workload)),
    exportTo: texts,
    hosts: texts,
    location: choice('MESH_EXTERNAL', 'MESH_INTERNAL'),
    ports: {
      ...list(object({ name: text, number: uint32, protocol: text, targetPort: uint32 }, ['number', 'name'])),
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    resolution: choice('NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'),
    subjectAltNames: texts,
    workloadSelector: object({ labels: textMap }),
  },
  ['hosts'],
)

const column = (name: string, jsonPath: string): PrinterColumn => ({ name, type: 'string', jsonPath })

function definition(type: ResourceType, spec: JsonObject, description: string, columns: PrinterColumn[]): KubeObject {
  return defineCustomResource(
    { ...type, categories: ['istio-io', 'networking-istio-io'] },
    {
      description,
      properties: { spec, status: open },
      required: ['spec'],
      columns: [...columns, ageColumn],
      labels: { 'app.kubernetes.io/part-of': 'istio' },
      versions: ['v1', 'v1alpha3', 'v1beta1'],
      status: true,
    },
  )
}

/** The definitions of the kinds of Istio that are read, for clusters that do not have them. */
export const istioCrds: readonly KubeObject[] = [
  definition(
    serviceEntryType,
    serviceEntry,
    'Services that the registry of the cluster does not know, or more endpoints of those it knows.',
    [column('Hosts', '.spec.hosts'), column('Location', '.spec.location'), column('Resolution', '.spec.resolution')],
  ),
  definition(destinationRuleType, destinationRule, 'How clients reach a service: load balancing, failover, connections.', [
    column('Host', '.spec.host'),
  ]),
  definition(workloadEntryType, object(workload), 'One workload outside of Kubernetes that is an endpoint of services.', [
    column('Address', '.spec.address'),
  ]),
]
