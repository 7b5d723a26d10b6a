import { equalJson } from '../../../base/json.js'
import { mergeDiff } from '../../../controller/merge-diff.js'
import { applyMergePatch } from '../../../kube/apply/json-merge.js'
import { controllerReferenceTo, sameReferent } from '../../../kube/object/owner.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSet } from '../kinds/application-set.js'
import type { IgnoredDifferences } from './ignored-differences.js'
import { normalizeSpec } from './normalize-spec.js'

/** Annotations that others set on generated applications and that are kept. */
const keptAnnotations = ['notified.notifications.argoproj.io', 'argocd.argoproj.io/refresh', 'argocd.argoproj.io/hydrate']
/** Finalizers with these prefixes are the delete hooks' own. */
const keptFinalizers = ['pre-delete-finalizer.argocd.argoproj.io', 'post-delete-finalizer.argocd.argoproj.io']

/** The new application for one that is generated and not there yet. */
export function newApplication(appSet: ApplicationSet, generated: Application): Application {
  return {
    ...generated,
    metadata: { ...generated.metadata, ownerReferences: [controllerReferenceTo(appSet)] },
    spec: normalizeSpec(generated.spec),
  }
}

export interface ApplicationUpdate {
  readonly live: Application
  /** What the application shall be. */
  readonly desired: Application
  /** JSON merge patch from the one to the other. */
  readonly patch: Record<string, unknown>
}

/**
 * How a live application changes to what is generated for it; undefined when nothing does. Spec, labels, annotations and
 * finalizers are the ApplicationSet's, but for preserved fields. Ignored differences are taken out of both sides and the
 * rest becomes a merge patch: as upstream, a change anywhere in a list rewrites the list and undoes what is ignored in it.
 */
export function updateApplication(
  appSet: ApplicationSet,
  live: Application,
  generated: Application,
  ignored: IgnoredDifferences,
): ApplicationUpdate | undefined {
  const preserved = appSet.spec.preservedFields ?? {}
  const annotations = keep(generated.metadata.annotations, live.metadata.annotations, [
    ...(preserved.annotations ?? []),
    ...keptAnnotations,
  ])
  const labels = keep(generated.metadata.labels, live.metadata.labels, preserved.labels ?? [])
  const finalizers = [
    ...(generated.metadata.finalizers ?? []),
    ...(live.metadata.finalizers ?? []).filter((name) => keptFinalizers.some((prefix) => name.startsWith(prefix))),
  ]
  const owner = controllerReferenceTo(appSet)
  const owners = live.metadata.ownerReferences ?? []
  const metadata = { ...live.metadata }
  setOrDelete(metadata, 'annotations', annotations)
  setOrDelete(metadata, 'labels', labels)
  setOrDelete(metadata, 'finalizers', finalizers.length === 0 ? undefined : [...new Set(finalizers)])
  if (!owners.some((reference) => reference.controller === true && reference.uid === owner.uid)) {
    metadata.ownerReferences = [...owners.filter((reference) => !sameReferent(reference, owner)), owner]
  }
  const wanted: Application = { ...live, metadata, spec: normalizeSpec(generated.spec) }
  if (generated.operation !== undefined) wanted.operation = generated.operation
  const before = ignored.strip({ ...live, spec: normalizeSpec(live.spec) })
  const after = ignored.strip(wanted)
  if (equalJson(withoutEmpty(before), withoutEmpty(after))) return undefined
  const patch = mergeDiff(before, after) as Record<string, unknown> | undefined
  if (patch === undefined) return undefined
  return { live, desired: applyMergePatch(live, patch) as Application, patch }
}

function setOrDelete<T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[key]
  else target[key] = value
}

function keep(
  generated: Record<string, string> | undefined,
  live: Record<string, string> | undefined,
  keys: readonly string[],
): Record<string, string> | undefined {
  const kept = { ...generated }
  for (const key of keys) {
    const value = live?.[key]
    if (value !== undefined) kept[key] = value
  }
  return Object.keys(kept).length === 0 ? undefined : kept
}

/** Empty maps and lists in metadata and spec mean the same as absent ones. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const kept: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    const inner = withoutEmpty(member)
    const isEmpty = typeof inner === 'object' && inner !== null && Object.keys(inner).length === 0
    if (inner !== undefined && inner !== null && !isEmpty) kept[key] = inner
  }
  return kept
}
