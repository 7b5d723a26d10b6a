import { buildError } from '../build-error.js'
import { compareGvk, equalGvk, type Gvk, isSelectedBy } from '../resources/gvk.js'
import { fieldSpecShape } from '../sources/kustomization.js'
import { decodeShape, struct } from './decode-shape.js'
import { defaultConfig, type NameReference, type TransformerConfig } from './default-specs.js'
import type { FieldSpec } from './field-spec.js'

const lists = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'labels',
  'templateLabels',
  'volumeClaimTemplateLabels',
  'commonAnnotations',
  'varReference',
  'images',
  'replicas',
] as const

export const emptyConfig: TransformerConfig = {
  namePrefix: [],
  nameSuffix: [],
  namespace: [],
  commonLabels: [],
  labels: [],
  templateLabels: [],
  volumeClaimTemplateLabels: [],
  commonAnnotations: [],
  nameReference: [],
  varReference: [],
  images: [],
  replicas: [],
}

const nameReferenceShape = struct({
  group: 'text',
  version: 'text',
  kind: 'text',
  fieldSpecs: { list: fieldSpecShape },
})
const configShape = struct({
  ...Object.fromEntries(lists.map((name) => [name, { list: fieldSpecShape }])),
  nameReference: { list: nameReferenceShape },
})

/** A file of the field `configurations`. */
export function decodeTransformerConfig(data: unknown, file: string): TransformerConfig {
  const decoded = (decodeShape(data, configShape, file) ?? {}) as Partial<TransformerConfig>
  const references = (decoded.nameReference ?? []) as readonly (Partial<Gvk> & { fieldSpecs?: readonly FieldSpec[] })[]
  return {
    ...emptyConfig,
    ...decoded,
    nameReference: references.map((reference) => ({
      group: reference.group ?? '',
      version: reference.version ?? '',
      kind: reference.kind ?? '',
      fieldSpecs: reference.fieldSpecs ?? [],
    })),
  }
}

/** Both configurations; what is in both counts once. The same object when the second adds nothing. */
export function mergeConfigs(config: TransformerConfig, more: TransformerConfig): TransformerConfig {
  if (more === config || more === emptyConfig) return config
  if (config === emptyConfig && more === defaultConfig) return more
  const merged: { -readonly [field in keyof TransformerConfig]: TransformerConfig[field] } = { ...config }
  for (const list of lists) merged[list] = sorted(mergeFieldSpecs(config[list], more[list]))
  const references: NameReference[] = [...config.nameReference]
  for (const reference of more.nameReference) {
    const index = references.findIndex((known) => equalGvk(known, reference))
    if (index === -1) references.push(reference)
    else
      references[index] = {
        ...references[index]!,
        fieldSpecs: mergeFieldSpecs(references[index]!.fieldSpecs, reference.fieldSpecs),
      }
  }
  merged.nameReference = references.sort(compareGvk)
  return merged
}

/** A spec that a known one covers is not added again; one that disagrees on creation is an error. */
export function mergeFieldSpecs(specs: readonly FieldSpec[], more: readonly FieldSpec[]): readonly FieldSpec[] {
  if (more.length === 0) return specs
  const merged = [...specs]
  for (const spec of more) {
    const selector = gvkOf(spec)
    const known = merged.find((other) => (other.path ?? '') === (spec.path ?? '') && isSelectedBy(gvkOf(other), selector))
    if (known === undefined) merged.push(spec)
    else if ((known.create ?? false) !== (spec.create ?? false)) {
      throw buildError(
        `conflicting fieldspecs for ${spec.kind ?? 'any kind'} ${spec.path}: one says create: true, the other does not`,
      )
    }
  }
  return merged
}

function sorted(specs: readonly FieldSpec[]): readonly FieldSpec[] {
  return [...specs].sort((a, b) => compareGvk(gvkOf(a), gvkOf(b)))
}

function gvkOf(spec: FieldSpec): Gvk {
  return { group: spec.group ?? '', version: spec.version ?? '', kind: spec.kind ?? '' }
}
