import { formatTime } from '../../base/clock.js'
import { equalJson } from '../../base/json.js'
import { uuid } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ClusterNetwork, ServerPorts } from '../contract.js'
import { defaultServiceRange } from '../registry/allocation/allocations.js'
import { formatAddress, parseRange } from '../registry/allocation/ipv4.js'

interface Seed {
  readonly resource: string
  readonly key: string
  readonly object: KubeObject
  /** The stored object with what has to be otherwise now; undefined when it is fine, or is left as it is. */
  readonly renew?: (present: KubeObject) => KubeObject | undefined
}

export interface ClusterPlace {
  /** Becomes the uid of kube-system, which is what the world takes for the identity of a cluster. */
  readonly uid?: string | undefined
  readonly network?: ClusterNetwork | undefined
  /** Where the API is served. */
  readonly api?: { readonly host: string; readonly port: number } | undefined
}

/**
 * What every cluster has of its own from the start: the four system namespaces, the Service `kubernetes` with its endpoints,
 * and in a cluster with a network its range of Service addresses. The Service moves when the range does; its endpoints follow
 * the API's address.
 */
export function* bootstrapObjects(ports: ServerPorts, place: ClusterPlace): Generator<Seed> {
  const creationTimestamp = formatTime(ports.clock.now())
  const { uid, network, api = { host: '127.0.0.1', port: 6443 } } = place
  const apiServiceAddress = firstAddressOf(network?.serviceRange ?? defaultServiceRange)
  const endpointPort = { name: 'https', port: api.port, protocol: 'TCP' }
  for (const name of ['kube-system', 'kube-public', 'kube-node-lease', 'default']) {
    yield {
      resource: 'namespaces',
      key: name,
      object: {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name,
          uid: name === 'kube-system' && uid !== undefined ? uid : uuid(ports.random),
          creationTimestamp,
          labels: { 'kubernetes.io/metadata.name': name },
        },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      },
    }
  }
  yield {
    resource: 'services',
    key: 'default/kubernetes',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        uid: uuid(ports.random),
        creationTimestamp,
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: api.port }],
        clusterIP: apiServiceAddress,
        clusterIPs: [apiServiceAddress],
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
      },
      status: { loadBalancer: {} },
    },
    renew: (present) => {
      const spec = present['spec'] as { clusterIP?: string; ports?: { targetPort?: unknown }[] }
      const held = spec.clusterIP === apiServiceAddress && spec.ports?.[0]?.targetPort === api.port
      const moved = { clusterIP: apiServiceAddress, clusterIPs: [apiServiceAddress] }
      return held ? undefined : { ...present, spec: { ...spec, ...moved, ports: [{ ...spec.ports?.[0], targetPort: api.port }] } }
    },
  }
  yield {
    resource: 'endpoints',
    key: 'default/kubernetes',
    object: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        uid: uuid(ports.random),
        creationTimestamp,
        labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
      },
      subsets: [{ addresses: [{ ip: api.host }], ports: [endpointPort] }],
    },
    renew: renewFields({ subsets: [{ addresses: [{ ip: api.host }], ports: [endpointPort] }] }),
  }
  yield {
    resource: 'endpointslices.discovery.k8s.io',
    key: 'default/kubernetes',
    object: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        uid: uuid(ports.random),
        generation: 1,
        creationTimestamp,
        labels: { 'kubernetes.io/service-name': 'kubernetes' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [api.host], conditions: { ready: true } }],
      ports: [endpointPort],
    },
    renew: renewFields({ endpoints: [{ addresses: [api.host], conditions: { ready: true } }], ports: [endpointPort] }),
  }
  if (network === undefined) return
  yield {
    resource: 'servicecidrs.networking.k8s.io',
    key: 'kubernetes',
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes', uid: uuid(ports.random), creationTimestamp },
      spec: { cidrs: [network.serviceRange] },
      status: {},
    },
    renew: renewFields({ spec: { cidrs: [network.serviceRange] } }),
  }
}

function renewFields(fields: Record<string, unknown>): (present: KubeObject) => KubeObject | undefined {
  return (present) => {
    const held = Object.entries(fields).every(([name, value]) => equalJson(present[name], value))
    return held ? undefined : { ...present, ...fields }
  }
}

/** The address of the Service `kubernetes`, as in every cluster. */
function firstAddressOf(serviceRange: string): string {
  return formatAddress(parseRange(serviceRange).first + 1)
}
