import { buildError } from '../build-error.js'
import { decodeShape, type Shape, struct } from '../transformers/decode-shape.js'
import type { FieldSpec } from '../transformers/field-spec.js'

/** A kustomization file as kustomize v5 knows it, deprecated fields included. Absent lists are undefined. */
export interface Kustomization {
  apiVersion?: string
  kind?: string
  openapi?: Record<string, string>
  namePrefix?: string
  nameSuffix?: string
  namespace?: string
  commonLabels?: Record<string, string>
  labels?: LabelEntry[]
  commonAnnotations?: Record<string, string>
  patchesStrategicMerge?: string[]
  patchesJson6902?: PatchEntry[]
  patches?: PatchEntry[]
  images?: ImageEntry[]
  imageTags?: ImageEntry[]
  replacements?: ReplacementEntry[]
  replicas?: ReplicaEntry[]
  vars?: VarEntry[]
  sortOptions?: SortOptions
  resources?: string[]
  components?: string[]
  crds?: string[]
  bases?: string[]
  configMapGenerator?: GeneratorEntry[]
  secretGenerator?: GeneratorEntry[]
  helmGlobals?: unknown
  helmCharts?: unknown[]
  helmChartInflationGenerator?: unknown[]
  generatorOptions?: GeneratorOptions
  configurations?: string[]
  generators?: string[]
  transformers?: string[]
  validators?: string[]
  buildMetadata?: string[]
}

/** What picks resources: parts of the identity (regular expressions in patch targets, exact in replacements), label selectors. */
export interface ResourceSelector {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly labelSelector?: string
  readonly annotationSelector?: string
}

export interface LabelEntry {
  readonly pairs?: Record<string, string>
  readonly includeSelectors?: boolean
  readonly includeTemplates?: boolean
  readonly includeVolumeClaimTemplates?: boolean
  readonly fields?: FieldSpec[]
}

export interface PatchEntry {
  readonly path?: string
  readonly patch?: string
  readonly target?: ResourceSelector
  readonly options?: Record<string, boolean>
}

export interface ImageEntry {
  readonly name?: string
  readonly newName?: string
  readonly tagSuffix?: string
  readonly newTag?: string
  readonly digest?: string
}

export interface FieldOptions {
  readonly delimiter?: string
  readonly index?: number
  readonly encoding?: string
  readonly create?: boolean
}

export interface Replacement {
  /** A fixed text in place of a source. */
  readonly sourceValue?: string
  readonly source?: ResourceSelector & { readonly fieldPath?: string; readonly options?: FieldOptions }
  readonly targets?: readonly {
    readonly select?: ResourceSelector
    readonly reject?: readonly ResourceSelector[]
    readonly fieldPaths?: readonly string[]
    readonly options?: FieldOptions
  }[]
}

export interface ReplacementEntry extends Replacement {
  readonly path?: string
}

export interface ReplicaEntry {
  readonly name?: string
  readonly count?: number
}

export interface VarEntry {
  readonly name?: string
  readonly objref?: ResourceSelector & { readonly apiVersion?: string }
  readonly fieldref?: { readonly fieldPath?: string }
}

export interface SortOptions {
  readonly order?: string
  readonly legacySortOptions?: { readonly orderFirst?: string[]; readonly orderLast?: string[] }
}

export interface GeneratorOptions {
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  readonly disableNameSuffixHash?: boolean
  readonly immutable?: boolean
}

export interface GeneratorEntry {
  readonly name?: string
  readonly namespace?: string
  readonly behavior?: string
  readonly literals?: string[]
  readonly files?: string[]
  readonly envs?: string[]
  readonly env?: string
  readonly options?: GeneratorOptions
  /** Secrets only. */
  readonly type?: string
}

const texts: Shape = { list: 'text' }
const textMap: Shape = { map: 'text' }
const gvkFields = { group: 'exact-text', version: 'exact-text', kind: 'exact-text' } as const
const idFields = { ...gvkFields, name: 'exact-text', namespace: 'exact-text' } as const
export const selectorShape = struct({ ...idFields, annotationSelector: 'text', labelSelector: 'text' })
const optionsShape = struct({ delimiter: 'text', index: 'integer', encoding: 'text', create: 'boolean' })
const replacementFields = {
  sourceValue: 'text',
  source: struct({ ...idFields, fieldPath: 'text', options: optionsShape }),
  targets: { list: struct({ select: selectorShape, reject: { list: selectorShape }, fieldPaths: texts, options: optionsShape }) },
} as const
export const replacementShape = struct(replacementFields)
export const fieldSpecFields = { ...gvkFields, path: 'text', create: 'boolean' } as const
export const fieldSpecShape = struct(fieldSpecFields)
export const patchOptionsShape = struct({ allowNameChange: 'boolean', allowKindChange: 'boolean' })
export const patchShape = struct({ path: 'text', patch: 'text', target: selectorShape, options: patchOptionsShape })
export const imageShape = struct({ name: 'text', newName: 'text', tagSuffix: 'text', newTag: 'text', digest: 'text' })
export const replicaShape = struct({ name: 'text', count: 'integer' })
export const generatorOptionsShape = struct({
  labels: textMap,
  annotations: textMap,
  disableNameSuffixHash: 'boolean',
  immutable: 'boolean',
})
export const generatorFields = {
  name: 'text',
  namespace: 'text',
  behavior: 'text',
  literals: texts,
  files: texts,
  envs: texts,
  env: 'text',
  options: generatorOptionsShape,
} as const
export const replacementEntryShape = struct({ ...replacementFields, path: 'text' })

