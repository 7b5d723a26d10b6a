import { cloneJson, isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { StatusCause } from '../../kube/object/status-error.js'
import { readFields } from '../../kube/schema/check-fields.js'
import { finalizerWarnings } from '../../kube/schema/custom-validation/finalizer-warnings.js'
import { type CustomWrite, validateCustom } from '../../kube/schema/custom-validation/validate-custom.js'
import { applyDefaults } from '../../kube/schema/defaults/apply-defaults.js'
import { applySchemaDefaults } from '../../kube/schema/structural-defaults.js'
import {
  validateCreate,
  validateNamespaceFinalize,
  validatePodPart,
  validateStatus,
  validateUpdate,
} from '../../kube/schema/validation/validate.js'
import type { ClusterNetwork } from '../contract.js'
import { withoutOwnAddresses } from './allocation/own-addresses.js'
import { withTemplateGeneration } from './lifecycles/daemon-set-lifecycle.js'
import type { CustomResource, Resource } from './resource.js'

/**
 * A copy of the body that is ours to change, without fields that the schema does not know; those come as problems.
 * Throws BadRequest for values of the wrong type.
 */
export function decodeBody(resource: Resource, body: KubeObject): { object: KubeObject; problems: readonly string[] } {
  const { schema } = resource
  if (schema === undefined) return { object: cloneJson(body), problems: [] }
  // Built-in kinds come out as new values; of custom resources, parts are those of the body.
  const own = resource.custom === undefined ? body : cloneJson(body)
  const whole = { ...own, apiVersion: own.apiVersion ?? resource.apiVersion, kind: own.kind ?? resource.type.kind }
  const read = readFields(schema, whole)
  if (resource.custom !== undefined) return read
  // An empty list, which starts ownership anew, is not what an absent one is; of custom resources, it is (upstream too).
  const { managedFields } = isObject(own.metadata) ? own.metadata : {}
  if (Array.isArray(managedFields) && managedFields.length === 0) read.object.metadata.managedFields = []
  return read
}

/** The object with what clients leave out. It may be changed in place, as the object itself may. */
export function withDefaults(resource: Resource, object: KubeObject): KubeObject {
  if (resource.custom !== undefined) return resource.schema ? applySchemaDefaults(resource.schema, object) : object
  const defaulted = applyDefaults(object.apiVersion, object.kind, object)
  return resource.stored === 'daemonsets.apps' ? withTemplateGeneration(defaulted) : defaulted
}

/** What is wrong with a new object. `warn` is told what a custom resource should not do, and may. */
export function validateNew(
  resource: Resource,
  object: KubeObject,
  network?: ClusterNetwork,
  warn: (text: string) => void = () => undefined,
): readonly StatusCause[] {
  const rules = validateCreate(object, metadataRules(resource))
  if (resource.custom !== undefined) return validateShape(resource.custom, { object, metadataCauses: rules }, warn)
  return network ? withoutOwnAddresses(object, rules) : rules
}

/** What is wrong with a change. Writes to a subresource of a built-in kind touch too little to break its rules. */
export function validateChanged(
  resource: Resource,
  object: KubeObject,
  previous: KubeObject,
  subresource: string,
  network?: ClusterNetwork,
  warn: (text: string) => void = () => undefined,
): readonly StatusCause[] {
  const rules =
    subresource === 'status' && resource.custom === undefined
      ? validateStatus(object, previous)
      : subresource === ''
        ? validateUpdate(object, previous, metadataRules(resource))
        : resource.stored === 'pods' && (subresource === 'ephemeralcontainers' || subresource === 'resize')
          ? validatePodPart(object, previous, subresource)
          : resource.stored === 'namespaces' && subresource === 'finalize'
            ? validateNamespaceFinalize(object, previous)
            : []
  if (resource.custom !== undefined) {
    const status = subresource === 'status'
    return validateShape(resource.custom, { object, previous, status, metadataCauses: rules }, warn)
  }
  return network ? withoutOwnAddresses(object, rules) : rules
}

function metadataRules({ type, custom }: Resource): { namespaced: boolean; anyFinalizer: boolean } {
  const ofMachinery = type.group === 'apiextensions.k8s.io' || type.group === 'apiregistration.k8s.io'
  return { namespaced: type.namespaced, anyFinalizer: custom !== undefined || ofMachinery }
}

function validateShape(custom: CustomResource, write: CustomWrite, warn: (text: string) => void): readonly StatusCause[] {
  const { causes, warnings } = validateCustom(custom.rules, write)
  for (const text of warnings) warn(text)
  if (write.status !== true && causes.length === 0) {
    for (const text of finalizerWarnings(write.object as KubeObject, write.previous as KubeObject | undefined)) warn(text)
  }
  return causes
}
