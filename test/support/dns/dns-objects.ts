import type { KubeObject } from '../../../src/kube/object/kube-object.js'

// What the record-by-record comparison of name servers asks about: a namespace of each kind of Service.

const service = (name: string, spec: object, more: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop', ...more }, spec }) as KubeObject

interface SliceOptions {
  readonly service?: string
  readonly set?: { readonly service: string; readonly cluster: string }
  readonly addressType?: string
  readonly ports?: readonly object[]
}

const http = { name: 'http', port: 8080, protocol: 'TCP' }

function slice(name: string, endpoints: readonly object[], options: SliceOptions): KubeObject {
  const labels =
    options.set === undefined
      ? { 'kubernetes.io/service-name': options.service }
      : {
          'multicluster.kubernetes.io/service-name': options.set.service,
          'multicluster.kubernetes.io/source-cluster': options.set.cluster,
        }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', labels },
    addressType: options.addressType ?? 'IPv4',
    ports: options.ports ?? [http],
    endpoints,
  } as unknown as KubeObject
}

const at = (address: string, hostname?: string, conditions: object = { ready: true }) => ({
  addresses: [address],
  conditions,
  ...(hostname === undefined ? {} : { hostname }),
})

const imported = (name: string, spec: object): KubeObject =>
  ({
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ServiceImport',
    metadata: { name, namespace: 'shop' },
    spec,
  }) as KubeObject

const ready = { ready: true }
const sqlPorts = [
  { name: 'sql', port: 5432, protocol: 'TCP' },
  { name: 'stats', port: 9187, protocol: 'TCP' },
]

export const dnsObjects: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'empty' } },
  service('web', {
    clusterIP: '10.96.7.1',
    ports: [
      { name: 'http', port: 80 },
      { name: 'https', port: 443 },
    ],
  }),
  slice('web-1', [at('10.244.1.1'), at('10.244.1.2', undefined, { ready: false })], { service: 'web' }),
  service('bare', { clusterIP: '10.96.7.2', ports: [{ port: 8080 }] }),
  service('both', {
    clusterIP: '10.96.7.3',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
  }),
  service('same', {
    clusterIP: '10.96.7.4',
    ports: [
      { name: 'quic', port: 443, protocol: 'UDP' },
      { name: 'tls', port: 443, protocol: 'TCP' },
    ],
  }),
  service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
  slice('db-1', [at('10.244.2.1', 'db-0'), at('10.244.2.2', 'db-1'), at('10.244.2.3')], { service: 'db', ports: sqlPorts }),
  slice('db-2', [at('10.244.2.4', 'db-2', { ready: false, serving: true })], { service: 'db', ports: sqlPorts }),
  slice('db-3', [at('fd00::2:1', 'db-0')], { service: 'db', ports: sqlPorts, addressType: 'IPv6' }),
  service('quiet', { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] }),
  slice('quiet-1', [at('10.244.3.1', undefined, { ready: false })], { service: 'quiet' }),
  service('early', { clusterIP: 'None', publishNotReadyAddresses: true, ports: [{ name: 'http', port: 80 }] }),
  // As the controller writes it: what is published counts as ready.
  slice('early-1', [at('10.244.4.1', 'early-0', { ready: true, serving: false })], { service: 'early' }),
  service('nothing', { clusterIP: 'None' }),
  service('noports', { clusterIP: 'None' }),
  slice('noports-1', [at('10.244.5.1', 'one', ready)], { service: 'noports', ports: [] }),
  service('away', { type: 'ExternalName', externalName: 'www.example.com' }),
  service('alias', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
  service('lost', { type: 'ExternalName', externalName: 'gone.shop.svc.cluster.local' }),
  imported('api', {
    type: 'ClusterSetIP',
    ips: ['10.96.9.1'],
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'tcp', port: 42, protocol: 'TCP' },
      { name: 'udp', port: 42, protocol: 'UDP' },
    ],
  }),
  slice('api-east', [at('10.244.6.1'), at('10.244.6.2')], { set: { service: 'api', cluster: 'us-east' } }),
  imported('nameless', { type: 'ClusterSetIP', ips: ['10.96.9.2'], ports: [{ port: 80, protocol: 'TCP' }] }),
  imported('store', { type: 'Headless', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] }),
  slice('store-east', [at('10.244.7.1', 'store-0'), at('10.244.7.2')], {
    set: { service: 'store', cluster: 'us-east' },
    ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
  }),
  slice('store-west', [at('10.244.8.1', 'store-0')], {
    set: { service: 'store', cluster: 'us-west' },
    ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
  }),
  imported('idle', { type: 'Headless', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] }),
]

