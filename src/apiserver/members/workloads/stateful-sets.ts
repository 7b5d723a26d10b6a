import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LabelSelectorSpec } from '../../../kube/object/selector.js'
import type { MemberController, Work } from '../contract.js'
import type { Pod, PodTemplate } from '../engine/objects.js'
import { type PeekAll, PodClaims } from './claim-pods.js'
import { recordTemplate, revisionLabel, type TemplateHistory } from './controller-revisions.js'
import { isFinished, isReady, isTerminating, podFromTemplate, podsOf } from './pods.js'
import { record } from './recorded-pods.js'
import { countReady, keyIn, ownerOfKind } from './replica-sets.js'

interface StatefulSetStatus {
  observedGeneration?: number
  replicas?: number
  currentRevision?: string
  updateRevision?: string
  [field: string]: unknown
}

const component = 'statefulset-controller'

type StatefulSet = KubeObject & {
  spec: {
    replicas?: number
    serviceName?: string
    selector: LabelSelectorSpec
    template: PodTemplate
    podManagementPolicy?: string
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } }
    ordinals?: { start?: number }
    minReadySeconds?: number
    revisionHistoryLimit?: number
    volumeClaimTemplates?: (KubeObject & { spec?: unknown })[]
  }
  status?: StatefulSetStatus
}

/** Keeps the pods of StatefulSets: numbered, made and removed in order (or in parallel), updated from the last to the first. */
export function createStatefulSets(peekAll: PeekAll): MemberController {
  const claims = new PodClaims({
    resource: 'statefulsets.apps',
    peekAll,
    selectorOf: (set) => (set as StatefulSet).spec.selector,
    fits: (set, pod) => pod.metadata.name.replace(/-\d+$/, '') === set.metadata.name && ordinalOf(pod) >= 0,
  })
  const ownerOf = ownerOfKind('StatefulSet')
  return {
    name: component,
    manager: 'kube-controller-manager',
    watches: {
      'statefulsets.apps': (change, queue) => queue.add(keyIn(change)),
      pods(change, queue) {
        claims.hear(change, queue)
        ownerOf(change, queue)
      },
    },
    forget: (cluster) => claims.forget(cluster),
    async reconcile(work) {
      const set = work.cluster.peek('statefulsets.apps', work.key) as StatefulSet | undefined
      if (set === undefined) return undefined
      const keep = new Set([set.status?.currentRevision ?? '', set.status?.updateRevision ?? ''])
      const history = await recordTemplate(work, set, keep)
      const current = set.status?.currentRevision || history.update
      await claims.settle(work, set)
      if (!isTerminating(set)) await restoreIdentities(work, set)
      if (!isTerminating(set)) await step(work, set, history, current)
      return report(work, history, current)
    },
  }
}

async function step(work: Work, set: StatefulSet, history: TemplateHistory, current: string): Promise<void> {
  const start = set.spec.ordinals?.start ?? 0
  const end = start + (set.spec.replicas ?? 1)
  const ordered = set.spec.podManagementPolicy !== 'Parallel'
  const partition = start + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)
  const pods = new Map(podsOf(work, set).map((pod) => [ordinalOf(pod), pod]))
  const writes: Promise<unknown>[] = []
  let allReady = true
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = pods.get(ordinal)
    if (pod === undefined) {
      const revision = ordinal < partition ? current : history.update
      writes.push(createReplica(work, set, ordinal, revision, history.templateOf(revision) ?? set.spec.template))
    } else if (isFinished(pod) && !isTerminating(pod)) writes.push(removeReplica(work, set, pod))
    else if (isReady(pod) && !isTerminating(pod)) continue
    allReady = false
    if (ordered) break
  }
  if (allReady || !ordered) {
    const condemned = [...pods].filter(([ordinal]) => ordinal < start || ordinal >= end).sort(([a], [b]) => b - a)
    // In order, one that is not ready holds up the others, unless it is the first of those.
    const firstUnhealthy = condemned.findLast(([, pod]) => !isReady(pod) || isTerminating(pod))?.[1]
    for (const [, pod] of condemned) {
      if (ordered && !isReady(pod) && pod !== firstUnhealthy) break
      if (!isTerminating(pod)) writes.push(removeReplica(work, set, pod))
      if (ordered) break
    }
    if (allReady && condemned.length === 0 && set.spec.updateStrategy?.type !== 'OnDelete') {
      const outdated = [...pods]
        .filter(([ordinal, pod]) => ordinal >= partition && pod.metadata.labels?.[revisionLabel] !== history.update)
        .sort(([a], [b]) => b - a)
      const [last] = outdated
      if (last !== undefined) writes.push(removeReplica(work, set, last[1]))
    }
  }
  await Promise.all(writes)
}

