import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterChange, LogicalCluster } from '../../contract.js'
import type { Work } from '../contract.js'
import type { Node, Pod, PodSpec } from '../engine/objects.js'

/** Makes pods on the nodes where they are to run, so that most need no visit of the scheduler. */
export interface PodMaker {
  create(work: Work, pod: Pod): Promise<Pod>
}

interface Load {
  /** Pods by node. */
  readonly count: Map<string, number>
  /** The node of each pod that is counted, by key. */
  readonly placed: Map<string, string>
}

/** How many pods each node of each cluster has, kept by the feed, and where the next one goes: the node with the fewest. */
export class Placement implements PodMaker {
  readonly #loads = new Map<string, Load>()

  hear({ cluster, type, object }: ClusterChange): void {
    const load = this.#load(cluster)
    const key = `${object.metadata.namespace}/${object.metadata.name}`
    const pod = object as Pod
    const phase = pod.status?.phase
    const runs = type !== 'DELETED' && phase !== 'Succeeded' && phase !== 'Failed'
    move(load, key, runs ? pod.spec.nodeName : undefined)
  }

  forget(cluster: string): void {
    this.#loads.delete(cluster)
  }

  async create(work: Work, pod: Pod): Promise<Pod> {
    const node = pod.spec.nodeName ? undefined : this.choose(work.cluster, pod)
    if (node === undefined) return work.write.create(pod)
    const load = this.#load(work.cluster.name)
    add(load.count, node, 1)
    try {
      const created = await work.write.create({ ...pod, spec: { ...pod.spec, nodeName: node } })
      move(load, `${created.metadata.namespace}/${created.metadata.name}`, node)
      return created
    } finally {
      add(load.count, node, -1)
    }
  }

  /** Undefined when no node takes the pod, or somebody else is to schedule it. */
  choose(cluster: LogicalCluster, pod: Pod): string | undefined {
    const scheduler = pod.spec['schedulerName']
    if (scheduler !== undefined && scheduler !== 'default-scheduler') return undefined
    if ((pod.spec.schedulingGates?.length ?? 0) > 0) return undefined
    const { count } = this.#load(cluster.name)
    let best: string | undefined
    for (const node of cluster.peekAll('nodes') as Iterable<Node>) {
      if (!accepts(node, pod.spec)) continue
      const name = node.metadata.name
      if (best === undefined || (count.get(name) ?? 0) < (count.get(best) ?? 0)) best = name
    }
    return best
  }

  #load(cluster: string): Load {
    let load = this.#loads.get(cluster)
    if (load === undefined) this.#loads.set(cluster, (load = { count: new Map(), placed: new Map() }))
    return load
  }
}

function move({ count, placed }: Load, key: string, node: string | undefined): void {
  const before = placed.get(key)
  if (before === node) return
  if (before !== undefined) add(count, before, -1)
  if (node === undefined) placed.delete(key)
  else {
    placed.set(key, node)
    add(count, node, 1)
  }
}

function add(count: Map<string, number>, node: string, by: number): void {
  count.set(node, (count.get(node) ?? 0) + by)
}

/** Ready, not cordoned, with the labels that the pod selects, and without taints that it does not tolerate. */
export function accepts(node: Node, spec: PodSpec): boolean {
  if (node.metadata.deletionTimestamp !== undefined) return false
  if (node.spec?.unschedulable === true && !tolerates(spec, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })) {
    return false
  }
  return runsOn(node, spec) && isNodeReady(node)
}

/** As `accepts`, for pods that are bound to a node and stay when it is cordoned or not ready (those of DaemonSets). */
export function runsOn(node: Node, spec: PodSpec): boolean {
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (node.metadata.labels?.[key] !== value) return false
  for (const taint of node.spec?.taints ?? []) {
    if (taint.effect === 'PreferNoSchedule' || taint.key === 'node.kubernetes.io/unschedulable') continue
    if (!tolerates(spec, taint)) return false
  }
  return matchesRequiredAffinity(node, spec)
}

function tolerates(spec: PodSpec, taint: { key: string; value?: string; effect: string }): boolean {
  return (spec.tolerations ?? []).some((toleration) => {
    if (toleration.effect && toleration.effect !== taint.effect) return false
    if (!toleration.key) return toleration.operator === 'Exists'
    if (toleration.key !== taint.key) return false
    return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '')
  })
}

export function isNodeReady(node: Node): boolean {
  return node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false
}

interface SelectorTerm {
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
  matchFields?: { key: string; operator: string; values?: string[] }[]
}

/** requiredDuringSchedulingIgnoredDuringExecution of nodeAffinity; pod affinity is not looked at. */
function matchesRequiredAffinity(node: KubeObject, spec: PodSpec): boolean {
  const affinity = spec['affinity'] as
    | { nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: SelectorTerm[] } } }
    | undefined
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (terms === undefined) return true
  return terms.some(
    (term) =>
      (term.matchExpressions ?? []).every((wanted) => meets(node.metadata.labels?.[wanted.key], wanted)) &&
      (term.matchFields ?? []).every((wanted) => wanted.key === 'metadata.name' && meets(node.metadata.name, wanted)),
  )
}

function meets(value: string | undefined, { operator, values = [] }: { operator: string; values?: string[] }): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      return false
  }
}
