import type { JsonPatchOperation } from '../../../formats/json-patch/json-patch.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type CommandArgsOverrider, patchContainerLists } from './container-lists.js'
import { applyFieldOverrider, type FieldOverrider } from './field-overrider.js'
import { type ImageOverrider, patchImages } from './image-overrider.js'
import { applyMetadataOverrider, type MetadataOverrider } from './metadata-overrider.js'
import { applyStrictPatch } from './strict-patch.js'

/** The fields of Karmada's `overriders`, as they are written. */
export interface KarmadaOverriders {
  readonly imageOverrider?: readonly ImageOverrider[]
  readonly commandOverrider?: readonly CommandArgsOverrider[]
  readonly argsOverrider?: readonly CommandArgsOverrider[]
  readonly labelsOverrider?: readonly MetadataOverrider[]
  readonly annotationsOverrider?: readonly MetadataOverrider[]
  readonly fieldOverrider?: readonly FieldOverrider[]
  readonly plaintext?: readonly { readonly path: string; readonly operator: string; readonly value?: unknown }[]
}

/** The object overridden. The order is fixed, whatever the order in the YAML: image, command, args, labels, annotations, field, plaintext. */
export function applyKarmadaOverriders(object: KubeObject, overriders: KarmadaOverriders): KubeObject {
  let result = object
  const patch = (operations: readonly JsonPatchOperation[]) => {
    if (operations.length > 0) result = applyStrictPatch(result, operations) as KubeObject
  }
  for (const overrider of overriders.imageOverrider ?? []) patch(patchImages(result, overrider))
  for (const overrider of overriders.commandOverrider ?? []) patch(patchContainerLists(result, 'command', overrider))
  for (const overrider of overriders.argsOverrider ?? []) patch(patchContainerLists(result, 'args', overrider))
  for (const overrider of overriders.labelsOverrider ?? []) result = applyMetadataOverrider(result, 'labels', overrider)
  for (const overrider of overriders.annotationsOverrider ?? []) result = applyMetadataOverrider(result, 'annotations', overrider)
  for (const overrider of overriders.fieldOverrider ?? []) result = applyFieldOverrider(result, overrider)
  patch((overriders.plaintext ?? []).map(({ operator, path, value }) => operation(operator, path, value)))
  return result
}

/** A step of a patch; upstream leaves out a value that is not there. */
export function operation(op: string, path: string, value: unknown): JsonPatchOperation {
  return value === undefined ? { op, path } : { op, path, value }
}
