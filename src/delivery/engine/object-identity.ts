import { groupOf, type KubeObject, versionOf } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { ObjectKey } from '../delivery.js'

/** Identifies an object on one cluster across versions: `apps/Deployment/shop/web`. */
export function identityOf(key: { group: string; kind: string; namespace?: string; name: string }): string {
  return `${key.group}/${key.kind}/${key.namespace ?? ''}/${key.name}`
}

export function objectKeyOf(object: KubeObject): ObjectKey {
  return {
    group: groupOf(object.apiVersion),
    version: versionOf(object.apiVersion),
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
  }
}

/** The object with the namespace it gets on a cluster: none for cluster-scoped kinds, the delivery's where it names none. */
export function placeObject(object: KubeObject, type: ResourceType | undefined, namespace: string): KubeObject {
  if (type === undefined || type.namespaced) {
    // A kind that is not served yet may be either: what is written counts.
    if (object.metadata.namespace || type === undefined || namespace === '') return object
    return { ...object, metadata: { ...object.metadata, namespace } }
  }
  if (!object.metadata.namespace) return object
  const { namespace: _dropped, ...metadata } = object.metadata
  return { ...object, metadata }
}
