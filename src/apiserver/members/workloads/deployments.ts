import { canonicalJson, equalJson } from '../../../base/json.js'
import { keyOf } from '../../../kube/object/kube-object.js'
import { controllerOf, controllerReferenceTo } from '../../../kube/object/owner.js'
import { fromLabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import { isAlreadyExists } from '../../../kube/object/status-error.js'
import type { MemberController, Work } from '../contract.js'
import type { Deployment, PodTemplate, ReplicaSet } from '../engine/objects.js'
import { decideProportionalScaling, decideScaling, maxAnnotation, replicasOf, rollingLimits } from './deployment-scaling.js'
import { decideDeploymentStatus, progressDeadlineAt } from './deployment-status.js'
import { hashOf, isTerminating } from './pods.js'
import { record } from './recorded-pods.js'
import { keyIn, ownerOfKind } from './replica-sets.js'

const hashLabel = 'pod-template-hash'
const revisionAnnotation = 'deployment.kubernetes.io/revision'
const historyAnnotation = 'deployment.kubernetes.io/revision-history'
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'
const notCopied = new Set([
  revisionAnnotation,
  desiredAnnotation,
  maxAnnotation,
  historyAnnotation,
  'deprecated.deployment.rollback.to',
  'kubectl.kubernetes.io/last-applied-configuration',
])

/**
 * Rolls Deployments out: a ReplicaSet for each template, scaled up and down against each other. Status and revision are one
 * write, made when a burst of changes has settled.
 */
export const deployments: MemberController = {
  name: 'deployment-controller',
  manager: 'kube-controller-manager',
  watches: {
    'deployments.apps': (change, queue) => queue.add(keyIn(change)),
    'replicasets.apps': ownerOfKind('Deployment'),
  },
  async reconcile(work) {
    const deployment = work.cluster.peek('deployments.apps', work.key) as Deployment | undefined
    if (deployment === undefined) return undefined
    const owned = work.owned<ReplicaSet>('replicasets.apps', deployment)
    if (owned.length === 0 && (await adopt(work, deployment))) return 1
    const revisions = new Revisions(deployment, owned)
    if (isTerminating(deployment)) return report(work, deployment, revisions)
    if (deployment.spec.paused === true) {
      await keepUp(work, deployment, revisions)
      await scale(work, deployment, decideProportionalScaling(revisions.input), revisions)
    } else {
      if (revisions.fresh === undefined) {
        await create(work, deployment, revisions)
        // What it makes is reported when it has come about.
        return report(work, deployment, reread(work, deployment))
      }
      await keepUp(work, deployment, revisions)
      const scaled = isScaled(deployment, revisions) && revisions.hasOldReplicas
      await scale(
        work,
        deployment,
        scaled ? decideProportionalScaling(revisions.input) : decideScaling(revisions.input),
        revisions,
      )
    }
    const settled = reread(work, deployment)
    await cleanUp(work, deployment, settled)
    return report(work, deployment, settled)
  },
}

/** A Deployment without any takes over the ReplicaSets that it would select and that nobody controls, as after a deletion that left them behind. */
async function adopt(work: Work, deployment: Deployment): Promise<boolean> {
  if (isTerminating(deployment)) return false
  const selector = fromLabelSelector(deployment.spec.selector)
  const all = work.cluster.peekAll('replicasets.apps', deployment.metadata.namespace ?? 'default') as Iterable<ReplicaSet>
  const orphans = [...all].filter(
    ({ metadata }) =>
      metadata.ownerReferences?.some(({ controller }) => controller === true) !== true &&
      metadata.deletionTimestamp === undefined &&
      matchesLabels(selector, metadata.labels),
  )
  for (const orphan of orphans) {
    const ownerReferences = [...(orphan.metadata.ownerReferences ?? []), controllerReferenceTo(deployment)]
    await work.write.update({ ...orphan, metadata: { ...orphan.metadata, ownerReferences } })
  }
  return orphans.length > 0
}

/** The ReplicaSets of a Deployment: the one with its present template, and the old ones by revision. */
class Revisions {
  readonly fresh: ReplicaSet | undefined
  readonly old: readonly ReplicaSet[]
  readonly #deployment: Deployment

  constructor(deployment: Deployment, all: readonly ReplicaSet[]) {
    const wanted = withoutHash(deployment.spec.template)
    const sorted = [...all].sort(byRevision)
    this.#deployment = deployment
    this.fresh = sorted.find((replicaSet) => equalJson(withoutHash(replicaSet.spec.template), wanted))
    this.old = sorted.filter((replicaSet) => replicaSet !== this.fresh)
  }

  get input() {
    return { deployment: this.#deployment, fresh: this.fresh, old: this.old }
  }
  get hasOldReplicas(): boolean {
    return this.old.some((replicaSet) => replicasOf(replicaSet) > 0)
  }
  get nextRevision(): bigint {
    const last = this.old.at(-1)
    return (last === undefined ? 0n : revisionOf(last)) + 1n
  }
}

function reread(work: Work, deployment: Deployment): Revisions {
  return new Revisions(deployment, work.owned<ReplicaSet>('replicasets.apps', deployment))
}

function withoutHash(template: PodTemplate): PodTemplate {
  // A null time says nothing, and is written by some and left out by others.
  const { labels, creationTimestamp: _time, ...metadata } = template.metadata ?? {}
  if (labels === undefined) return { ...template, metadata }
  const { [hashLabel]: _, ...others } = labels
  return { ...template, metadata: { ...metadata, labels: others } }
}

function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [one, other] = [revisionOf(a), revisionOf(b)]
  if (one !== other) return one < other ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}

/** An int64, which others may have written. */
function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): bigint {
  const text = object.metadata.annotations?.[revisionAnnotation] ?? ''
  const revision = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n
  return revision < 1n << 63n ? revision : 0n
}

