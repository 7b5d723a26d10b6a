import type { KubeObject } from '../../../../kube/object/kube-object.js'
import { buildError } from '../build-error.js'
import type { ImageEntry, Kustomization, ResourceSelector } from '../sources/kustomization.js'
import type { Loader } from '../sources/loader.js'

/** What of the `spec` of Flux's Kustomization has to do with building. */
export interface FluxSpec {
  readonly targetNamespace?: string
  readonly namePrefix?: string
  readonly nameSuffix?: string
  readonly patches?: readonly { readonly patch: string; readonly target?: ResourceSelector }[]
  readonly patchesStrategicMerge?: readonly unknown[]
  readonly patchesJson6902?: readonly { readonly patch: unknown; readonly target: ResourceSelector }[]
  readonly images?: readonly {
    readonly name: string
    readonly newName?: string
    readonly newTag?: string
    readonly digest?: string
  }[]
  readonly components?: readonly string[]
  readonly ignoreMissingComponents?: boolean
  readonly buildMetadata?: readonly string[]
  /** Set on every object, over what it has. */
  readonly commonMetadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly postBuild?: {
    readonly substitute?: Readonly<Record<string, string>>
    readonly substituteStrategy?: 'WithVariables' | 'Always'
  }
}

/** The top kustomization with what a Flux Kustomization adds to it. `created`: there was none in the source. */
export async function editForFlux(own: Kustomization, spec: FluxSpec, loader: Loader, created: boolean): Promise<Kustomization> {
  const edited: Kustomization = { ...own }
  // Flux keeps one without resources from being empty this way.
  if (!created && (own.resources ?? []).length === 0) edited.buildMetadata = ['originAnnotations']
  if (spec.targetNamespace !== undefined) edited.namespace = spec.targetNamespace
  if (spec.namePrefix !== undefined) edited.namePrefix = spec.namePrefix
  if (spec.nameSuffix !== undefined) edited.nameSuffix = spec.nameSuffix
  if (spec.patches !== undefined) edited.patches = [...(own.patches ?? []), ...spec.patches]
  if (spec.components !== undefined) edited.components = [...(own.components ?? []), ...(await componentsOf(spec, loader))]
  if (spec.patchesStrategicMerge !== undefined) {
    const more = spec.patchesStrategicMerge.map((patch) => JSON.stringify(patch))
    edited.patchesStrategicMerge = [...(own.patchesStrategicMerge ?? []), ...more]
  }
  if (spec.patchesJson6902 !== undefined) {
    const more = spec.patchesJson6902.map(({ patch, target }) => ({ patch: JSON.stringify(patch), target }))
    edited.patchesJson6902 = [...(own.patchesJson6902 ?? []), ...more]
  }
  if (spec.images !== undefined) edited.images = mergeImages(own.images ?? [], spec.images)
  if ((spec.buildMetadata ?? []).length > 0) edited.buildMetadata = [...spec.buildMetadata!]
  return edited
}

async function componentsOf(spec: FluxSpec, loader: Loader): Promise<string[]> {
  const components: string[] = []
  for (const path of spec.components ?? []) {
    if (path.startsWith('/') || loader.isRemote(path) || /^(git::|gh:|ssh:\/\/|https?:\/\/|git@|github\.com[:/])./i.test(path))
      throw buildError(`component path '${path}' must be local and relative`, 'Name a directory of the same source.')
    if (spec.ignoreMissingComponents === true && !(await loader.isDirectory(path)) && !(await loader.isFile(path))) continue
    components.push(path)
  }
  return components
}

/** A tag and a digest replace both of what is there; a name alone leaves them. */
function mergeImages(present: readonly ImageEntry[], images: NonNullable<FluxSpec['images']>): ImageEntry[] {
  const merged = [...present]
  for (const { name, newName = '', newTag = '', digest = '' } of images) {
    const index = merged.findIndex((image) => image.name === name)
    if (index === -1) {
      merged.push({ name, newName, newTag, digest })
      continue
    }
    merged[index] = {
      ...merged[index],
      ...(newName === '' ? {} : { newName }),
      ...(newTag === '' && digest === '' ? {} : { newTag, digest }),
    }
  }
  return merged
}

/** The object with `spec.commonMetadata`. */
export function withCommonMetadata(object: KubeObject, common: NonNullable<FluxSpec['commonMetadata']>): KubeObject {
  const { labels, annotations } = object.metadata ?? {}
  const metadata = { ...object.metadata }
  if (Object.keys(common.labels ?? {}).length > 0) metadata.labels = { ...labels, ...common.labels }
  if (Object.keys(common.annotations ?? {}).length > 0) metadata.annotations = { ...annotations, ...common.annotations }
  return { ...object, metadata }
}
