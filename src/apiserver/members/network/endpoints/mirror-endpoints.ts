import { equalJson } from '../../../../base/json.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import { controllerReferenceTo } from '../../../../kube/object/owner.js'
import type { MemberController, Work } from '../../contract.js'
import type { Service } from '../../engine/objects.js'
import { keyIn } from '../../workloads/replica-sets.js'
import {
  type EndpointSlice,
  managedByLabel,
  portsKey,
  type SliceEndpoint,
  type SlicePort,
  serviceLabel,
  slicePrefix,
} from './endpoint-types.js'
import { type EndpointAddress, endpointsManagedBy, type Subset } from './endpoints-object.js'

const manager = 'endpointslicemirroring-controller.k8s.io'
/** Of a subset; what is more is left out, with an Event. */
const mostOfSubset = 1000
const notMirrored: ReadonlySet<string> = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
])

type Endpoints = KubeObject & { subsets?: Subset[] }

/** Writes the EndpointSlices of Endpoints that a user made for a Service without a selector. */
export const mirrorEndpoints: MemberController = {
  name: 'endpointslicemirroring-controller',
  manager: 'kube-controller-manager',
  watches: {
    endpoints(change, queue) {
      // Nearly all are a controller's own, and have slices of another one.
      const isManaged = ({ metadata }: KubeObject) => metadata.labels?.[endpointsManagedBy] === 'endpoint-controller'
      if (isManaged(change.object) && (change.previous === undefined || isManaged(change.previous))) return
      queue.addSoon(keyIn(change))
    },
    services(change, queue) {
      const { object, previous } = change
      if (!hasSelector(object as Service) || (previous !== undefined && !hasSelector(previous as Service)))
        queue.addSoon(keyIn(change))
    },
  },
  async reconcile(work) {
    const endpoints = work.cluster.peek('endpoints', work.key) as Endpoints | undefined
    // Slices are owned by their Endpoints: the garbage collector takes them along.
    if (endpoints === undefined || endpoints.metadata.deletionTimestamp !== undefined) return undefined
    const service = work.cluster.peek('services', work.key) as Service | undefined
    const present = work
      .owned<EndpointSlice>('endpointslices.discovery.k8s.io', endpoints)
      .filter((slice) => slice.metadata.labels?.[managedByLabel] === manager)
    const mirrored = service !== undefined && !hasSelector(service) && wantsMirror(endpoints)
    await writeSlices(work, endpoints, mirrored ? groupSubsets(endpoints.subsets ?? []) : [], present)
    return undefined
  },
}

function hasSelector({ spec }: Service): boolean {
  return Object.keys(spec.selector ?? {}).length > 0
}

function wantsMirror({ metadata }: Endpoints): boolean {
  const skipped = metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] === 'true'
  return !skipped && metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined
}

interface Group {
  readonly type: 'IPv4' | 'IPv6'
  readonly ports: readonly SlicePort[]
  readonly endpoints: SliceEndpoint[]
  skipped: number
}

/** A slice for each set of ports and family of addresses. An address in several subsets with these ports is one. */
function groupSubsets(subsets: readonly Subset[]): Group[] {
  const groups = new Map<string, Group & { known: Set<string> }>()
  for (const subset of subsets) {
    const ports = (subset.ports ?? []).map(({ name = '', port = 0, protocol = 'TCP', appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol ? { appProtocol } : {}),
    }))
    const add = (address: EndpointAddress, ready: boolean) => {
      const type = address.ip.includes(':') ? 'IPv6' : 'IPv4'
      const key = `${type} ${portsKey(ports)}`
      let group = groups.get(key)
      if (group === undefined) groups.set(key, (group = { type, ports, endpoints: [], skipped: 0, known: new Set() }))
      const { ip, hostname, nodeName, targetRef } = address
      const identity = JSON.stringify([ip, hostname, targetRef])
      if (group.known.has(identity)) return
      group.known.add(identity)
      if (group.endpoints.length >= mostOfSubset) group.skipped++
      else {
        group.endpoints.push({
          addresses: [ip],
          conditions: { ready },
          ...(hostname ? { hostname } : {}),
          ...(nodeName ? { nodeName } : {}),
          ...(targetRef ? { targetRef } : {}),
        })
      }
    }
    for (const address of subset.addresses ?? []) add(address, true)
    for (const address of subset.notReadyAddresses ?? []) add(address, false)
  }
  return [...groups.values()]
}

async function writeSlices(
  work: Work,
  endpoints: Endpoints,
  groups: readonly Group[],
  present: readonly EndpointSlice[],
): Promise<void> {
  const left = new Map(present.map((slice) => [`${slice.addressType} ${portsKey(slice.ports)}`, slice]))
  const extra = present.filter((slice) => ![...left.values()].includes(slice))
  const writes: Promise<unknown>[] = []
  for (const group of groups) {
    const key = `${group.type} ${portsKey(group.ports)}`
    const known = left.get(key)
    left.delete(key)
    const wanted = sliceOf(endpoints, group)
    if (known === undefined) writes.push(work.write.create(wanted))
    else if (!isSame(known, wanted)) {
      const { labels = {}, annotations = {} } = wanted.metadata
      writes.push(work.write.update({ ...wanted, metadata: { ...known.metadata, labels, annotations } }))
    }
    if (group.skipped > 0) {
      const message = `A max of ${mostOfSubset} addresses can be mirrored to EndpointSlices per Endpoints subset. ${group.skipped} addresses were skipped`
      writes.push(work.write.warn(endpoints, 'TooManyAddressesToMirror', message, work.nowText()))
    }
  }
  for (const slice of [...left.values(), ...extra]) writes.push(work.write.delete(slice))
  await Promise.all(writes)
}

function isSame(known: EndpointSlice, wanted: EndpointSlice): boolean {
  return (
    equalJson(known.endpoints ?? [], wanted.endpoints) &&
    equalJson(known.metadata.labels, wanted.metadata.labels) &&
    equalJson(known.metadata.annotations ?? {}, wanted.metadata.annotations)
  )
}

function sliceOf(endpoints: Endpoints, { type, ports, endpoints: list }: Group): EndpointSlice {
  const { name, namespace = 'default', labels, annotations } = endpoints.metadata
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !notMirrored.has(key))
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: slicePrefix(name),
      namespace,
      labels: { ...labels, [serviceLabel]: name, [managedByLabel]: manager },
      annotations: Object.fromEntries(kept),
      ownerReferences: [controllerReferenceTo(endpoints)],
    },
    addressType: type,
    endpoints: list,
    ports: [...ports],
  }
}
