import { groupOf, type KubeObject, type ObjectMeta, type OwnerReference } from './kube-object.js'

/** The reference to the one controller of an object, undefined when nothing controls it. */
export function controllerOf(object: { metadata: ObjectMeta }): OwnerReference | undefined {
  const references = object.metadata.ownerReferences
  if (references === undefined) return undefined
  for (const reference of references) if (reference.controller === true) return reference
  return undefined
}

/** True when `owner` controls `object`: told by uid, as names are used again. */
export function isControlledBy(object: { metadata: ObjectMeta }, owner: { metadata: ObjectMeta }): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid && owner.metadata.uid !== undefined
}

/** True when any owner reference names `owner`, whether it controls or not. */
export function isOwnedBy(object: { metadata: ObjectMeta }, owner: { metadata: ObjectMeta }): boolean {
  const uid = owner.metadata.uid
  return uid !== undefined && (object.metadata.ownerReferences?.some((reference) => reference.uid === uid) ?? false)
}

/** The reference that a controller writes into what it makes: controller and blocking the owner's foreground deletion. */
export function controllerReferenceTo(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** True when both references name the same kind (in any version) and name. */
export function sameReferent(a: OwnerReference, b: OwnerReference): boolean {
  return groupOf(a.apiVersion) === groupOf(b.apiVersion) && a.kind === b.kind && a.name === b.name
}
