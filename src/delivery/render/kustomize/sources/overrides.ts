import type { KustomizeOverrides } from '../../contract.js'
import { buildError } from '../build-error.js'
import { splitImage } from '../transformers/images.js'
import type { ImageEntry, Kustomization, ReplicaEntry } from './kustomization.js'

/**
 * The kustomization with Argo CD's `source.kustomize` applied, in Argo CD's order: prefix, suffix, images, replicas, labels,
 * annotations, namespace, patches, components. What Argo CD does with `kustomize edit` in a checkout is done on the data.
 */
export function applyOverrides(kustomization: Kustomization, overrides: KustomizeOverrides): Kustomization {
  const edited: Kustomization = { ...kustomization }
  if ((overrides.namePrefix ?? '') !== '') edited.namePrefix = overrides.namePrefix!
  if ((overrides.nameSuffix ?? '') !== '') edited.nameSuffix = overrides.nameSuffix!
  if ((overrides.images?.length ?? 0) > 0) edited.images = setImages(edited.images ?? [], overrides.images!)
  if ((overrides.replicas?.length ?? 0) > 0) edited.replicas = setReplicas(edited.replicas ?? [], overrides.replicas!)
  addLabels(edited, overrides)
  if (Object.keys(overrides.commonAnnotations ?? {}).length > 0) {
    const force = overrides.forceCommonAnnotations === true
    edited.commonAnnotations = added('annotation', edited.commonAnnotations, overrides.commonAnnotations!, force)
  }
  if ((overrides.namespace ?? '') !== '') edited.namespace = overrides.namespace!
  if ((overrides.patches?.length ?? 0) > 0) edited.patches = [...(edited.patches ?? []), ...overrides.patches!]
  if ((overrides.components?.length ?? 0) > 0) {
    edited.components = [...new Set([...(edited.components ?? []), ...overrides.components!])]
  }
  return edited
}

function addLabels(edited: Kustomization, overrides: KustomizeOverrides): void {
  const labels = overrides.commonLabels ?? {}
  if (Object.keys(labels).length === 0) return
  if (overrides.labelWithoutSelector === true) {
    const entry = { pairs: { ...labels }, includeSelectors: false, includeTemplates: overrides.labelIncludeTemplates === true }
    edited.labels = [...(edited.labels ?? []), entry]
    return
  }
  if (overrides.labelIncludeTemplates === true) {
    throw buildError(
      'kustomize.labelIncludeTemplates needs kustomize.labelWithoutSelector',
      'Set labelWithoutSelector: true as well.',
    )
  }
  edited.commonLabels = added('label', edited.commonLabels, labels, overrides.forceCommonLabels === true)
}

function added(
  kind: 'label' | 'annotation',
  present: Record<string, string> | undefined,
  more: Readonly<Record<string, string>>,
  force: boolean,
): Record<string, string> {
  for (const key of Object.keys(more)) {
    if (force || present === undefined || !Object.hasOwn(present, key)) continue
    const field = kind === 'label' ? 'forceCommonLabels' : 'forceCommonAnnotations'
    throw buildError(`${kind} ${key} already in kustomization file`, `Set kustomize.${field}: true to overwrite it.`)
  }
  return { ...present, ...more }
}

/** Entries by name, sorted by it; a `*` in a new one keeps what the old one has. */
function setImages(present: readonly ImageEntry[], images: readonly string[]): ImageEntry[] {
  const byName = new Map<string, ImageEntry>()
  for (const text of images) {
    const image = parseImage(text)
    byName.set(image.name ?? '', image)
  }
  for (const old of present) {
    const name = old.name ?? ''
    const image = byName.get(name)
    byName.set(name, image === undefined ? old : keepStarred(image, old))
  }
  return [...byName.values()].map((image) => keepStarred(image, {})).sort(byNameOf)
}

function keepStarred(image: ImageEntry, old: ImageEntry): ImageEntry {
  const { newName, newTag, digest, ...rest } = image
  const kept = {
    newName: newName === '*' ? old.newName : newName,
    newTag: newTag === '*' ? old.newTag : newTag,
    digest: digest === '*' ? old.digest : digest,
  }
  return { ...rest, ...kept }
}

/** `name=newName:tag@digest`; either side of the equals sign, tag and digest can be left out, but not all at once. */
function parseImage(text: string): ImageEntry {
  const at = text.indexOf('=')
  const { name, tag, digest } = splitImage(at === -1 ? text : text.slice(at + 1))
  if (name === text) {
    throw buildError(
      `invalid image ${text}: expected <image>=<newimage>, <image>:<newtag>, <image>@<digest> or a combination`,
      'Say what shall change: a new name, a tag or a digest.',
    )
  }
  if (at === -1) return { name, newTag: tag, digest }
  return { name: text.slice(0, at), newName: name, newTag: tag, digest }
}

function setReplicas(present: readonly ReplicaEntry[], replicas: NonNullable<KustomizeOverrides['replicas']>): ReplicaEntry[] {
  const byName = new Map<string, ReplicaEntry>()
  for (const { name, count } of replicas) {
    const number = typeof count === 'number' ? count : /^-?\d+$/.test(count) ? Number(count) : Number.NaN
    if (!Number.isInteger(number) || number < 0) {
      throw buildError(`kustomize.replicas: expected a whole number for ${name}, found ${JSON.stringify(count)}`)
    }
    byName.set(name, { name, count: number })
  }
  for (const old of present) if (!byName.has(old.name ?? '')) byName.set(old.name ?? '', old)
  return [...byName.values()].sort(byNameOf)
}

function byNameOf(a: { readonly name?: string }, b: { readonly name?: string }): number {
  const left = a.name ?? ''
  const right = b.name ?? ''
  return left < right ? -1 : left > right ? 1 : 0
}
