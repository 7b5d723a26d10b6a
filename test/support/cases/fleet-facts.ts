import type { KubeObject } from '../../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../../src/kube/object/resource-type.js'
import type { EndpointSlice } from '../../../src/services/model/kube-kinds.js'
import { multiClusterNames } from '../../../src/services/model/multi-cluster-names.js'
import type { ClusterFacts, FleetFacts } from '../../../src/services/model/service-dialect.js'
import type { ClusterReach } from '../../../src/services/model/service-model.js'
import { placeOf } from '../worlds/sample-fleet.js'

export interface ClusterSketch {
  readonly name: string
  readonly objects: readonly KubeObject[]
  readonly labels?: Readonly<Record<string, string>>
  readonly network?: string
  /** `region/zone`: of the cluster and of all of its nodes. */
  readonly place?: string
  readonly reach?: ClusterReach
}

/** Facts for dialects, out of plain objects. */
export function fleetFacts(clusters: readonly ClusterSketch[], hub: readonly KubeObject[] = []): FleetFacts {
  const facts = clusters.map(clusterFacts).sort((a, b) => (a.name < b.name ? -1 : 1))
  return {
    clusters: facts,
    cluster: (name) => facts.find((each) => each.name === name),
    hubObjects: (type, where) => select(hub, type, where),
  }
}

function clusterFacts(sketch: ClusterSketch): ClusterFacts {
  const { name, objects } = sketch
  const find = (kind: string, wanted: { namespace?: string; name: string }) =>
    objects.find(
      ({ kind: own, metadata }) => own === kind && metadata.name === wanted.name && metadata.namespace === wanted.namespace,
    )
  const locality = placeOf(sketch.place ?? '')
  return {
    name,
    id: name,
    labels: sketch.labels ?? {},
    network: sketch.network ?? '',
    locality,
    reach: sketch.reach ?? 'reachable',
    hasNamespace: (namespace) => objects.some(({ metadata }) => metadata.namespace === namespace),
    namespace: (wanted) => find('Namespace', { name: wanted }),
    service: (wanted) => find('Service', wanted),
    slices: (wanted) =>
      objects.filter(
        ({ kind, metadata }) =>
          kind === 'EndpointSlice' &&
          metadata.namespace === wanted.namespace &&
          metadata.labels?.[multiClusterNames.kubeServiceLabel] === wanted.name,
      ),
    objects: (type, where) => select(objects, type, where),
    localityOfNode: () => locality,
  }
}

function select(
  objects: readonly KubeObject[],
  type: ResourceType,
  where: { namespace?: string; name?: string } = {},
): KubeObject[] {
  return objects.filter(
    ({ kind, metadata }) =>
      kind === type.kind &&
      (where.namespace === undefined || metadata.namespace === where.namespace) &&
      (where.name === undefined || metadata.name === where.name),
  )
}

export function serviceObject(name: string, annotations: Record<string, string> = {}, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop', annotations, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { ports: [{ name: 'http', port: 80 }], ...spec },
  }
}

export function sliceObject(service: string, addresses: readonly string[], ready = true): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${service}-1`, namespace: 'shop', labels: { [multiClusterNames.kubeServiceLabel]: service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready } })),
  }
}
