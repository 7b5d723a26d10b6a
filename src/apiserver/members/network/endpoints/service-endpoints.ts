import { equalJson } from '../../../../base/json.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import { controllerReferenceTo } from '../../../../kube/object/owner.js'
import type { MemberController, Work } from '../../contract.js'
import { LabelIndex, sameLabels } from '../../engine/label-index.js'
import type { Node, Pod, Service } from '../../engine/objects.js'
import { isFinished, isReady, isTerminating } from '../../workloads/pods.js'
import { keyIn } from '../../workloads/replica-sets.js'
import {
  type EndpointSlice,
  headlessLabel,
  managedByLabel,
  portsKey,
  type SliceEndpoint,
  type SlicePort,
  serviceLabel,
  slicePrefix,
} from './endpoint-types.js'
import { endpointsLabels, headlessLabelOf, overCapacity, packSubsets } from './endpoints-object.js'
import { planSlices } from './plan-slices.js'

const manager = 'endpointslice-controller.k8s.io'

/** Writes the Endpoints and EndpointSlices of Services with a selector. */
export function createEndpoints(): MemberController {
  const pods = new LabelIndex((pod) => pod.metadata.labels)
  const services = new LabelIndex((service) => (service as Service).spec.selector)
  return {
    name: 'endpointslice-controller',
    manager: 'kube-controller-manager',
    watches: {
      services(change, queue) {
        services.hear(change)
        // Its pods often come about with it.
        queue.addSoon(keyIn(change))
      },
      pods(change, queue) {
        const { cluster, object, previous, type } = change
        pods.hear(change)
        if (type === 'MODIFIED' && previous !== undefined && !concernsEndpoints(previous as Pod, object as Pod)) return
        const namespace = object.metadata.namespace ?? ''
        for (const state of previous === undefined || type === 'DELETED' ? [object] : [object, previous]) {
          for (const name of services.withAny(cluster, namespace, state.metadata.labels)) queue.addSoon(`${namespace}/${name}`)
        }
      },
      // What somebody else deletes is made again. (Their changes to it stay until the next one of ours.)
      endpoints(change, queue) {
        if (change.type === 'DELETED') queue.addSoon(keyIn(change))
      },
      'endpointslices.discovery.k8s.io'({ object, type }, queue) {
        const { labels, namespace } = object.metadata
        if (type === 'DELETED' && labels?.[managedByLabel] === manager) queue.addSoon(`${namespace}/${labels[serviceLabel]}`)
      },
    },
    reconcile: (work) => reconcileService(work, pods),
    forget(cluster) {
      pods.forget(cluster)
      services.forget(cluster)
    },
  }
}

function selects(selector: Record<string, string>, pod: KubeObject): boolean {
  const labels = pod.metadata.labels ?? {}
  for (const key in selector) if (labels[key] !== selector[key]) return false
  return true
}

function concernsEndpoints(before: Pod, after: Pod): boolean {
  return (
    before.status?.podIP !== after.status?.podIP ||
    isReady(before) !== isReady(after) ||
    isTerminating(before) !== isTerminating(after) ||
    isFinished(before) !== isFinished(after) ||
    !sameLabels(before.metadata.labels, after.metadata.labels)
  )
}

async function reconcileService(work: Work, pods: LabelIndex): Promise<undefined> {
  const service = work.cluster.peek('services', work.key) as Service | undefined
  if (service === undefined) {
    // Slices are owned by their Service; Endpoints are only named like it, and go with it even when a user wrote them.
    const endpoints = work.cluster.peek('endpoints', work.key)
    if (endpoints !== undefined && !isOfLeaderElection(endpoints)) await work.write.delete(endpoints)
    return undefined
  }
  const { selector } = service.spec
  if (isTerminating(service) || service.spec.type === 'ExternalName' || !selector || Object.keys(selector).length === 0)
    return undefined
  const found = podsOf(work, service, selector, pods)
  const slices = work.owned<EndpointSlice>('endpointslices.discovery.k8s.io', service)
  await Promise.all([writeEndpoints(work, service, found), writeSlices(work, service, found, slices)])
  return undefined
}

