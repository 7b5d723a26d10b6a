import type { KubeObject } from '../../kube/object/kube-object.js'
import { type StatusCause, statusErrors } from '../../kube/object/status-error.js'
import { fieldCauses } from '../../kube/schema/field-cause.js'
import { type DefinitionSpec, definitionSpec } from './custom-resources.js'

/** Throws Invalid for a definition that could not be served at all. */
export function checkDefinition(object: KubeObject): void {
  const spec = definitionSpec(object) as Partial<DefinitionSpec> | undefined
  const causes: StatusCause[] = []
  const { group, names, versions = [], scope } = spec ?? {}
  if (!group) causes.push(fieldCauses.required('spec.group'))
  if (!names?.plural) causes.push(fieldCauses.required('spec.names.plural'))
  if (!names?.kind) causes.push(fieldCauses.required('spec.names.kind'))
  if (scope !== 'Namespaced' && scope !== 'Cluster') {
    causes.push(
      scope ? fieldCauses.notSupported('spec.scope', scope, ['Cluster', 'Namespaced']) : fieldCauses.required('spec.scope'),
    )
  }
  const { name } = object.metadata
  if (group && names?.plural && name !== `${names.plural}.${group}`) {
    causes.push(fieldCauses.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'))
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    const seen = versions.map((version) => version.name)
    causes.push(fieldCauses.invalid('spec.versions', seen, 'must have exactly one version marked as storage version'))
  }
  for (const [index, version] of versions.entries()) {
    if (versions.findIndex((other) => other.name === version.name) < index) {
      causes.push(fieldCauses.invalid(`spec.versions[${index}].name`, version.name, 'must be unique'))
    }
    if (version.schema?.openAPIV3Schema === undefined) {
      causes.push(fieldCauses.required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'))
    }
  }
  if (causes.length === 0) return
  throw statusErrors.invalid({ kind: 'CustomResourceDefinition', group: 'apiextensions.k8s.io', name }, causes)
}