const nameLabel = 'statefulset.kubernetes.io/pod-name'

/** Pods that were adopted, or whose label was changed, say again which they are. */
async function restoreIdentities(work: Work, set: StatefulSet): Promise<void> {
  for (const pod of podsOf(work, set)) {
    const { name, labels } = pod.metadata
    if (isTerminating(pod) || labels?.[nameLabel] === name) continue
    await work.write.update({ ...pod, metadata: { ...pod.metadata, labels: { ...labels, [nameLabel]: name } } })
    const message = `update Pod ${name} in StatefulSet ${set.metadata.name} successful`
    record(work, set, { reason: 'SuccessfulUpdate', message, component })
  }
}

async function removeReplica(work: Work, set: StatefulSet, pod: Pod): Promise<void> {
  await work.write.delete(pod)
  const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`
  record(work, set, { reason: 'SuccessfulDelete', message, component })
}

function ordinalOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? -1)
}

async function createReplica(
  work: Work,
  set: StatefulSet,
  ordinal: number,
  revision: string,
  template: PodTemplate,
): Promise<void> {
  const name = `${set.metadata.name}-${ordinal}`
  const claims = (set.spec.volumeClaimTemplates ?? []).map((claim) => ({
    volume: claim.metadata.name,
    name: `${claim.metadata.name}-${name}`,
    claim,
  }))
  await Promise.all(claims.map((claim) => createClaim(work, set, claim.name, claim.claim)))
  const replaced = new Set(claims.map(({ volume }) => volume))
  const volumes = [
    ...(template.spec.volumes ?? []).filter((volume) => !replaced.has(String(volume['name']))),
    ...claims.map((claim) => ({ name: claim.volume, persistentVolumeClaim: { claimName: claim.name } })),
  ]
  const pod = podFromTemplate(set, template, name)
  await work.write.create<Pod>({
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${set.metadata.name}-`,
      labels: {
        ...pod.metadata.labels,
        [revisionLabel]: revision,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
      },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  })
  const message = `create Pod ${name} in StatefulSet ${set.metadata.name} successful`
  record(work, set, { reason: 'SuccessfulCreate', message, component })
}

/** A claim of its own for each replica. It outlives the replica. */
async function createClaim(work: Work, set: StatefulSet, name: string, template: KubeObject): Promise<void> {
  const namespace = set.metadata.namespace ?? 'default'
  if (work.cluster.peek('persistentvolumeclaims', `${namespace}/${name}`) !== undefined) return
  const { labels, annotations } = template.metadata
  await work.write.create<KubeObject>({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace,
      labels: { ...labels, ...set.spec.selector.matchLabels },
      ...(annotations ? { annotations } : {}),
    },
    spec: template['spec'],
  })
  const pod = name.slice(template.metadata.name.length + 1)
  const message = `create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`
  record(work, set, { reason: 'SuccessfulCreate', message, component })
}

async function report(work: Work, history: TemplateHistory, current: string): Promise<number | undefined> {
  const set = work.cluster.peek('statefulsets.apps', work.key) as StatefulSet | undefined
  if (set === undefined) return undefined
  const pods = podsOf(work, set)
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const { ready, available, nextAt } = countReady(
    pods.filter((pod) => !isTerminating(pod)),
    minReadySeconds,
    work.now(),
  )
  const ofRevision = (revision: string) =>
    pods.filter((pod) => !isTerminating(pod) && pod.metadata.labels?.[revisionLabel] === revision).length
  const wanted = set.spec.replicas ?? 1
  const updated = ofRevision(history.update)
  const complete = updated === wanted && ready === wanted && pods.length === wanted
  const currentRevision = complete ? history.update : current
  const currentReplicas = ofRevision(currentRevision)
  const status: StatefulSetStatus = {
    observedGeneration: set.metadata.generation ?? 1,
    replicas: pods.length,
    availableReplicas: available,
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(currentReplicas > 0 ? { currentReplicas } : {}),
    ...(updated > 0 ? { updatedReplicas: updated } : {}),
    currentRevision,
    updateRevision: history.update,
    collisionCount: 0,
  }
  const starting = pods.length > 0 && pods.every((pod) => pod.status?.conditions === undefined)
  if (!starting && !equalJson(set.status, status)) await work.write.status(set, { ...set, status })
  return nextAt === undefined ? undefined : Math.max(nextAt - work.now(), 50)
}
