import { createSeededRandom } from '../../../src/base/random.js'
import { validateDestinationRule } from '../../../src/dialects/istio/validation/validate-destination-rule.js'
import { validateServiceEntry } from '../../../src/dialects/istio/validation/validate-service-entry.js'
import { validateWorkloadEntry } from '../../../src/dialects/istio/validation/validate-workload-entry.js'
import type { KubeObject } from '../../../src/kube/object/kube-object.js'

/** What the Istio peer is asked. */
export interface ValidationCase {
  readonly op: 'validate'
  readonly kind: 'DestinationRule' | 'ServiceEntry' | 'WorkloadEntry'
  readonly namespace: string
  readonly name: string
  readonly spec: Record<string, unknown>
}

export interface ValidationAnswer {
  readonly error?: string
  readonly warning?: string
  readonly unread?: string
}

export function randomValidationCase(seed: number): ValidationCase {
  const random = createSeededRandom(seed)
  const below = (limit: number) => Math.floor(random.number() * limit)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!
  const often = (chance: number) => random.number() < chance
  /** Fields that are there by chance; `make` is asked only for those that are. */
  const some = (chance: number, fields: Record<string, () => unknown>) =>
    Object.fromEntries(
      Object.entries(fields)
        .filter(() => often(chance))
        .map(([name, make]) => [name, make()]),
    )
  const list = <T>(most: number, make: () => T): T[] => Array.from({ length: 1 + below(most) }, make)
  const few = (value: () => unknown, strange: readonly unknown[]) => (often(0.9) ? value() : pick(strange))

  const duration = () => pick(['10s', '1s', '30s', '1.5s', '0.0005s', '0s', '0.001s'])
  const count = () => pick([0, 1, 5, 100, -1])
  const percent = () => pick([0, 10, 50, 100, 101, -1])
  const labels = () =>
    pick([{ version: 'v1' }, { 'app.kubernetes.io/name': 'x', version: '' }, { 'a b': 'x' }, { version: '-x' }, {}])
  const port = () => pick([80, 8080, 443, 9000, 0, 65_536])
  const host = () =>
    few(
      () => pick(['api', 'api.shop.svc.cluster.local', 'example.com', '*.example.com', 'API.Example.com.']),
      [
        '',
        '*',
        'a_b.com',
        '*-x.com',
        'x*.com',
        'a..b',
        '1.2.3.4',
        'a.1',
        '-x.com',
        `${'a'.repeat(64)}.com`,
        '*x.com',
        'a.*.com',
        '*.',
      ],
    )
  const locality = () => pick(['us-east', 'us-west', 'us-east/*', 'us-east/a', 'us-west/a/*', 'us-east/a/s1', 'eu', 'us-east/b'])
  const strangeLocality = () => pick(['', 'us-east//x', '*', 'u*/a', 'us/**', '/a', 'a/b/c/d'])
  const shares = () =>
    pick([
      { 'us-east': 80, 'us-west': 20 },
      { 'us-east/*': 100 },
      { 'us-east/a': 60, 'us-east/b': 39, eu: 1 },
      { 'us-east': 50 },
      { 'us-east': 101 },
      { 'us-east': 0, eu: 100 },
      { 'us-east//x': 50, eu: 50 },
      { 'u*/x': 50, eu: 50 },
      { '*': 100 },
      {},
    ])
  const region = () => pick(['us-east', 'us-west', 'eu', 'us-east', 'us/a', '*', ''])
  const localitySetting = () =>
    some(0.45, {
      enabled: () => often(0.5),
      distribute: () => list(3, () => ({ from: often(0.85) ? locality() : strangeLocality(), to: shares() })),
      failover: () => list(2, () => ({ from: region(), to: region() })),
      failoverPriority: () =>
        list(3, () =>
          pick(['topology.istio.io/network', 'topology.kubernetes.io/region', 'topology.istio.io/subzone', 'version=v1', 'tier']),
        ),
    })
  const loadBalancer = () => ({
    ...(often(0.2)
      ? {
          consistentHash: some(0.4, {
            minimumRingSize: () => pick([0, 1024]),
            httpCookie: () => some(0.7, { name: () => pick(['', 'c']), ttl: () => '0s' }),
          }),
        }
      : some(0.3, { simple: () => pick(['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM']) })),
    ...some(0.7, { localityLbSetting: localitySetting }),
    ...some(0.1, {
      zoneAwareLbSetting: () =>
        some(0.5, {
          failover: () => list(2, () => ({ from: region(), to: region() })),
          failoverPriority: () => list(2, () => pick(['topology.kubernetes.io/zone', 'version'])),
        }),
      warmup: () => some(0.6, { duration, minimumPercent: () => pick([10, 101]), aggression: () => pick([1, -1]) }),
    }),
  })
  const outlierDetection = () =>
    some(0.35, {
      consecutive5xxErrors: () => 5,
      consecutiveErrors: () => pick([0, 3]),
      interval: duration,
      baseEjectionTime: duration,
      maxEjectionPercent: percent,
      minHealthPercent: percent,
      splitExternalLocalOriginErrors: () => often(0.5),
      consecutiveLocalOriginFailures: () => pick([0, 3]),
    })
  const connectionPool = () =>
    some(0.7, {
      tcp: () =>
        some(0.4, {
          maxConnections: count,
          connectTimeout: duration,
          idleTimeout: duration,
          maxConnectionDuration: duration,
          tcpKeepalive: () => some(0.5, { time: duration, interval: duration, probes: () => 3 }),
        }),
      http: () =>
        some(0.35, {
          http1MaxPendingRequests: count,
          http2MaxRequests: count,
          maxRequestsPerConnection: count,
          maxRetries: count,
          maxConcurrentStreams: count,
          idleTimeout: duration,
          h2UpgradePolicy: () => pick(['UPGRADE', 'DEFAULT']),
          useClientProtocol: () => often(0.5),
          http2KeepAlive: () => some(0.6, { interval: duration, timeout: duration }),
        }),
    })
  const tls = () =>
    some(0.35, {
      mode: () => pick(['SIMPLE', 'MUTUAL', 'DISABLE', 'ISTIO_MUTUAL']),
      credentialName: () => 'secret',
      clientCertificate: () => '/c.pem',
      privateKey: () => '/k.pem',
      caCertificates: () => '/ca.pem',
      caCrl: () => '/crl.pem',
      insecureSkipVerify: () => often(0.5),
      subjectAltNames: () => ['x'],
    })
  const policy = (withPorts: boolean): Record<string, unknown> => ({
    ...some(0.5, { outlierDetection, connectionPool }),
    ...some(0.75, { loadBalancer }),
    ...some(0.15, { tls }),
    ...(withPorts && often(0.15)
      ? {
          portLevelSettings: list(2, () => ({
            ...some(0.8, { port: () => ({ number: 80 }) }),
            ...some(0.3, { outlierDetection, connectionPool, tls }),
          })),
        }
      : {}),
    ...some(0.05, {
      tunnel: () =>
        some(0.8, {
          protocol: () => pick(['CONNECT', 'POST', 'GET']),
          targetHost: () => pick(['example.com', '10.0.0.1', 'a_b']),
          targetPort: port,
        }),
      proxyProtocol: () => ({ version: pick(['V1', 'V2']) }),
    }),
  })
  const exportTo = () => list(3, () => pick(['*', '.', '~', 'shop', 'other', 'Not_One']))
  const destinationRule = () => ({
    host: host(),
    ...some(0.85, { trafficPolicy: () => policy(true) }),
    ...some(0.15, {
      subsets: () =>
        list(3, () => ({
          name: pick(['v1', 'v2', 'v1', '', 'a_b']),
          labels: labels(),
          ...some(0.3, { trafficPolicy: () => policy(false) }),
        })),
      exportTo,
      workloadSelector: () => pick([{}, { matchLabels: { app: 'x' } }, { matchLabels: { app: '*' } }]),
    }),
  })
  const endpoint = () => ({
    ...some(0.92, {
      address: () =>
        few(
          () => pick(['10.0.0.1', 'fd00::1', 'api.example.com']),
          ['', 'a_b', 'unix:///run/x.sock', 'unix://', 'unix:///x/', 'unix://@x', 'fe80::1%eth0', '1.2.3'],
        ),
    }),
    ...some(0.3, {
      ports: () => pick([{ http: 8080 }, { http: 0 }, { 'not-there': 80 }, { http: 1, a_b: 2 }]),
      network: () => 'network-west',
      locality: () => 'us-west/a',
      labels,
      weight: () => 3,
    }),
  })
  const serviceEntry = () => ({
    ...some(0.95, { hosts: () => list(often(0.7) ? 1 : 3, host) }),
    ...some(0.25, {
      addresses: () =>
        list(2, () => pick(['10.1.0.1', '10.1.0.0/24', 'fd00::/64', 'x', '10.1.0.0/33', '1/2/3', '10.1.0.1/0x', 'fd00::1'])),
    }),
    ...some(0.9, {
      ports: () =>
        list(3, () => ({
          number: port(),
          name: pick(['http', 'grpc', 'tcp-1', 'http', 'a_b', '']),
          ...some(0.8, {
            protocol: () => pick(['HTTP', 'TCP', 'GRPC', 'TLS', 'HTTPS', 'http', 'UDP', 'SCTP', 'Mongo', 'HTTP2']),
          }),
          ...some(0.2, { targetPort: port }),
        })),
      resolution: () => pick(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS', 'STATIC', 'DNS']),
    }),
    ...some(0.5, { endpoints: () => list(3, endpoint), location: () => pick(['MESH_INTERNAL', 'MESH_EXTERNAL']) }),
    ...some(0.12, { exportTo, workloadSelector: () => pick([{}, { labels: { app: 'x' } }, { labels: { app: '*' } }]) }),
  })
  const kind = pick(['DestinationRule', 'DestinationRule', 'ServiceEntry', 'ServiceEntry', 'WorkloadEntry'] as const)
  const spec = kind === 'DestinationRule' ? destinationRule() : kind === 'ServiceEntry' ? serviceEntry() : endpoint()
  return { op: 'validate', kind, namespace: 'shop', name: 'api', spec }
}

export interface Verdict {
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

export function validateCase({ kind, namespace, name, spec }: ValidationCase): Verdict {
  const object: KubeObject = { apiVersion: 'networking.istio.io/v1', kind, metadata: { name, namespace }, spec }
  const validate = {
    DestinationRule: validateDestinationRule,
    ServiceEntry: validateServiceEntry,
    WorkloadEntry: validateWorkloadEntry,
  }[kind]
  const { errors, warnings } = validate(object)
  for (const { field, fix } of [...errors, ...warnings]) {
    if (!field.startsWith('spec') || !/^[A-Z].*\.$/.test(fix)) throw new Error(`${field}: ${fix}`)
  }
  // Istio loses the warnings of parts such as these.
  const counted = warnings.filter(({ field }) => !/portLevelSettings|subsets/.test(field))
  return { errors: texts(errors.map(({ message }) => message)), warnings: texts(counted.map(({ message }) => message)) }
}

/** Istio's text is one line for one error, and a list for several. */
export function readVerdict({ error = '', warning = '' }: ValidationAnswer): Verdict {
  const split = (text: string) =>
    /^\d+ errors? occurred:/.test(text) ? [...text.matchAll(/^\t\* (.*)$/gm)].map(([, line]) => line!) : text === '' ? [] : [text]
  return { errors: texts(split(error)), warnings: texts(split(warning)) }
}

/** Each once: in what order, and how often, depends on Go's maps. */
function texts(messages: readonly string[]): string[] {
  return [...new Set(messages)].sort()
}
