import { formatTime } from '../../base/clock.js'
import { uuid } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ServerPorts } from '../contract.js'

interface Seed {
  readonly resource: string
  readonly key: string
  readonly object: KubeObject
}

/**
 * What every cluster has of its own from the start: the four system namespaces and the Service `kubernetes` with its
 * endpoints. `uid` becomes the uid of kube-system, which is what the world takes for the identity of a cluster.
 */
export function* bootstrapObjects(ports: ServerPorts, uid: string | undefined): Generator<Seed> {
  const creationTimestamp = formatTime(ports.clock.now())
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
        ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
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
      subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] }],
    },
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
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
    },
  }
}

/** The first address of the service range, as in every cluster. */
export const apiServiceAddress = '10.96.0.1'