async function create(work: Work, deployment: Deployment, revisions: Revisions): Promise<void> {
  const { template } = deployment.spec
  const collisions = deployment.status?.collisionCount ?? 0
  const hash = hashOf(`${canonicalJson(withoutHash(template))}${collisions === 0 ? '' : collisions}`)
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  const draft: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? 'default',
      labels,
      annotations: annotationsFor(deployment, revisions.nextRevision),
      ownerReferences: [controllerReferenceTo(deployment)],
    },
    spec: {
      replicas: 0,
      selector: {
        ...deployment.spec.selector,
        matchLabels: { ...deployment.spec.selector.matchLabels, [hashLabel]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
      ...(deployment.spec.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
    },
  }
  const decided = decideScaling({ deployment, fresh: draft, old: revisions.old })
  draft.spec.replicas = decided.get(draft.metadata.name) ?? 0
  decided.delete(draft.metadata.name)
  // It comes when the pods of the old ones are gone.
  const waits = deployment.spec.strategy?.type === 'Recreate' && draft.spec.replicas < (deployment.spec.replicas ?? 1)
  if (waits) return scale(work, deployment, decided, revisions)
  const made = work.write.create(draft).then(
    () => {
      const { replicas = 0 } = draft.spec
      if (replicas > 0) sayScaled(work, deployment, `Scaled up replica set ${draft.metadata.name} from 0 to ${replicas}`)
    },
    async (error: unknown) => {
      if (isAlreadyExists(error)) await noteCollision(work, deployment, draft)
      throw error
    },
  )
  await Promise.all([made, scale(work, deployment, decided, revisions)])
}

/** Somebody else's has the name: the next one gets another. What an earlier Deployment of the name had goes by itself. */
async function noteCollision(work: Work, deployment: Deployment, draft: ReplicaSet): Promise<void> {
  const found = work.cluster.peek('replicasets.apps', keyOf(draft))
  const owner = found === undefined ? undefined : controllerOf(found)
  if (found === undefined || (owner?.kind === 'Deployment' && owner.name === deployment.metadata.name)) return
  const status = { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 }
  await work.write.status(deployment, { ...deployment, status })
}

function sayScaled(work: Work, deployment: Deployment, message: string): void {
  record(work, deployment, { reason: 'ScalingReplicaSet', message, component: 'deployment-controller' })
}

/**
 * The present ReplicaSet follows its Deployment: annotations are copied whenever they change (`kubectl rollout history` reads the cause
 * of a change there), and an old template that is wanted again gets the newest revision.
 */
async function keepUp(work: Work, deployment: Deployment, revisions: Revisions): Promise<void> {
  const { fresh } = revisions
  if (fresh === undefined) return
  const before = fresh.metadata.annotations ?? {}
  const annotations = { ...before, ...copiedAnnotations(deployment) }
  if (revisionOf(fresh) < revisions.nextRevision) {
    const past = [before[historyAnnotation], before[revisionAnnotation]].filter((each) => each)
    if (past.length > 0) annotations[historyAnnotation] = past.join(',')
    annotations[revisionAnnotation] = String(revisions.nextRevision)
  }
  const { minReadySeconds = 0 } = deployment.spec
  if (minReadySeconds === (fresh.spec.minReadySeconds ?? 0) && equalJson(before, annotations)) return
  await work.write.update({ ...fresh, metadata: { ...fresh.metadata, annotations }, spec: { ...fresh.spec, minReadySeconds } })
}

function annotationsFor(deployment: Deployment, revision: bigint): Record<string, string> {
  return { ...copiedAnnotations(deployment), ...sizeAnnotations(deployment), [revisionAnnotation]: String(revision) }
}

function copiedAnnotations(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key)))
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const wanted = deployment.spec.replicas ?? 1
  const most = wanted + rollingLimits(deployment).maxSurge
  return { [desiredAnnotation]: String(wanted), [maxAnnotation]: String(most) }
}