function isOfLeaderElection(endpoints: KubeObject): boolean {
  return endpoints.metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] !== undefined
}

interface SelectedPod {
  readonly pod: Pod
  readonly ip: string
  readonly ports: readonly SlicePort[]
}

/** Pods with an address that have not ended, with the ports of the Service that they have. */
function podsOf(work: Work, service: Service, selector: Record<string, string>, pods: LabelIndex): SelectedPod[] {
  const namespace = service.metadata.namespace ?? ''
  const found: SelectedPod[] = []
  for (const name of [...pods.candidates(work.cluster.name, namespace, selector)].sort()) {
    const pod = work.cluster.peek('pods', `${namespace}/${name}`) as Pod | undefined
    if (pod === undefined || !selects(selector, pod)) continue
    const ip = pod.status?.podIP
    if (ip === undefined || isFinished(pod)) continue
    const ports = (service.spec.ports ?? []).flatMap(
      ({ name: portName = '', protocol = 'TCP', port, targetPort, appProtocol }) => {
        const number = resolvePort(pod, targetPort ?? port, protocol)
        return number === undefined ? [] : [{ name: portName, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }]
      },
    )
    found.push({ pod, ip, ports })
  }
  return found
}

function resolvePort(pod: Pod, target: number | string, protocol: string): number | undefined {
  if (typeof target === 'number') return target
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  for (const container of [...pod.spec.containers, ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort
    }
  }
  return undefined
}

async function writeEndpoints(work: Work, service: Service, found: readonly SelectedPod[]): Promise<void> {
  const published = service.spec.publishNotReadyAddresses === true
  const portless = (service.spec.ports ?? []).length === 0
  const { subsets, truncated } = packSubsets(
    found
      .filter(({ pod, ports }) => (published || !isTerminating(pod)) && (portless || ports.length > 0))
      .map(({ pod, ip, ports }) => ({
        address: {
          ip,
          ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
          ...(hasHostname(pod, service) ? { hostname: pod.spec.hostname as string } : {}),
          targetRef: referenceTo(pod),
        },
        ready: published || isReady(pod),
        ports,
      })),
  )
  const labels = endpointsLabels(service)
  const present = work.cluster.peek('endpoints', work.key)
  if (present === undefined) {
    await work.write.create<KubeObject>({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name: service.metadata.name,
        namespace: service.metadata.namespace ?? 'default',
        labels,
        ...(truncated ? { annotations: { [overCapacity]: 'truncated' } } : {}),
      },
      ...(subsets.length > 0 ? { subsets } : {}),
    })
    return
  }
  const { [overCapacity]: _, ...others } = present.metadata.annotations ?? {}
  const annotations = { ...others, ...(truncated ? { [overCapacity]: 'truncated' } : {}) }
  const same =
    equalJson(present['subsets'] ?? [], subsets) &&
    equalJson(present.metadata.labels, labels) &&
    equalJson(present.metadata.annotations ?? {}, annotations)
  if (!same) await work.write.update({ ...present, metadata: { ...present.metadata, labels, annotations }, subsets })
}

