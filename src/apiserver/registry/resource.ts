import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { CustomRules } from '../../kube/schema/custom-validation/validate-custom.js'
import type { SchemaNode } from '../../kube/schema/schema-node.js'
import type { ComputedResource } from './computed-resource.js'
import type { WebhookConversion } from './custom/webhook-conversion.js'
import type { Strategy } from './lifecycles/strategy.js'

/** One served resource in one version, with everything that the registry needs to know of it. */
export interface Resource {
  readonly type: ResourceType
  readonly apiVersion: string
  /** The name under which storage holds it; the same for all versions. `deployments.apps` */
  readonly stored: string
  readonly strategy: Strategy
  /** Set when another version is stored. Both return the same object when nothing is to be done. */
  readonly conversion?: VersionConversion
  readonly schema: SchemaNode | undefined
  /** Made when it is asked for; nothing is stored under its name. */
  readonly computed?: ComputedResource
  /** Custom resources: their definition's view of them. */
  readonly custom?: CustomResource
}

export interface VersionConversion {
  toStored(object: KubeObject): KubeObject
  fromStored(object: KubeObject): KubeObject
}

export interface CustomResource {
  /** `name` of the CustomResourceDefinition. */
  readonly definition: string
  /** Selectable fields and printer columns as the definition has them. */
  readonly version: Readonly<Record<string, unknown>>
  /** What every request to the version is warned of. */
  readonly deprecation?: string
  /** Absent: versions differ in their name only. */
  readonly webhook?: WebhookConversion
  /** What objects of the version must be. */
  readonly rules: CustomRules
}

/** The object in the version of the resource. */
export function viewOf(resource: Resource, stored: KubeObject): KubeObject {
  return resource.conversion === undefined ? stored : resource.conversion.fromStored(stored)
}

/** Names the resource as statusErrors want it. */
export function named(resource: { type: ResourceType }, name = ''): { resource: string; group: string; name: string } {
  return { resource: resource.type.plural, group: resource.type.group, name }
}

export function storageKey(resource: { type: ResourceType }, namespace: string, name: string): string {
  return resource.type.namespaced ? `${namespace}/${name}` : name
}

/** The group in refusals of invalid objects: events are those of the core group there, whatever they were sent as. */
export function groupInRefusals({ stored, type }: Resource): string {
  return stored === 'events' ? '' : type.group
}