const shape = struct({
  apiVersion: 'text',
  kind: 'text',
  metadata: struct({ name: 'text', namespace: 'text', labels: textMap, annotations: textMap }),
  openapi: textMap,
  namePrefix: 'text',
  nameSuffix: 'text',
  namespace: 'text',
  commonLabels: textMap,
  labels: {
    list: struct({
      pairs: textMap,
      includeSelectors: 'boolean',
      includeTemplates: 'boolean',
      includeVolumeClaimTemplates: 'boolean',
      fields: { list: fieldSpecShape },
    }),
  },
  commonAnnotations: textMap,
  patchesStrategicMerge: texts,
  patchesJson6902: { list: patchShape },
  patches: { list: patchShape },
  images: { list: imageShape },
  imageTags: { list: imageShape },
  replacements: { list: replacementEntryShape },
  replicas: { list: replicaShape },
  vars: {
    list: struct({
      name: 'text',
      objref: struct({ ...idFields, apiVersion: 'text' }),
      fieldref: struct({ fieldPath: 'text' }),
    }),
  },
  sortOptions: struct({ order: 'text', legacySortOptions: struct({ orderFirst: texts, orderLast: texts }) }),
  resources: texts,
  components: texts,
  crds: texts,
  bases: texts,
  configMapGenerator: { list: struct(generatorFields) },
  secretGenerator: { list: struct({ ...generatorFields, type: 'text' }) },
  helmGlobals: 'any',
  helmCharts: { list: 'any' },
  helmChartInflationGenerator: { list: 'any' },
  generatorOptions: generatorOptionsShape,
  configurations: texts,
  generators: texts,
  transformers: texts,
  validators: texts,
  buildMetadata: texts,
})

const deprecated: readonly (readonly [field: keyof Kustomization, instead: string])[] = [
  ['bases', 'resources'],
  ['commonLabels', 'labels'],
  ['imageTags', 'images'],
  ['patchesJson6902', 'patches'],
  ['patchesStrategicMerge', 'patches'],
  ['vars', 'replacements'],
]

/** Reads the data of a kustomization file. `file` names it in messages. Deprecated fields are folded into today's, with a warning. */
export function decodeKustomization(data: unknown, file: string): { kustomization: Kustomization; warnings: string[] } {
  const kustomization = (decodeShape(data, shape, file) ?? {}) as Kustomization
  const warnings = deprecated
    .filter(([field]) => kustomization[field] !== undefined)
    .map(([field, instead]) => `${file}: '${field}' is deprecated, use '${instead}' instead`)
  if (Object.keys(kustomization).every((field) => field === 'kind' || field === 'apiVersion')) {
    throw buildError(`${file}: kustomization.yaml is empty`, 'Name at least one of resources, generators or components.')
  }
  kustomization.kind = kustomization.kind || 'Kustomization'
  if (kustomization.kind !== 'Kustomization' && kustomization.kind !== 'Component') {
    throw buildError(`${file}: kind should be Kustomization or Component, found ${kustomization.kind}`)
  }
  const version = kustomization.kind === 'Component' ? 'kustomize.config.k8s.io/v1alpha1' : 'kustomize.config.k8s.io/v1beta1'
  kustomization.apiVersion = kustomization.apiVersion || version
  if (kustomization.apiVersion !== version) {
    throw buildError(`${file}: apiVersion for ${kustomization.kind} should be ${version}, found ${kustomization.apiVersion}`)
  }
  if (kustomization.bases !== undefined) kustomization.resources = [...(kustomization.resources ?? []), ...kustomization.bases]
  if (kustomization.imageTags !== undefined) kustomization.images = [...(kustomization.images ?? []), ...kustomization.imageTags]
  delete kustomization.bases
  delete kustomization.imageTags
  return { kustomization, warnings }
}
