import { formatTime } from '../../../../base/clock.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { LogicalCluster } from '../../../contract.js'
import type { MeasuredUsage, PodAccess } from '../../../pod-access.js'
import { nodeNameOf } from '../pod-target.js'

interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly running?: { readonly startedAt?: string } }
}

/** A pod that runs, with what was measured of it; nothing is measured of simulated ones. */
export interface MeasuredPod {
  readonly pod: KubeObject
  readonly containers: readonly (ContainerStatus & { readonly usage: MeasuredUsage | undefined })[]
}

export function podsOfNode(cluster: LogicalCluster, node: string): KubeObject[] {
  const pods: KubeObject[] = []
  for (const pod of cluster.peekAll('pods')) if (nodeNameOf(pod) === node) pods.push(pod)
  return pods
}

function runningContainers(pod: KubeObject): ContainerStatus[] {
  const status = pod.status as { containerStatuses?: readonly ContainerStatus[] } | undefined
  return (status?.containerStatuses ?? []).filter((each) => each.state?.running !== undefined)
}

export function measure(cluster: string, pods: readonly KubeObject[], access: PodAccess): MeasuredPod[] {
  const measured: MeasuredPod[] = []
  for (const pod of pods) {
    const running = runningContainers(pod)
    if (running.length === 0) continue
    const usages = access.usage?.(cluster, pod.metadata.uid ?? '')
    const containers = running.map((each) => ({ ...each, usage: usages?.find(({ container }) => container === each.name) }))
    measured.push({ pod, containers })
  }
  return measured
}

/** How much runs on the node. */
export function kubeletMetrics(node: string, pods: readonly KubeObject[]): string {
  const running = pods.map(runningContainers).filter((containers) => containers.length > 0)
  return [
    ...family('kubelet_node_name', 'gauge', "The node's name. The count is always 1."),
    `kubelet_node_name${labels({ node })} 1`,
    ...family('kubelet_running_containers', 'gauge', 'Number of containers currently running'),
    `kubelet_running_containers${labels({ container_state: 'running' })} ${running.flat().length}`,
    ...family('kubelet_running_pods', 'gauge', 'Number of pods that have a running pod sandbox'),
    `kubelet_running_pods ${running.length}`,
    '',
  ].join('\n')
}

interface Total {
  cpuMs: number
  memoryBytes: number
}

function total(usages: Iterable<MeasuredUsage | undefined>): Total | undefined {
  let sum: Total | undefined
  for (const usage of usages) {
    if (usage === undefined) continue
    sum ??= { cpuMs: 0, memoryBytes: 0 }
    sum.cpuMs += usage.cpuMs
    sum.memoryBytes += usage.memoryBytes
  }
  return sum
}

const ofPod = ({ containers }: MeasuredPod) => total(containers.map(({ usage }) => usage))
const ofNode = (pods: readonly MeasuredPod[]) => total(pods.flatMap(({ containers }) => containers.map(({ usage }) => usage)))

/** What the metrics server reads: processor time and memory of what was measured. */
export function resourceMetrics(pods: readonly MeasuredPod[], now: number): string {
  const cpu: Record<'container' | 'node' | 'pod', string[]> = { container: [], node: [], pod: [] }
  const memory: typeof cpu = { container: [], node: [], pod: [] }
  const starts: string[] = []
  const add = (of: keyof typeof cpu, names: Record<string, string>, usage: Total | undefined) => {
    if (usage === undefined) return
    cpu[of].push(`${of}_cpu_usage_seconds_total${labels(names)} ${usage.cpuMs / 1000} ${now}`)
    memory[of].push(`${of}_memory_working_set_bytes${labels(names)} ${usage.memoryBytes} ${now}`)
  }
  for (const measured of pods) {
    const { name: pod, namespace = '' } = measured.pod.metadata
    for (const { name: container, state, usage } of measured.containers) {
      add('container', { container, namespace, pod }, usage)
      const started = Date.parse(state?.running?.startedAt ?? '')
      if (!Number.isNaN(started)) {
        starts.push(`container_start_time_seconds${labels({ container, namespace, pod })} ${started / 1000}`)
      }
    }
    add('pod', { namespace, pod }, ofPod(measured))
  }
  add('node', {}, ofNode(pods))
  const lines: string[] = []
  for (const of of ['container', 'node', 'pod'] as const) {
    const seconds = `Cumulative cpu time consumed by the ${of} in core-seconds`
    if (cpu[of].length > 0) lines.push(...family(`${of}_cpu_usage_seconds_total`, 'counter', seconds), ...cpu[of])
    const bytes = `Current working set of the ${of} in bytes`
    if (memory[of].length > 0) lines.push(...family(`${of}_memory_working_set_bytes`, 'gauge', bytes), ...memory[of])
  }
  const start = 'Start time of the container since unix epoch in seconds'
  if (starts.length > 0) lines.push(...family('container_start_time_seconds', 'gauge', start), ...starts)
  const failed = '1 if there was an error while getting container metrics, 0 otherwise'
  lines.push(...family('resource_scrape_error', 'gauge', failed), 'resource_scrape_error 0', '')
  return lines.join('\n')
}

/** The summary API: who runs here, and what is measured of it. */
export function summary(node: KubeObject, pods: readonly MeasuredPod[], now: number): object {
  const time = formatTime(now)
  const usageOf = (usage: Total | undefined) => ({
    cpu: { time, ...(usage === undefined ? {} : { usageCoreNanoSeconds: Math.round(usage.cpuMs * 1e6) }) },
    memory: {
      time,
      ...(usage === undefined
        ? {}
        : { usageBytes: usage.memoryBytes, workingSetBytes: usage.memoryBytes, rssBytes: usage.memoryBytes }),
    },
  })
  return {
    node: { nodeName: node.metadata.name, startTime: node.metadata.creationTimestamp, ...usageOf(ofNode(pods)) },
    pods: pods.map((measured) => ({
      podRef: {
        name: measured.pod.metadata.name,
        namespace: measured.pod.metadata.namespace,
        uid: measured.pod.metadata.uid,
      },
      startTime: (measured.pod.status as { startTime?: string }).startTime,
      containers: measured.containers.map(({ name, state, usage }) => ({
        name,
        startTime: state?.running?.startedAt,
        ...usageOf(usage),
      })),
      ...usageOf(ofPod(measured)),
    })),
  }
}

function family(name: string, type: 'gauge' | 'counter', help: string): string[] {
  return [`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`]
}

function labels(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
