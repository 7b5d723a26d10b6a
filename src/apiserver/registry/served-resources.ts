import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import { builtInResources } from '../../kube/schema/resources.js'
import type { SchemaCatalogue, SchemaNode } from '../../kube/schema/schema-node.js'
import { type ComputedResource, resourceOfComputed } from './computed-resource.js'
import { builtInConversions } from './conversions/built-in-conversions.js'
import { customResourcesOf } from './custom/custom-resources.js'
import { strategies } from './lifecycles/strategies.js'
import type { Resource } from './resource.js'
import { createCatalogue } from './resource-catalogue.js'
import type { ClusterScope } from './scope.js'

const plain = {}

/** The built-in resources by `group/version/plural`; the same in every cluster. */
const builtIn: ReadonlyMap<string, Resource> = new Map(
  builtInResources.map((type) => [resourceKey(type), builtInResource(type)] as const),
)
const builtInCatalogue = createCatalogue(builtInResources)

function resourceKey(type: { group: string; version: string; plural: string }): string {
  return `${type.group}/${type.version}/${type.plural}`
}

function builtInResource(type: ResourceType): Resource {
  const apiVersion = apiVersionOf(type.group, type.version)
  const converted = builtInConversions[`${apiVersion}/${type.plural}`]
  const stored = converted?.stored ?? groupResourceOf(type)
  return {
    type,
    apiVersion,
    stored,
    strategy: converted?.strategy ?? strategies[stored] ?? plain,
    ...(converted === undefined ? {} : { conversion: converted }),
    // Made on first use: a process that never sees a kind does not pay for it.
    get schema() {
      return builtInSchemas.forKind(apiVersion, type.kind)
    },
  }
}

const none: readonly Resource[] = []
let builtInVersions: Map<string, Resource[]> | undefined

function builtInVersionsOf(stored: string): readonly Resource[] {
  if (builtInVersions === undefined) {
    builtInVersions = new Map()
    for (const resource of builtIn.values()) {
      builtInVersions.set(resource.stored, [...(builtInVersions.get(resource.stored) ?? []), resource])
    }
  }
  return builtInVersions.get(stored) ?? none
}

/** What clusters serve that have no custom resources, computed resources included; one for all clusters of a process. */
interface Common {
  readonly resources: readonly Resource[]
  readonly byKey: ReadonlyMap<string, Resource>
  readonly byKind: ReadonlyMap<string, Resource>
  readonly catalogue: ResourceCatalogue
}

const plainCommon: Common = { resources: [], byKey: new Map(), byKind: new Map(), catalogue: builtInCatalogue }
const commons = new WeakMap<readonly ComputedResource[], Common>()

function commonOf(computed: readonly ComputedResource[] | undefined): Common {
  if (computed === undefined) return plainCommon
  let common = commons.get(computed)
  if (common === undefined) {
    const resources = computed.map(resourceOfComputed)
    const catalogue = createCatalogue([...builtInResources, ...resources.map(({ type }) => type)])
    commons.set(computed, (common = { resources, ...indexed(resources), catalogue }))
  }
  return common
}

function indexed(all: readonly Resource[]): Pick<Common, 'byKey' | 'byKind'> {
  return {
    byKey: new Map(all.map((resource) => [resourceKey(resource.type), resource])),
    byKind: new Map(all.map((resource) => [`${resource.apiVersion}/${resource.type.kind}`, resource])),
  }
}

/** What clusters serve whose custom resources are just the same ones: computed once for all of them. */
interface Variant extends Pick<Common, 'byKey' | 'byKind'> {
  readonly common: Common
  readonly custom: readonly (readonly Resource[])[]
  catalogue: ResourceCatalogue | undefined
}

/** By the first of their definitions. */
const variants = new WeakMap<readonly Resource[], Set<WeakRef<Variant>>>()

function variantOf(common: Common, custom: readonly (readonly Resource[])[]): Variant {
  const [first] = custom
  if (first === undefined) return { common, custom, byKey: common.byKey, byKind: common.byKind, catalogue: undefined }
  let known = variants.get(first)
  for (const reference of known ?? []) {
    const variant = reference.deref()
    if (variant === undefined) known?.delete(reference)
    else if (variant.common === common && sameItems(variant.custom, custom)) return variant
  }
  // A cluster's own resources win over custom ones of the same name, which kube-aggregator would route away too.
  const variant: Variant = { common, custom, ...indexed([...custom.flat(), ...common.resources]), catalogue: undefined }
  if (known === undefined) variants.set(first, (known = new Set()))
  known.add(new WeakRef(variant))
  return variant
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

/** What the deletion of a definition takes; given from outside, since it writes through the registry itself. */
export interface DefinitionCleanup {
  begin(scope: ClusterScope, definition: string): void
  /** An object of the definition is gone. */
  proceed(scope: ClusterScope, definition: string): void
  /** Names have become free: the definition may have them, a moment later. */
  rename(scope: ClusterScope, definition: string): void
}

/** What one cluster serves now. Clusters without custom resources share everything. */
export class ServedResources implements SchemaCatalogue {
  /** By `name` of the definition. */
  readonly #custom = new Map<string, readonly Resource[]>()
  readonly #common: Common
  #variant: Variant
  readonly cleanup: DefinitionCleanup

  constructor(cleanup: DefinitionCleanup, computed?: readonly ComputedResource[]) {
    this.cleanup = cleanup
    this.#common = commonOf(computed)
    this.#variant = variantOf(this.#common, [])
  }

  catalogue(): ResourceCatalogue {
    if (this.#custom.size === 0) return this.#common.catalogue
    const { byKey } = this.#variant
    this.#variant.catalogue ??= createCatalogue([...builtInResources, ...[...byKey.values()].map((resource) => resource.type)])
    return this.#variant.catalogue
  }

  /** The resource of a request. Throws the NotFound of a path that is not served. */
  resolve(type: ResourceType): Resource {
    const resource = this.find(type)
    if (resource === undefined) throw statusErrors.pathNotFound()
    return resource
  }

  find(type: { group: string; version: string; plural: string }): Resource | undefined {
    const key = resourceKey(type)
    return builtIn.get(key) ?? this.#variant.byKey.get(key)
  }

  forKind(apiVersion: string, kind: string): SchemaNode | undefined {
    return builtInSchemas.forKind(apiVersion, kind) ?? this.#variant.byKind.get(`${apiVersion}/${kind}`)?.schema
  }

  /** The versions that a definition serves now. */
  versionsOf(definition: string): readonly Resource[] {
    return this.#custom.get(definition) ?? []
  }

  /** The other versions in which the same objects are served. */
  equivalentsOf(resource: Resource): readonly Resource[] {
    const all = resource.custom === undefined ? builtInVersionsOf(resource.stored) : this.versionsOf(resource.custom.definition)
    return all.length < 2 ? none : all.filter((other) => other.type !== resource.type)
  }

  /** Serves what the definition says; undefined stops serving it. */
  define(name: string, definition: KubeObject | undefined): void {
    if (definition === undefined) this.#custom.delete(name)
    else this.#custom.set(name, customResourcesOf(definition))
    this.#variant = variantOf(this.#common, [...this.#custom.values()])
  }
}
