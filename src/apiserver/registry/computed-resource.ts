import type { ListOptions } from '../../kube/client/kube-client.js'
import { apiVersionOf, type KubeList, type KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { SchemaNode } from '../../kube/schema/schema-node.js'
import { fromStructuralSchema } from '../../kube/schema/structural.js'
import type { LogicalCluster } from '../contract.js'
import { compileSelection } from './reads/selection.js'
import { named, type Resource } from './resource.js'

/**
 * A resource whose objects are made when they are asked for, such as the metrics of pods: `get` and `list` are its verbs,
 * nothing of it is stored, and it is served in discovery and OpenAPI like any other.
 */
export interface ComputedResource {
  readonly type: ResourceType & { readonly verbs: readonly ('get' | 'list')[] }
  /** OpenAPI v3 schema of the kind, structural. */
  readonly schema: Parameters<typeof fromStructuralSchema>[0]
  get(cluster: LogicalCluster, namespace: string, name: string): KubeObject | undefined
  /** `namespace` is empty for all. */
  list(cluster: LogicalCluster, namespace: string): Iterable<KubeObject>
}

export function resourceOfComputed(computed: ComputedResource): Resource {
  const { type } = computed
  let schema: SchemaNode | undefined
  return {
    type,
    apiVersion: apiVersionOf(type.group, type.version),
    stored: groupResourceOf(type),
    strategy: {},
    // Nobody writes such objects, and few ask what they are.
    get schema() {
      schema ??= fromStructuralSchema(computed.schema)
      return schema
    },
    computed,
  }
}

export function getComputed(cluster: LogicalCluster, resource: Resource, namespace: string, name: string): KubeObject {
  const object = resource.computed?.get(cluster, namespace, name)
  if (object === undefined) throw statusErrors.notFound(named(resource, name))
  return object
}

/** What matches now. There are neither revisions nor pages of it. */
export function listComputed(cluster: LogicalCluster, resource: Resource, options: ListOptions): KubeList {
  const selection = compileSelection(resource, options)
  const items: KubeObject[] = []
  for (const object of resource.computed?.list(cluster, selection.namespace) ?? []) {
    if (selection.matches === undefined || selection.matches(object)) items.push(object)
  }
  return { apiVersion: resource.apiVersion, kind: `${resource.type.kind}List`, metadata: {}, items }
}