/** True when the Deployment asks for another number than its active ReplicaSets were last sized for. */
function isScaled(deployment: Deployment, { fresh, old }: Revisions): boolean {
  const wanted = String(deployment.spec.replicas ?? 1)
  return [...old, ...(fresh ? [fresh] : [])].some((replicaSet) => {
    const sizedFor = replicaSet.metadata.annotations?.[desiredAnnotation]
    return replicasOf(replicaSet) > 0 && sizedFor !== undefined && sizedFor !== wanted
  })
}

async function scale(
  work: Work,
  deployment: Deployment,
  decided: ReadonlyMap<string, number>,
  { fresh, old }: Revisions,
): Promise<void> {
  const sizes = sizeAnnotations(deployment)
  const writes: Promise<unknown>[] = []
  for (const replicaSet of fresh === undefined ? old : [...old, fresh]) {
    const replicas = decided.get(replicaSet.metadata.name) ?? replicasOf(replicaSet)
    const sized =
      replicasOf(replicaSet) === 0 || replicaSet.metadata.annotations?.[desiredAnnotation] === sizes[desiredAnnotation]
    if (replicas === replicasOf(replicaSet) && sized) continue
    const current = work.cluster.peek('replicasets.apps', keyOf(replicaSet)) as ReplicaSet | undefined
    if (current === undefined) continue
    writes.push(
      resize(
        work,
        deployment,
        {
          ...current,
          metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...sizes } },
          spec: { ...current.spec, replicas },
        },
        replicasOf(current),
      ),
    )
  }
  await Promise.all(writes)
}

async function resize(work: Work, deployment: Deployment, replicaSet: ReplicaSet, before: number): Promise<void> {
  await work.write.update(replicaSet)
  const after = replicasOf(replicaSet)
  if (after === before) return
  const way = after > before ? 'up' : 'down'
  sayScaled(work, deployment, `Scaled ${way} replica set ${replicaSet.metadata.name} from ${before} to ${after}`)
}

/** Deletes old ReplicaSets beyond the history that is to be kept, once a rollout is complete or paused. */
async function cleanUp(work: Work, deployment: Deployment, { fresh, old }: Revisions): Promise<void> {
  const { replicas: wanted = 1, paused, revisionHistoryLimit: limit = 10 } = deployment.spec
  const isEmpty = (replicaSet: ReplicaSet) => replicasOf(replicaSet) === 0 && (replicaSet.status?.replicas ?? 0) === 0
  const isComplete =
    fresh !== undefined &&
    replicasOf(fresh) === wanted &&
    (fresh.status?.availableReplicas ?? 0) === wanted &&
    old.every((replicaSet) => (replicaSet.status?.replicas ?? 0) === 0)
  if (!isComplete && paused !== true) return
  const kept = old.filter((replicaSet) => !isTerminating(replicaSet))
  const surplus = kept.slice(0, Math.max(0, kept.length - limit)).filter(isEmpty)
  await Promise.all(surplus.map((replicaSet) => work.write.delete(replicaSet)))
}

async function report(work: Work, deployment: Deployment, { fresh, old }: Revisions): Promise<number | undefined> {
  const current = (work.cluster.peek('deployments.apps', work.key) ?? deployment) as Deployment
  const status = decideDeploymentStatus(current, fresh, old, work.nowText())
  const annotations =
    fresh === undefined || revisionOf(fresh) === revisionOf(current)
      ? current.metadata.annotations
      : { ...current.metadata.annotations, [revisionAnnotation]: String(revisionOf(fresh)) }
  // While the pods of a first ReplicaSet come up, there is nothing to tell that a moment later is not told better.
  const unseen = fresh !== undefined && fresh.status?.observedGeneration !== fresh.metadata.generation
  if (unseen && current.status?.conditions === undefined) return 100
  await work.write.status(current, {
    ...current,
    metadata: annotations === undefined ? current.metadata : { ...current.metadata, annotations },
    status,
  })
  const deadline = progressDeadlineAt(current, status)
  return deadline === undefined ? undefined : Math.max(deadline - work.now(), 1000)
}
