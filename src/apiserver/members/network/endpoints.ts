import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { controllerReferenceTo } from '../../../kube/object/owner.js'
import type { MemberController, Work } from '../contract.js'
import { LabelIndex, sameLabels } from '../engine/label-index.js'
import type { Node, Pod, Service } from '../engine/objects.js'
import { isFinished, isReady, isTerminating } from '../workloads/pods.js'
import { keyIn } from '../workloads/replica-sets.js'

const serviceLabel = 'kubernetes.io/service-name'
const managedBy = 'endpointslice.kubernetes.io/managed-by'
const manager = 'endpointslice-controller.k8s.io'
const endpointsManagedBy = 'endpoints.kubernetes.io/managed-by'
/** Endpoints of a slice, as upstream's default. */
const mostInSlice = 100

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

interface Endpoint {
  pod: Pod
  ip: string
  ready: boolean
}

async function reconcileService(work: Work, pods: LabelIndex): Promise<undefined> {
  const service = work.cluster.peek('services', work.key) as Service | undefined
  if (service === undefined) {
    // Slices are owned by their Service; Endpoints are only named like it.
    const endpoints = work.cluster.peek('endpoints', work.key)
    if (endpoints?.metadata.labels?.[endpointsManagedBy] === 'endpoint-controller') await work.write.delete(endpoints)
    return undefined
  }
  const { selector } = service.spec
  if (isTerminating(service) || service.spec.type === 'ExternalName' || !selector || Object.keys(selector).length === 0)
    return undefined
  const groups = groupByPorts(service, endpointsOf(work, service, selector, pods))
  const slices = work.owned('endpointslices.discovery.k8s.io', service)
  await Promise.all([writeEndpoints(work, service, groups), writeSlices(work, service, groups, slices)])
  return undefined
}

function endpointsOf(work: Work, service: Service, selector: Record<string, string>, pods: LabelIndex): Endpoint[] {
  const namespace = service.metadata.namespace ?? ''
  const found: Endpoint[] = []
  for (const name of [...pods.candidates(work.cluster.name, namespace, selector)].sort()) {
    const pod = work.cluster.peek('pods', `${namespace}/${name}`) as Pod | undefined
    if (pod === undefined || !selects(selector, pod)) continue
    const ip = pod.status?.podIP
    if (ip === undefined || isFinished(pod)) continue
    found.push({ pod, ip, ready: service.spec.publishNotReadyAddresses === true || (isReady(pod) && !isTerminating(pod)) })
  }
  return found
}

interface PortGroup {
  ports: { name: string; port: number; protocol: string; appProtocol?: string }[]
  endpoints: Endpoint[]
}

/** Pods whose named ports differ stand in slices of their own. */
function groupByPorts(service: Service, endpoints: readonly Endpoint[]): PortGroup[] {
  const groups = new Map<string, PortGroup>()
  for (const endpoint of endpoints) {
    const ports = (service.spec.ports ?? []).flatMap(({ name = '', protocol = 'TCP', port, targetPort, appProtocol }) => {
      const number = resolvePort(endpoint.pod, targetPort ?? port, protocol)
      return number === undefined ? [] : [{ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }]
    })
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue
    const key = JSON.stringify(ports)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { ports, endpoints: [endpoint] })
    else group.endpoints.push(endpoint)
  }
  return [...groups.values()]
}

function resolvePort(pod: Pod, target: number | string, protocol: string): number | undefined {
  if (typeof target === 'number') return target
  for (const container of pod.spec.containers) {
    for (const port of container.ports ?? []) {
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort
    }
  }
  return undefined
}

async function writeEndpoints(work: Work, service: Service, groups: readonly PortGroup[]): Promise<void> {
  const address = ({ pod, ip }: Endpoint) => ({
    ip,
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {}),
    targetRef: referenceTo(pod),
  })
  const subsets = groups.map(({ ports, endpoints }) => {
    const ready = endpoints.filter((endpoint) => endpoint.ready).map(address)
    const notReady = endpoints.filter((endpoint) => !endpoint.ready).map(address)
    return {
      ...(ready.length > 0 ? { addresses: ready } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
      ...(ports.length > 0 ? { ports: ports.map(({ name, ...port }) => (name === '' ? port : { name, ...port })) } : {}),
    }
  })
  const labels = {
    ...service.metadata.labels,
    ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
    [endpointsManagedBy]: 'endpoint-controller',
  }
  const present = work.cluster.peek('endpoints', work.key)
  if (present === undefined) {
    await work.write.create<KubeObject>({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: service.metadata.name, namespace: service.metadata.namespace ?? 'default', labels },
      ...(subsets.length > 0 ? { subsets } : {}),
    })
  } else if (!equalJson(present['subsets'] ?? [], subsets) || !equalJson(present.metadata.labels, labels)) {
    await work.write.update({ ...present, metadata: { ...present.metadata, labels }, subsets })
  }
}

async function writeSlices(work: Work, service: Service, groups: readonly PortGroup[], present: KubeObject[]): Promise<void> {
  const wanted = groups.flatMap(({ ports, endpoints }) => {
    const parts: KubeObject[] = []
    for (let from = 0; from < endpoints.length; from += mostInSlice) {
      parts.push(sliceOf(work, service, ports, endpoints.slice(from, from + mostInSlice)))
    }
    return parts
  })
  if (wanted.length === 0) wanted.push(sliceOf(work, service, [], []))
  const left = [...present]
  const writes: Promise<unknown>[] = []
  for (const slice of wanted) {
    const at = Math.max(
      0,
      left.findIndex((candidate) => equalJson(candidate['ports'] ?? [], slice['ports'] ?? [])),
    )
    const [known] = left.splice(at, 1)
    if (known === undefined) writes.push(work.write.create(slice))
    else if (
      !equalJson(known['endpoints'] ?? [], slice['endpoints']) ||
      !equalJson(known['ports'] ?? [], slice['ports']) ||
      !equalJson(known.metadata.labels, slice.metadata.labels)
    ) {
      const metadata = { ...known.metadata, ...(slice.metadata.labels ? { labels: slice.metadata.labels } : {}) }
      writes.push(work.write.update({ ...known, metadata, endpoints: slice['endpoints'], ports: slice['ports'] }))
    }
  }
  for (const slice of left) writes.push(work.write.delete(slice))
  await Promise.all(writes)
}

function sliceOf(work: Work, service: Service, ports: PortGroup['ports'], endpoints: readonly Endpoint[]): KubeObject {
  const { name, namespace = 'default', labels } = service.metadata
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${name}-`,
      namespace,
      labels: {
        ...labels,
        ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
        [managedBy]: manager,
        [serviceLabel]: name,
      },
      ownerReferences: [controllerReferenceTo(service)],
    },
    addressType: 'IPv4',
    endpoints: endpoints.map(({ pod, ip, ready }) => ({
      addresses: [ip],
      conditions: { ready, serving: isReady(pod), terminating: isTerminating(pod) },
      ...(pod.spec.hostname && pod.spec.subdomain === name ? { hostname: pod.spec.hostname } : {}),
      ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName, ...zoneOf(work, pod.spec.nodeName) } : {}),
      targetRef: referenceTo(pod),
    })),
    ports,
  }
}

function zoneOf(work: Work, nodeName: string): { zone?: string } {
  const zone = (work.cluster.peek('nodes', nodeName) as Node | undefined)?.metadata.labels?.['topology.kubernetes.io/zone']
  return zone === undefined ? {} : { zone }
}

function referenceTo(pod: Pod): Record<string, string> {
  const { name, namespace = '', uid = '' } = pod.metadata
  return { kind: 'Pod', namespace, name, uid }
}