const cluster = (name: string) => `${name}cluster.local`
const set = (name: string) => `${name}clusterset.local`

/** Every name that is asked for, each with every type. */
export const dnsNames: readonly string[] = [
  ...[
    ...[
      '',
      'svc.',
      'pod.',
      'shop.svc.',
      'empty.svc.',
      'absent.svc.',
      'web.absent.svc.',
      'shop.pod.',
      'dns-version.',
      'x.dns-version.',
    ],
    ...['web', 'bare', 'both', 'same', 'db', 'quiet', 'early', 'nothing', 'noports', 'away', 'alias', 'lost', 'gone'].map(
      (name) => `${name}.shop.svc.`,
    ),
    ...[
      '_http._tcp.web',
      '_https._tcp.web',
      '_http._udp.web',
      '_ftp._tcp.web',
      '_tcp.web',
      '_udp.web',
      '_._tcp.bare',
      '_tcp.bare',
    ].map((name) => `${name}.shop.svc.`),
    ...['_dns._udp.both', '_dns-tcp._tcp.both', '_dns._tcp.both', '_quic._udp.same', '_tls._tcp.same'].map(
      (name) => `${name}.shop.svc.`,
    ),
    ...[
      '_sql._tcp.db',
      '_stats._tcp.db',
      'db-0.db',
      'db-1.db',
      'db-2.db',
      '10-244-2-3.db',
      '10-244-2-1.db',
      'x.db',
      'x.db-0.db',
    ].map((name) => `${name}.shop.svc.`),
    ...['10-244-1-1.web', '10-244-1-2.web', 'early-0.early', 'one.noports', '_http._tcp.noports', 'x.away', 'http.tcp.web'].map(
      (name) => `${name}.shop.svc.`,
    ),
    ...['10-244-1-1.shop.pod.', '10-244-1-999.shop.pod.', 'web.shop.pod.', '1-2-3-4.absent.pod.', 'fd00--2-1.shop.pod.'],
    ...[
      'kubernetes.default.svc.',
      '_https._tcp.kubernetes.default.svc.',
      'a.b.c.d.web.shop.svc.',
      'nothing-here.',
      'ns.dns.',
      'dns.',
    ],
  ].map(cluster),
  ...[
    ...['', 'svc.', 'shop.svc.', 'empty.svc.', 'absent.svc.', 'dns-version.', 'pod.', 'shop.pod.'],
    ...['api', 'nameless', 'store', 'idle', 'web', 'gone'].map((name) => `${name}.shop.svc.`),
    ...[
      '_http._tcp.api',
      '_tcp._tcp.api',
      '_udp._udp.api',
      '_http._udp.api',
      '_tcp.api',
      'us-east.api',
      '10-244-6-1.us-east.api',
    ].map((name) => `${name}.shop.svc.`),
    ...[
      'store-0.us-east.store',
      'store-0.us-west.store',
      '10-244-7-2.us-east.store',
      'store-1.us-east.store',
      'us-east.store',
    ].map((name) => `${name}.shop.svc.`),
    ...['_sql._tcp.store', '_tcp.store', '_sql._udp.store', 'store-0.store', 'us-north.store', '_sql._tcp.idle'].map(
      (name) => `${name}.shop.svc.`,
    ),
  ].map(set),
  ...['1.7.96.10', '3.7.96.10', '1.2.244.10', '3.2.244.10', '1.1.244.10', '4.2.244.10', '99.99.96.10', '1.9.96.10'].map(
    (name) => `${name}.in-addr.arpa`,
  ),
  '1.0.0.0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa',
  'example.com',
]
