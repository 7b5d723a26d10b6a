import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LabelSelectorSpec } from '../../../kube/object/selector.js'
import type { ClusterChange } from '../../contract.js'
import type { MemberController, Work } from '../contract.js'
import type { Node, Pod, PodSpec, PodTemplate, Toleration } from '../engine/objects.js'
import { readyStatus } from '../nodes/node-lifecycle.js'
import { runsOn } from '../scheduler/placement.js'
import type { Affinity } from '../scheduler/spec.js'
import { type PeekAll, PodClaims } from './claim-pods.js'
import { recordTemplate, revisionLabel } from './controller-revisions.js'
import { resolveCount } from './deployment-scaling.js'
import { isFinished, isReady, isTerminating, podFromTemplate, podsOf } from './pods.js'
import { createPod, deletePod } from './recorded-pods.js'
import { countReady, keyIn, ownerOfKind } from './replica-sets.js'

type DaemonSet = KubeObject & {
  spec: {
    selector: LabelSelectorSpec
    template: PodTemplate
    updateStrategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string } }
    minReadySeconds?: number
    revisionHistoryLimit?: number
  }
}

const component = 'daemonset-controller'
const generationAnnotation = 'deprecated.daemonset.template.generation'
/** A look at a set goes over all nodes and pods: of the time, one part in so many at most. */
const restPerLook = 8

/**
 * One pod of each DaemonSet on every node that takes it, replaced a few at a time when the template changes. On a big cluster
 * one look serves the changes of many pods: the longer it takes, the longer is the rest after it.
 */
export function createDaemonSets(peekAll: PeekAll): MemberController {
  const claims = new PodClaims({
    resource: 'daemonsets.apps',
    peekAll,
    selectorOf: (set) => (set as DaemonSet).spec.selector,
  })
  const ownerOf = ownerOfKind('DaemonSet')
  const restingUntil = new Map<string, number>()
  return {
    name: component,
    manager: 'kube-controller-manager',
    watches: {
      'daemonsets.apps': (change, queue) => queue.add(keyIn(change)),
      pods(change, queue) {
        claims.hear(change, queue)
        ownerOf(change, queue)
      },
      nodes({ cluster, type, object, previous }: ClusterChange, queue) {
        if (type === 'MODIFIED' && previous !== undefined && sameToPods(previous as Node, object as Node)) return
        for (const set of peekAll(cluster, 'daemonsets.apps')) queue.addSoon(`${set.metadata.namespace}/${set.metadata.name}`)
      },
    },
    async reconcile(work) {
      const set = work.cluster.peek('daemonsets.apps', work.key) as DaemonSet | undefined
      const id = `${work.cluster.name} ${work.key}`
      if (set === undefined) {
        restingUntil.delete(id)
        return undefined
      }
      const leftMs = (restingUntil.get(id) ?? 0) - work.now()
      if (leftMs > 0) return leftMs
      const { update } = await recordTemplate(work, set, new Set())
      const hash = update.slice(set.metadata.name.length + 1)
      await claims.settle(work, set)
      const from = work.now()
      const spec = daemonSpec(set.spec.template.spec)
      const nodes = [...(work.cluster.peekAll('nodes') as Iterable<Node>)]
        .filter((node) => runsOn(node, spec))
        .map((node) => node.metadata.name)
      const steps = isTerminating(set) ? undefined : step(work, set, nodes, hash)
      const costMs = work.now() - from
      // A clock that was set back must not make it rest for ever.
      if (costMs > 1) restingUntil.set(id, work.now() + Math.min(costMs * restPerLook, 2000))
      await steps
      return report(work, nodes, hash)
    },
    forget(cluster) {
      claims.forget(cluster)
      for (const id of restingUntil.keys()) if (id.startsWith(`${cluster} `)) restingUntil.delete(id)
    },
  }
}

/** A heartbeat changes nothing for pods. */
function sameToPods(before: Node, after: Node): boolean {
  const essence = (node: Node) => [node.metadata.labels, node.spec, node.metadata.deletionTimestamp, readyStatus(node)]
  return equalJson(essence(before), essence(after))
}

