import { podRequests } from '../../../delivery/placement/capacity/pod-requests.js'
import { podSpecOf } from '../../../delivery/placement/policy/dependencies.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldAt, numberAt, objectAt } from '../fields.js'

const spec = (object: KubeObject): number => numberAt(object, 'spec', 'replicas') ?? 0

const counts: Readonly<Record<string, ((object: KubeObject) => number) | undefined>> = {
  __proto__: null as never,
  'apps/v1/Deployment': spec,
  'apps/v1/ReplicaSet': spec,
  'apps/v1/StatefulSet': spec,
  'batch/v1/Job': (object) => {
    const parallelism = numberAt(object, 'spec', 'parallelism') ?? 0
    return Math.min(parallelism, numberAt(object, 'spec', 'completions') ?? parallelism)
  },
  'v1/Pod': () => 1,
}

/** How many replicas an object asks for; undefined for kinds that are not divided. */
export function replicasOf(object: KubeObject): number | undefined {
  return counts[`${object.apiVersion}/${object.kind}`]?.(object)
}

/** `replicaRequirements` of a binding: what one replica asks of a node. */
export function replicaRequirements(object: KubeObject): Fields | undefined {
  const pod = podSpecOf(object)
  if (pod === undefined) return undefined
  const affinity = fieldAt(pod, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution')
  const nodeSelector = objectAt(pod, 'nodeSelector')
  const tolerations = pod['tolerations']
  const claim = {
    ...(affinity === undefined ? {} : { hardNodeAffinity: affinity }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(Array.isArray(tolerations) && tolerations.length > 0 ? { tolerations } : {}),
  }
  const requests = podRequests(pod)
  if (requests.size === 0 && Object.keys(claim).length === 0) return undefined
  return {
    ...(Object.keys(claim).length > 0 ? { nodeClaim: claim } : {}),
    ...(requests.size > 0 ? { resourceRequest: Object.fromEntries([...requests].map(formatAmount)) } : {}),
  }
}

function formatAmount([name, amount]: readonly [string, number]): [string, string] {
  if (name === 'cpu') return [name, amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`]
  for (const [suffix, unit] of units) if (amount >= unit && amount % unit === 0) return [name, `${amount / unit}${suffix}`]
  return [name, String(amount)]
}

const units: readonly (readonly [string, number])[] = [
  ['Ti', 1024 ** 4],
  ['Gi', 1024 ** 3],
  ['Mi', 1024 ** 2],
  ['Ki', 1024],
]
