import { isObject } from '../../base/json.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { builtInResources } from '../../kube/schema/resources.js'

const podType = builtInResources.find(({ group, plural }) => group === '' && plural === 'pods') as ResourceType
const workloads = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'])
const limitMs = 3_000
/** Pods that are looked at, and reasons that are told. */
const mostPods = 500
const mostReasons = 3

/**
 * Why pods of a workload are not ready, in the words of the scheduler and of the kubelets, the most frequent first:
 * `2 pods: Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.` Empty where all are, and where they cannot be read.
 */
export async function whyPods(client: KubeClient, workload: KubeObject): Promise<readonly string[]> {
  const labels = selectorOf(workload)
  const { namespace } = workload.metadata
  if (!workloads.has(workload.kind) || labels === undefined || namespace === undefined) return []
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const pods = await client
    .list(podType, { namespace, labelSelector, limit: mostPods, signal: AbortSignal.timeout(limitMs) })
    .then(
      ({ items }) => items,
      () => [],
    )
  const counts = new Map<string, number>()
  for (const pod of pods) {
    const reason = whyPod(pod)
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return [...counts]
    .sort(([a, one], [b, two]) => two - one || (a < b ? -1 : 1))
    .slice(0, mostReasons)
    .map(([reason, count]) => `${count === 1 ? '1 pod' : `${count} pods`}: ${reason}`)
}

function selectorOf(workload: KubeObject): Record<string, string> | undefined {
  const spec = workload['spec']
  const selector = isObject(spec) ? spec['selector'] : undefined
  if (!isObject(selector) || !isObject(selector['matchLabels']) || selector['matchExpressions'] !== undefined) return undefined
  const entries = Object.entries(selector['matchLabels']).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** Why a pod is not ready; undefined of one that is, or that has done its work. */
export function whyPod({ metadata, status }: KubeObject): string | undefined {
  const { phase, reason, message, conditions, containerStatuses, initContainerStatuses } = (
    isObject(status) ? status : {}
  ) as Record<string, unknown>
  if (phase === 'Succeeded') return undefined
  if (metadata.deletionTimestamp !== undefined) return 'is being deleted'
  if (phase === 'Failed') return sentence(reason ?? 'Failed', message)
  const scheduled = listOf(conditions).find(({ type }) => type === 'PodScheduled')
  if (scheduled?.['status'] === 'False') return sentence(scheduled['reason'] ?? 'not scheduled', scheduled['message'])
  for (const container of [...listOf(initContainerStatuses), ...listOf(containerStatuses)]) {
    const state = isObject(container['state']) ? container['state'] : {}
    const waiting = isObject(state['waiting']) ? state['waiting'] : undefined
    const last =
      isObject(container['lastState']) && isObject(container['lastState']['terminated'])
        ? container['lastState']['terminated']
        : undefined
    const exit =
      last === undefined
        ? ''
        : ` (it ended with ${String(last['exitCode'])}${last['reason'] === undefined ? '' : `, ${String(last['reason'])}`})`
    if (waiting !== undefined && waiting['reason'] !== 'PodInitializing' && waiting['reason'] !== 'ContainerCreating')
      return `container ${String(container['name'])}: ${sentence(waiting['reason'] ?? 'waiting', waiting['message'])}${exit}`
  }
  const ready = listOf(conditions).find(({ type }) => type === 'Ready')
  if (ready?.['status'] === 'True') return undefined
  const starting = [...listOf(initContainerStatuses), ...listOf(containerStatuses)].find(({ ready: is }) => is !== true)
  return sentence(
    ready?.['reason'] ?? phase ?? 'Pending',
    ready?.['message'] ?? (starting === undefined ? undefined : `container ${String(starting['name'])} is not ready`),
  )
}

function sentence(reason: unknown, message: unknown): string {
  // What the scheduler says of preemption says the same again.
  const words = typeof message === 'string' ? message.replace(/ preemption: .*$/, '').trim() : ''
  return `${String(reason)}${words === '' ? '' : `: ${words.length > 300 ? `${words.slice(0, 300)}…` : words}`}`
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