async function writeSlices(
  work: Work,
  service: Service,
  found: readonly SelectedPod[],
  present: readonly EndpointSlice[],
): Promise<void> {
  const labels = sliceLabels(service)
  const groups = new Map<string, { ports: readonly SlicePort[]; endpoints: SliceEndpoint[]; slices: EndpointSlice[] }>()
  const groupOf = (ports: readonly SlicePort[]) => {
    const key = portsKey(ports)
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { ports, endpoints: [], slices: [] }))
    return group
  }
  for (const selected of found) groupOf(selected.ports).endpoints.push(endpointOf(work, service, selected))
  for (const slice of present) groupOf(slice.ports ?? []).slices.push(slice)
  const creates: { endpoints: SliceEndpoint[]; ports: readonly SlicePort[] }[] = []
  const removes: EndpointSlice[] = []
  const writes: Promise<unknown>[] = []
  const update = (slice: EndpointSlice, endpoints: SliceEndpoint[], ports: readonly SlicePort[]) =>
    writes.push(work.write.update({ ...slice, metadata: { ...slice.metadata, labels }, endpoints, ports: [...ports] }))
  for (const { ports, endpoints, slices } of groups.values()) {
    const plan = planSlices(slices, endpoints)
    const written = new Set(plan.update.map(({ slice }) => slice))
    for (const { slice, endpoints: next } of plan.update) update(slice, next, ports)
    creates.push(...plan.create.map((next) => ({ endpoints: next, ports })))
    removes.push(...plan.remove)
    for (const slice of slices) {
      if (written.has(slice) || plan.remove.includes(slice) || equalJson(slice.metadata.labels, labels)) continue
      update(slice, slice.endpoints ?? [], ports)
    }
  }
  // A Service without endpoints has one slice to show for it.
  if (found.length === 0) {
    const placeholder = removes.findIndex((slice) => (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0)
    const [kept] = placeholder < 0 ? [] : removes.splice(placeholder, 1)
    if (kept === undefined) creates.push({ endpoints: [], ports: [] })
    else if (!equalJson(kept.metadata.labels, labels)) update(kept, [], [])
  }
  for (const { endpoints, ports } of creates) {
    const reused = removes.shift()
    if (reused !== undefined) update(reused, endpoints, ports)
    else writes.push(work.write.create(sliceOf(service, labels, endpoints, ports)))
  }
  for (const slice of removes) writes.push(work.write.delete(slice))
  await Promise.all(writes)
}

/** Labels of the Service go over to its slices, but for those that slices have of their own. */
function sliceLabels(service: Service): Record<string, string> {
  const { [serviceLabel]: _, [managedByLabel]: __, [headlessLabel]: ___, ...labels } = service.metadata.labels ?? {}
  return { ...labels, ...headlessLabelOf(service), [managedByLabel]: manager, [serviceLabel]: service.metadata.name }
}

function sliceOf(
  service: Service,
  labels: Record<string, string>,
  endpoints: SliceEndpoint[],
  ports: readonly SlicePort[],
): EndpointSlice {
  const { name, namespace = 'default' } = service.metadata
  const metadata = {
    name: '',
    generateName: slicePrefix(name),
    namespace,
    labels,
    ownerReferences: [controllerReferenceTo(service)],
  }
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints, ports: [...ports] }
}

function endpointOf(work: Work, service: Service, { pod, ip }: SelectedPod): SliceEndpoint {
  const ready = service.spec.publishNotReadyAddresses === true || (isReady(pod) && !isTerminating(pod))
  const zone = pod.spec.nodeName ? zoneOf(work, pod.spec.nodeName) : undefined
  return {
    addresses: [ip],
    conditions: { ready, serving: isReady(pod), terminating: isTerminating(pod) },
    ...(hasHostname(pod, service) ? { hostname: pod.spec.hostname as string } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone === undefined ? {} : { zone }),
    ...(ready && zone !== undefined && prefersClose(service) ? { hints: { forZones: [{ name: zone }] } } : {}),
    targetRef: referenceTo(pod),
  }
}

function prefersClose({ metadata, spec }: Service): boolean {
  const mode =
    metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] ??
    metadata.annotations?.['service.kubernetes.io/topology-mode']
  return spec['trafficDistribution'] === 'PreferClose' && mode !== 'Auto' && mode !== 'auto'
}

function hasHostname(pod: Pod, service: Service): boolean {
  return Boolean(pod.spec.hostname) && pod.spec.subdomain === service.metadata.name
}

function zoneOf(work: Work, nodeName: string): string | undefined {
  return (work.cluster.peek('nodes', nodeName) as Node | undefined)?.metadata.labels?.['topology.kubernetes.io/zone']
}

function referenceTo(pod: Pod): { kind: string; namespace: string; name: string; uid: string } {
  const { name, namespace = '', uid = '' } = pod.metadata
  return { kind: 'Pod', namespace, name, uid }
}
