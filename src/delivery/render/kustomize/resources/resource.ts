import type { Json, JsonObject } from '../../../../base/json.js'
import { isObject, setOwn } from '../../../../base/json.js'
import { formatGoNumber } from '../../../../formats/yaml/go-number.js'
import { nullText } from '../../../../formats/yaml/source-marks.js'
import { equalGvk, formatGvk, type Gvk, isClusterScoped, parseGvk } from './gvk.js'

/** The annotation that says where a resource comes from. */
export const originKey = 'config.kubernetes.io/origin'

/** Stands for the namespace of objects that have none, as in kustomize's own identities. */
export const outsideNamespaces = '_non_namespaceable_'

/** What a resource is called at some moment of the build. `effectiveNamespace` is never empty. */
export interface ResourceId extends Gvk {
  readonly name: string
  readonly namespace: string
  readonly effectiveNamespace: string
}

export type GeneratorBehavior = 'unspecified' | 'create' | 'replace' | 'merge'

/**
 * An object on its way through the build, with what kustomize knows of its past. The object belongs to the build and is
 * changed in place; a resource whose object is undefined has been deleted by a patch.
 */
export class Resource {
  object: JsonObject | undefined
  /** The last current id, with the fields it was made of. */
  #known: { name: unknown; namespace: unknown; kind: unknown; apiVersion: unknown; id: ResourceId } | undefined
  readonly previous: { readonly kind: string; readonly name: string; readonly namespace: string }[] = []
  prefixes: string[] = []
  suffixes: string[] = []
  /** Generated, and its name gets a hash of its content. */
  needsHash = false
  behavior: GeneratorBehavior = 'unspecified'
  /** Namespaces are left as the chart has them. */
  isFromChart = false
  /** Patches: may change the name, the kind of what they are applied to. */
  allowNameChange = false
  allowKindChange = false
  /** Names of vars that take their value from this resource. */
  varNames: string[] = []
  /** Where it was read: `base/deployment.yaml:12`. */
  readonly source: string

  constructor(object: JsonObject, source: string) {
    this.object = object
    this.source = source
  }

  get apiVersion(): string {
    return scalarText(this.object?.['apiVersion'])
  }

  get kind(): string {
    return scalarText(this.object?.['kind'])
  }

  get gvk(): Gvk {
    return parseGvk(this.apiVersion, this.kind)
  }

  get name(): string {
    return scalarText(this.metadata()?.['name'])
  }

  get namespace(): string {
    return scalarText(this.metadata()?.['namespace'])
  }

  metadata(): JsonObject | undefined {
    const metadata = this.object?.['metadata']
    return isObject(metadata) ? (metadata as JsonObject) : undefined
  }

  labels(): Record<string, string> {
    return textMap(this.metadata()?.['labels'])
  }

  annotations(): Record<string, string> {
    return textMap(this.metadata()?.['annotations'])
  }

  setName(name: string): void {
    this.#metadataForWriting()['name'] = name
  }

  /** An empty namespace removes the field. */
  setNamespace(namespace: string): void {
    if (namespace === '') delete this.metadata()?.['namespace']
    else this.#metadataForWriting()['namespace'] = namespace
  }

  /** Replaces all labels or annotations; an empty map removes the field. */
  setMetadataMap(field: 'labels' | 'annotations', map: Readonly<Record<string, string>>): void {
    if (Object.keys(map).length === 0) delete this.metadata()?.[field]
    else this.#metadataForWriting()[field] = { ...map }
  }

  #metadataForWriting(): JsonObject {
    const metadata = this.metadata()
    if (metadata !== undefined) return metadata
    const created: JsonObject = {}
    if (this.object !== undefined) this.object['metadata'] = created
    return created
  }

  /** The same object for as long as nothing of it changes: it is asked for very often. */
  currentId(): ResourceId {
    const { object } = this
    const metadata = object?.['metadata']
    const name = isObject(metadata) ? metadata['name'] : undefined
    const namespace = isObject(metadata) ? metadata['namespace'] : undefined
    const known = this.#known
    if (
      known !== undefined &&
      known.name === name &&
      known.namespace === namespace &&
      known.kind === object?.['kind'] &&
      known.apiVersion === object?.['apiVersion']
    )
      return known.id
    const id = this.#currentId()
    this.#known = { name, namespace, kind: object?.['kind'], apiVersion: object?.['apiVersion'], id }
    return id
  }

  #currentId(): ResourceId {
    const { apiVersion, kind, namespace } = this
    return {
      ...parseGvk(apiVersion, kind),
      name: this.name,
      namespace,
      effectiveNamespace: isClusterScoped(apiVersion, kind) ? outsideNamespaces : namespace === '' ? 'default' : namespace,
    }
  }

  /** Every identity it had before, the oldest first. */
  previousIds(): ResourceId[] {
    if (this.previous.length === 0) return []
    const { group, version } = this.gvk
    return this.previous.map(({ kind, name, namespace }) => ({
      group,
      version,
      kind,
      name,
      namespace,
      effectiveNamespace: namespace,
    }))
  }

  originalId(): ResourceId {
    return this.previous.length === 0 ? this.currentId() : this.previousIds()[0]!
  }

  allIds(): ResourceId[] {
    return this.previous.length === 0 ? [this.currentId()] : [...this.previousIds(), this.currentId()]
  }

  /** To be called before the name, the namespace or the kind changes. */
  rememberId(): void {
    const { kind, name, effectiveNamespace } = this.currentId()
    this.previous.push({ kind, name, namespace: effectiveNamespace })
  }
}

export function equalIds(a: ResourceId, b: ResourceId): boolean {
  return a.name === b.name && a.effectiveNamespace === b.effectiveNamespace && equalGvk(a, b)
}

/** A key that is the same for equal ids only. */
export function idKey(id: ResourceId): string {
  return `${id.group}|${id.version}|${id.kind}|${id.effectiveNamespace}|${id.name}`
}

/** As kustomize prints it: `Deployment.v1.apps/web.[noNs]`. */
export function formatId(id: ResourceId): string {
  return `${formatGvk(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`
}

/** The text of a scalar as it stands in YAML; empty for anything else. */
export function scalarText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return formatGoNumber(value)
  if (typeof value === 'boolean') return String(value)
  return ''
}

function mapText(map: Record<string, unknown>, key: string): string {
  return map[key] === null ? nullText(map, key) : scalarText(map[key])
}

function textMap(value: Json | undefined): Record<string, string> {
  const map: Record<string, string> = {}
  if (isObject(value)) for (const key of Object.keys(value)) setOwn(map, key, mapText(value, key))
  return map
}
