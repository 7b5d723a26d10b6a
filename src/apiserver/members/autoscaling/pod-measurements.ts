import { controllerOf } from '../../../kube/object/owner.js'
import type { LogicalCluster, ServerPorts } from '../../contract.js'
import type { MeasuredUsage } from '../../pod-access.js'
import type { Container, Pod } from '../engine/objects.js'
import { isKubeletUp } from '../nodes/chaos-state.js'
import { resourcesOf } from '../scheduler/requests.js'
import { isReady, isTerminating } from '../workloads/pods.js'
import { loadAnnotations, parseLoad } from './simulated-load.js'

export interface PodMeasurement {
  readonly pod: Pod
  readonly atMs: number
  /** Over how long the use of the processor is an average. */
  readonly windowMs: number
  readonly containers: readonly ContainerMeasurement[]
}

export interface ContainerMeasurement {
  readonly name: string
  /** Billionths of a core. */
  readonly cpuNano: number
  readonly memoryBytes: number
}

/** As often as metrics-server looks. */
const resolutionMs = 15_000
/** A container without requests uses so much, one with requests this share of them. */
const idle = { cpuMilli: 1, memoryBytes: 8 * 1024 * 1024 }
const share = { cpu: 0.25, memory: 0.5 }

interface Sample {
  readonly atMs: number
  readonly cpuMs: ReadonlyMap<string, number>
}

/**
 * What running pods use: those that are processes as it is measured, simulated ones as their annotations say. Looks when it is
 * asked, so that clusters nobody asks about cost nothing. Pods on nodes with a kubelet of their own are not known of.
 */
export class PodMeasurements {
  readonly #ports: Pick<ServerPorts, 'clock'>
  readonly #usage: (cluster: string, uid: string) => readonly MeasuredUsage[] | undefined
  /** By cluster and uid, of pods that are processes: an older sample to compare with, and the newest. */
  readonly #samples = new Map<string, { before: Sample | undefined; last: Sample }>()

  constructor(
    ports: Pick<ServerPorts, 'clock'>,
    usage: (cluster: string, uid: string) => readonly MeasuredUsage[] | undefined = () => undefined,
  ) {
    this.#ports = ports
    this.#usage = usage
  }

  /** Undefined when nothing of the pod runs. */
  of(cluster: LogicalCluster, pod: Pod): PodMeasurement | undefined {
    return this.#measure(cluster, pod, new Map())
  }

  /** Of the running pods of a namespace ('' for all) that are chosen. */
  *all(cluster: LogicalCluster, namespace: string, chosen: (pod: Pod) => boolean = () => true): Generator<PodMeasurement> {
    const sharers = new Map<string, number>()
    for (const pod of cluster.peekAll('pods', namespace) as Iterable<Pod>) {
      if (!chosen(pod)) continue
      const measured = this.#measure(cluster, pod, sharers)
      if (measured !== undefined) yield measured
    }
  }

