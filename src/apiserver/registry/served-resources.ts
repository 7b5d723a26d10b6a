import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import { builtInResources } from '../../kube/schema/resources.js'
import type { SchemaCatalogue, SchemaNode } from '../../kube/schema/schema-node.js'
import { builtInConversions } from './built-in-conversions.js'
import { customResourcesOf } from './custom-resources.js'
import type { Resource } from './resource.js'
import { createCatalogue } from './resource-catalogue.js'
import type { ClusterScope } from './scope.js'
import { strategies } from './strategies.js'

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
  #byKey: ReadonlyMap<string, Resource> = new Map()
  #byKind: ReadonlyMap<string, Resource> = new Map()
  #catalogue: ResourceCatalogue | undefined
  readonly cleanup: DefinitionCleanup

  constructor(cleanup: DefinitionCleanup) {
    this.cleanup = cleanup
  }

  catalogue(): ResourceCatalogue {
    if (this.#custom.size === 0) return builtInCatalogue
    this.#catalogue ??= createCatalogue([...builtInResources, ...[...this.#byKey.values()].map((resource) => resource.type)])
    return this.#catalogue
  }

  /** The resource of a request. Throws the NotFound of a path that is not served. */
  resolve(type: ResourceType): Resource {
    const resource = this.find(type)
    if (resource === undefined) throw statusErrors.pathNotFound()
    return resource
  }

  find(type: { group: string; version: string; plural: string }): Resource | undefined {
    const key = resourceKey(type)
    return builtIn.get(key) ?? this.#byKey.get(key)
  }

  forKind(apiVersion: string, kind: string): SchemaNode | undefined {
    return builtInSchemas.forKind(apiVersion, kind) ?? this.#byKind.get(`${apiVersion}/${kind}`)?.schema
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
    const all = [...this.#custom.values()].flat()
    this.#byKey = new Map(all.map((resource) => [resourceKey(resource.type), resource]))
    this.#byKind = new Map(all.map((resource) => [`${resource.apiVersion}/${resource.type.kind}`, resource]))
    this.#catalogue = undefined
  }
}
