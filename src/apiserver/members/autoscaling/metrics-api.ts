import { formatTime } from '../../../base/clock.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { formatQuantity } from '../../../kube/object/quantity.js'
import type { LogicalCluster, ServerPorts } from '../../contract.js'
import type { ComputedResource } from '../../registry/computed-resource.js'
import type { Pod } from '../engine/objects.js'
import { isKubeletUp } from '../nodes/chaos-state.js'
import { readyStatus } from '../nodes/node-lifecycle.js'
import type { ContainerMeasurement, PodMeasurement, PodMeasurements } from './pod-measurements.js'

export const metricsGroup = 'metrics.k8s.io'
const apiVersion = `${metricsGroup}/v1beta1`

/** metrics.k8s.io/v1beta1 as metrics-server serves it, for `kubectl top`. */
export function createMetricsApi(measurements: PodMeasurements, ports: Pick<ServerPorts, 'clock'>): readonly ComputedResource[] {
  const type = (kind: string, plural: string, namespaced: boolean): ComputedResource['type'] => ({
    group: metricsGroup,
    version: 'v1beta1',
    kind,
    plural,
    singular: '',
    namespaced,
    verbs: ['get', 'list'],
  })
  return [
    {
      type: type('NodeMetrics', 'nodes', false),
      schema: schemaOf({ usage: amounts }, 'NodeMetrics sets resource usage metrics of a node.'),
      get(cluster, _namespace, name) {
        const node = cluster.peek('nodes', name)
        if (node === undefined || !isMeasured(cluster, node)) return undefined
        const pods = measurements.all(cluster, '', (pod) => pod.spec.nodeName === name)
        return nodeMetrics(node, sumOf([...pods]), ports.clock.now())
      },
      *list(cluster) {
        const byNode = new Map<string, PodMeasurement[]>()
        for (const measured of measurements.all(cluster, '')) {
          const node = measured.pod.spec.nodeName as string
          const known = byNode.get(node)
          if (known === undefined) byNode.set(node, [measured])
          else known.push(measured)
        }
        for (const node of cluster.peekAll('nodes')) {
          if (!isMeasured(cluster, node)) continue
          yield nodeMetrics(node, sumOf(byNode.get(node.metadata.name) ?? []), ports.clock.now())
        }
      },
    },
    {
      type: type('PodMetrics', 'pods', true),
      schema: schemaOf({ containers: containerList }, 'PodMetrics sets resource usage metrics of a pod.'),
      get(cluster, namespace, name) {
        const pod = cluster.peek('pods', `${namespace}/${name}`) as Pod | undefined
        const measured = pod === undefined ? undefined : measurements.of(cluster, pod)
        return measured === undefined ? undefined : podMetrics(measured)
      },
      *list(cluster, namespace) {
        for (const measured of measurements.all(cluster, namespace)) yield podMetrics(measured)
      },
    },
  ]
}

/** Of nodes whose kubelet is not heard nothing is known. */
function isMeasured(cluster: LogicalCluster, node: KubeObject): boolean {
  return isKubeletUp(cluster, node.metadata.name) && readyStatus(node) === 'True'
}

/** What a node uses beside its pods. */
const system = { cpuNano: 25_000_000, memoryBytes: 128 * 1024 * 1024 }

function sumOf(pods: readonly PodMeasurement[]): Omit<ContainerMeasurement, 'name'> {
  let { cpuNano, memoryBytes } = system
  for (const { containers } of pods) {
    for (const each of containers) {
      cpuNano += each.cpuNano
      memoryBytes += each.memoryBytes
    }
  }
  return { cpuNano, memoryBytes }
}

function nodeMetrics({ metadata }: KubeObject, use: Omit<ContainerMeasurement, 'name'>, atMs: number): KubeObject {
  const timestamp = formatTime(atMs)
  return {
    apiVersion,
    kind: 'NodeMetrics',
    metadata: { name: metadata.name, creationTimestamp: timestamp, ...(metadata.labels ? { labels: metadata.labels } : {}) },
    timestamp,
    window: '15s',
    usage: usageOf(use),
  }
}

function podMetrics({ pod: { metadata }, atMs, windowMs, containers }: PodMeasurement): KubeObject {
  const timestamp = formatTime(atMs)
  return {
    apiVersion,
    kind: 'PodMetrics',
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace ?? '',
      creationTimestamp: timestamp,
      ...(metadata.labels ? { labels: metadata.labels } : {}),
    },
    timestamp,
    window: goDuration(windowMs),
    containers: containers.map((each) => ({ name: each.name, usage: usageOf(each) })),
  }
}

function usageOf({ cpuNano, memoryBytes }: Omit<ContainerMeasurement, 'name'>): Record<string, string> {
  return {
    cpu: formatQuantity({ unscaled: BigInt(cpuNano), exponent: -9, format: 'decimal-si' }),
    memory: `${Math.ceil(memoryBytes / 1024)}Ki`,
  }
}

function goDuration(ms: number): string {
  const seconds = Math.round(ms) / 1000
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const rest = `${Math.round((seconds % 60) * 1000) / 1000}s`
  return hours > 0 ? `${hours}h${minutes}m${rest}` : minutes > 0 ? `${minutes}m${rest}` : rest
}

type Schema = ComputedResource['schema']

const amounts: Schema = {
  description: 'The memory usage is the memory working set.',
  type: 'object',
  additionalProperties: { 'x-kubernetes-int-or-string': true },
}
const containerList: Schema = {
  description: 'Metrics for all containers, collected within the same time window.',
  type: 'array',
  items: {
    type: 'object',
    required: ['name', 'usage'],
    properties: { name: { description: 'Container name, as in the pod.', type: 'string' }, usage: amounts },
  },
}

function schemaOf(own: Record<string, Schema>, description: string): Schema {
  return {
    description,
    type: 'object',
    properties: {
      timestamp: { description: 'The end of the window.', type: 'string', format: 'date-time' },
      window: { description: 'The time over which the use was measured.', type: 'string' },
      ...own,
    },
  }
}