  #measure(cluster: LogicalCluster, pod: Pod, sharers: Map<string, number>): PodMeasurement | undefined {
    if (pod.status?.phase !== 'Running' || !isKubeletUp(cluster, pod.spec.nodeName)) return undefined
    const used = this.#usage(cluster.name, pod.metadata.uid ?? '')
    return used === undefined ? this.#simulated(cluster, pod, sharers) : this.#process(cluster, pod, used)
  }

  #process(cluster: LogicalCluster, pod: Pod, used: readonly MeasuredUsage[]): PodMeasurement | undefined {
    if (used.length === 0) return undefined
    const atMs = this.#ports.clock.now()
    const key = `${cluster.name} ${pod.metadata.uid}`
    let known = this.#samples.get(key)
    const sample: Sample = { atMs, cpuMs: new Map(used.map(({ container, cpuMs }) => [container, cpuMs])) }
    if (known === undefined) {
      known = { before: undefined, last: sample }
      this.#samples.set(key, known)
      for (const oldest of this.#samples.keys()) {
        if (this.#samples.size <= mostSamples) break
        this.#samples.delete(oldest)
      }
    } else if (atMs - known.last.atMs >= resolutionMs) {
      known.before = known.last
      known.last = sample
    }
    const { before } = known
    const startedMs = Date.parse(pod.status?.startTime ?? '')
    const sinceMs = before?.atMs ?? (Number.isNaN(startedMs) ? atMs : startedMs)
    const windowMs = Math.max(atMs - sinceMs, 1000)
    const containers = used.map(({ container, cpuMs, memoryBytes }) => {
      const earlier = before?.cpuMs.get(container) ?? 0
      // A container that was started anew counts from zero.
      const spent = cpuMs >= earlier ? cpuMs - earlier : cpuMs
      return { name: container, cpuNano: Math.round((spent / windowMs) * 1e9), memoryBytes }
    })
    return { pod, atMs, windowMs, containers }
  }

  #simulated(cluster: LogicalCluster, pod: Pod, sharers: Map<string, number>): PodMeasurement {
    const atMs = this.#ports.clock.now()
    const ageMs = Math.max(0, atMs - Date.parse(pod.status?.startTime ?? ''))
    const running = runningContainers(pod)
    const load = (unit: 'cpu' | 'memory'): number | undefined => {
      const text = pod.metadata.annotations?.[loadAnnotations[unit]]
      const parsed = text === undefined ? undefined : parseLoad(text, unit)
      if (parsed === undefined) return undefined
      const ownerAge = parsed.shared ? atMs - ownerCreated(cluster, pod, atMs - ageMs) : ageMs
      const amount = parsed.at(Number.isNaN(ownerAge) ? 0 : ownerAge)
      if (!parsed.shared) return amount
      // A pod that is not ready gets none of it.
      return isReady(pod) && !isTerminating(pod) ? amount / sharersOf(cluster, pod, sharers) : 0
    }
    const [cpu, memory] = [load('cpu'), load('memory')]
    const requests = running.map((container) => resourcesOf(container.resources?.requests))
    const total = requests.reduce((sum, each) => ({ cpu: sum.cpu + each.cpu, memory: sum.memory + each.memory }), zero)
    const containers = running.map(({ name }, index) => {
      const own = requests[index] as { cpu: number; memory: number }
      const part = (all: number, mine: number) => (all > 0 ? mine / all : 1 / running.length)
      const cpuMilli = cpu === undefined ? (own.cpu > 0 ? own.cpu * share.cpu : idle.cpuMilli) : cpu * part(total.cpu, own.cpu)
      const bytes = own.memory > 0 ? own.memory * share.memory : idle.memoryBytes
      return {
        name,
        cpuNano: Math.round(cpuMilli * 1e6),
        memoryBytes: Math.round(memory === undefined ? bytes : memory * part(total.memory, own.memory)),
      }
    })
    return { pod, atMs, windowMs: resolutionMs, containers }
  }
}

const mostSamples = 4096
const zero = { cpu: 0, memory: 0 }

function runningContainers({ spec }: Pod): Container[] {
  return [...spec.containers, ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')]
}

/** A shared load is that of the workload: it goes on where it was when a pod comes or goes. */
function ownerCreated(cluster: LogicalCluster, pod: Pod, otherwise: number): number {
  const owner = controllerOf(pod)
  if (owner === undefined) return otherwise
  const type = cluster.api.catalogue().forKind(owner.apiVersion, owner.kind)
  const resource = type === undefined ? '' : type.group === '' ? type.plural : `${type.plural}.${type.group}`
  const created = Date.parse(cluster.peek(resource, `${pod.metadata.namespace}/${owner.name}`)?.metadata.creationTimestamp ?? '')
  return Number.isNaN(created) ? otherwise : created
}

function sharersOf(cluster: LogicalCluster, pod: Pod, known: Map<string, number>): number {
  const uid = controllerOf(pod)?.uid
  if (uid === undefined) return 1
  let count = known.get(uid)
  if (count === undefined) {
    count = 0
    for (const each of cluster.peekAll('pods', pod.metadata.namespace) as Iterable<Pod>) {
      if (controllerOf(each)?.uid === uid && each.status?.phase === 'Running' && isReady(each) && !isTerminating(each)) count++
    }
    known.set(uid, count)
  }
  return Math.max(1, count)
}
