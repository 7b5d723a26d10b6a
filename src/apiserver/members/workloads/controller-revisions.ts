import { canonicalJson, equalJson, sortedKeys } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { controllerOf, controllerReferenceTo } from '../../../kube/object/owner.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'
import type { Work } from '../contract.js'
import type { PodTemplate } from '../engine/objects.js'
import { hashOf } from './pods.js'

export const revisionLabel = 'controller-revision-hash'
/** How revisions of StatefulSets are labelled; those of DaemonSets are as their pods. */
const historyLabel = 'controller.kubernetes.io/hash'

type ControllerRevision = KubeObject & { data?: { spec?: { template?: PodTemplate } }; revision: number }

/** The recorded templates of a StatefulSet or DaemonSet: which is the present one, and what another one was. */
export interface TemplateHistory {
  /** Name of the present template's revision. */
  readonly update: string
  /** The template of a revision, undefined when it is no longer recorded. */
  templateOf(revision: string): PodTemplate | undefined
}

/** Finds the present template among the recorded ones, or records it; forgets old ones beyond the limit, but for `keep`. */
export async function recordTemplate(
  work: Work,
  owner: KubeObject & { spec: { selector?: LabelSelectorSpec; template: PodTemplate; revisionHistoryLimit?: number } },
  keep: ReadonlySet<string>,
): Promise<TemplateHistory> {
  const { template } = owner.spec
  const own = work.owned<ControllerRevision>('controllerrevisions.apps', owner)
  const known = (own.length > 0 ? own : await adopt(work, owner)).sort((a, b) => a.revision - b.revision)
  const newest = known.at(-1)
  let present = known.find((revision) => equalJson(templateIn(revision), template))
  const next = (newest?.revision ?? 0) + 1
  if (present === undefined) present = await work.write.create(revisionObject(owner, next))
  else if (present !== newest) present = await work.write.update({ ...present, revision: next })
  const surplus = known.filter((revision) => revision !== present && !keep.has(revision.metadata.name))
  const old = surplus.slice(0, Math.max(0, surplus.length - (owner.spec.revisionHistoryLimit ?? 10)))
  await Promise.all(old.map((revision) => work.write.delete(revision)))
  const update = present.metadata.name
  return {
    update,
    templateOf(name) {
      if (name === update) return template
      const found = known.find((revision) => revision.metadata.name === name)
      return found === undefined ? undefined : templateIn(found)
    },
  }
}

/** An owner without any takes over what it would select and nobody controls, as after a deletion that left it behind. */
async function adopt(work: Work, owner: KubeObject & { spec: { selector?: LabelSelectorSpec } }): Promise<ControllerRevision[]> {
  if (owner.spec.selector === undefined || owner.metadata.deletionTimestamp !== undefined) return []
  const selector = fromLabelSelector(owner.spec.selector, { validate: false })
  const all = [...work.cluster.peekAll('controllerrevisions.apps', owner.metadata.namespace ?? 'default')]
  const left = (all as ControllerRevision[]).filter(
    (each) =>
      each.metadata.deletionTimestamp === undefined &&
      controllerOf(each) === undefined &&
      matchesLabels(selector, each.metadata.labels),
  )
  return Promise.all(
    left.map((each) => {
      const ownerReferences = [...(each.metadata.ownerReferences ?? []), controllerReferenceTo(owner)]
      return work.write.update({ ...each, metadata: { ...each.metadata, ownerReferences } })
    }),
  )
}

function templateIn(revision: ControllerRevision): PodTemplate | undefined {
  const template = revision.data?.spec?.template
  if (template === undefined) return undefined
  const { $patch: _, ...plain } = template as PodTemplate & { $patch?: string }
  return plain
}

function revisionObject(owner: KubeObject & { spec: { template: PodTemplate } }, revision: number): ControllerRevision {
  const hash = hashOf(canonicalJson(owner.spec.template))
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      namespace: owner.metadata.namespace ?? 'default',
      labels: {
        ...owner.spec.template.metadata?.labels,
        [owner.kind === 'DaemonSet' ? revisionLabel : historyLabel]: hash,
      },
      ...(owner.metadata.annotations ? { annotations: owner.metadata.annotations } : {}),
      ownerReferences: [controllerReferenceTo(owner)],
    },
    // Clients compare its bytes with what Go makes of a map, whose keys are in order.
    data: sortedKeys({ spec: { template: { ...owner.spec.template, $patch: 'replace' } } }) as {
      spec: { template: PodTemplate }
    },
    revision,
  }
}