/** Pods of a DaemonSet stay on nodes that are not ready, under pressure or cordoned. */
function daemonSpec(spec: PodSpec): PodSpec {
  const tolerated = ['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable']
  return {
    ...spec,
    tolerations: [
      ...(spec.tolerations ?? []),
      ...tolerated.map((name) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists' })),
    ],
  }
}

/** What its pods tolerate, as they carry it. */
function podTolerations({ tolerations = [], hostNetwork }: PodSpec): Toleration[] {
  const added = [
    ...['not-ready', 'unreachable'].map((name) => ({ name, effect: 'NoExecute' })),
    ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) => ({ name, effect: 'NoSchedule' })),
    ...(hostNetwork ? [{ name: 'network-unavailable', effect: 'NoSchedule' }] : []),
  ].map(({ name, effect }) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect }))
  const isThere = (one: Toleration) =>
    tolerations.some(({ key, operator, effect }) => key === one.key && operator === one.operator && effect === one.effect)
  return [...tolerations, ...added.filter((one) => !isThere(one))]
}

/** The scheduler takes the pod to this node and no other. */
function onNode(spec: PodSpec, node: string): PodSpec {
  const affinity = (spec['affinity'] ?? {}) as Affinity
  const required = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }]
  const nodeSelectorTerms = required?.length ? required.map((term) => ({ ...term, matchFields })) : [{ matchFields }]
  const nodeAffinity = { ...affinity.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } }
  return { ...spec, affinity: { ...affinity, nodeAffinity } }
}

/** The node that a pod of a DaemonSet is on, or is meant for. */
function nodeOf({ spec }: Pod): string {
  if (spec.nodeName) return spec.nodeName
  const { nodeAffinity } = (spec['affinity'] ?? {}) as Affinity
  for (const term of nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []) {
    const name = term.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0]
    if (name !== undefined) return name
  }
  return ''
}

async function step(work: Work, set: DaemonSet, nodes: readonly string[], hash: string): Promise<void> {
  const remove = (pod: Pod) => deletePod(work, set, pod, component)
  const wanted = new Set(nodes)
  const byNode = new Map<string, Pod[]>()
  const writes: Promise<unknown>[] = []
  for (const pod of podsOf(work, set)) {
    const node = nodeOf(pod)
    if (isTerminating(pod)) {
      // Its successor comes when it is gone.
      byNode.set(node, [...(byNode.get(node) ?? []), pod])
    } else if (!wanted.has(node) || isFinished(pod) || (byNode.get(node)?.length ?? 0) > 0) writes.push(remove(pod))
    else byNode.set(node, [pod])
  }
  for (const node of nodes) {
    if (byNode.has(node)) continue
    const pod = podFromTemplate(set, set.spec.template)
    writes.push(
      createPod(
        work,
        set,
        {
          ...pod,
          metadata: {
            ...pod.metadata,
            labels: {
              ...pod.metadata.labels,
              [revisionLabel]: hash,
              'pod-template-generation': set.metadata.annotations?.[generationAnnotation] ?? '1',
            },
          },
          spec: onNode({ ...pod.spec, tolerations: podTolerations(pod.spec) }, node),
        },
        component,
      ),
    )
  }
  if (set.spec.updateStrategy?.type !== 'OnDelete') {
    const most = Math.max(1, resolveCount(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes.length, 'up'))
    const pods = [...byNode.values()].flat()
    let room = most - (nodes.length - pods.filter((pod) => isReady(pod) && !isTerminating(pod)).length)
    for (const pod of pods) {
      if (isTerminating(pod) || pod.metadata.labels?.[revisionLabel] === hash) continue
      // One that is not ready costs nothing.
      if (isReady(pod) && room-- <= 0) continue
      writes.push(remove(pod))
    }
  }
  await Promise.all(writes)
}

async function report(work: Work, nodes: readonly string[], hash: string): Promise<number | undefined> {
  const set = work.cluster.peek('daemonsets.apps', work.key) as DaemonSet | undefined
  if (set === undefined) return undefined
  const wanted = new Set(nodes)
  const all = work.owned<Pod>('pods', set).filter((pod) => !isTerminating(pod))
  const pods = all.filter((pod) => wanted.has(nodeOf(pod)))
  const { ready, available, nextAt } = countReady(pods, set.spec.minReadySeconds ?? 0, work.now())
  const updated = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash).length
  const unavailable = nodes.length - available
  const status = {
    observedGeneration: set.metadata.generation ?? 1,
    currentNumberScheduled: pods.length,
    desiredNumberScheduled: nodes.length,
    numberMisscheduled: all.length - pods.length,
    numberReady: ready,
    ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
    ...(available > 0 ? { numberAvailable: available } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
  }
  const starting = pods.length > 0 && pods.every((pod) => pod.status?.conditions === undefined)
  if (!starting && !equalJson(set['status'], status)) await work.write.status(set, { ...set, status })
  return nextAt === undefined ? undefined : Math.max(nextAt - work.now(), 50)
}
