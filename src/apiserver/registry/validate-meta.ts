import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import {
  explainDns1035Label,
  explainDns1123Label,
  explainDns1123Subdomain,
  explainLabelValue,
  explainQualifiedName,
} from '../../kube/object/names.js'
import type { StatusCause } from '../../kube/object/status-error.js'
import { fieldCauses } from '../../kube/schema/field-cause.js'
import type { Resource } from './resource.js'

const mostAnnotationBytes = 256 * 1024

/** Names that are no DNS subdomains. Reference: the ValidateName functions of kubernetes/kubernetes pkg/apis. */
const nameRules: Readonly<Record<string, (name: string) => string[]>> = {
  namespaces: explainDns1123Label,
  services: explainDns1035Label,
  'roles.rbac.authorization.k8s.io': explainPathSegment,
  'rolebindings.rbac.authorization.k8s.io': explainPathSegment,
  'clusterroles.rbac.authorization.k8s.io': explainPathSegment,
  'clusterrolebindings.rbac.authorization.k8s.io': explainPathSegment,
}

/** What ValidateObjectMeta of k8s.io/apimachinery finds wrong with new metadata. */
export function validateMeta(resource: Resource, object: KubeObject): StatusCause[] {
  const { metadata } = object
  const causes: StatusCause[] = []
  if (!metadata.name) causes.push(fieldCauses.required('metadata.name', 'name or generateName is required'))
  else {
    const explain = nameRules[resource.stored] ?? explainDns1123Subdomain
    for (const problem of explain(metadata.name)) causes.push(fieldCauses.invalid('metadata.name', metadata.name, problem))
  }
  if (resource.type.namespaced && !metadata.namespace) causes.push(fieldCauses.required('metadata.namespace'))
  return [...causes, ...validateTags(object)]
}

/** Labels, annotations, finalizers and owners: what every writer may change. */
export function validateTags({ metadata }: KubeObject): StatusCause[] {
  const causes: StatusCause[] = []
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    for (const problem of explainQualifiedName(key)) causes.push(fieldCauses.invalid('metadata.labels', key, problem))
    for (const problem of explainLabelValue(value)) causes.push(fieldCauses.invalid('metadata.labels', value, problem))
  }
  let bytes = 0
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    for (const problem of explainQualifiedName(key.toLowerCase())) {
      causes.push(fieldCauses.invalid('metadata.annotations', key, problem))
    }
    bytes += key.length + String(value).length
  }
  if (bytes > mostAnnotationBytes) causes.push(fieldCauses.tooLong('metadata.annotations', mostAnnotationBytes))
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    for (const problem of explainQualifiedName(finalizer)) {
      causes.push(fieldCauses.invalid(`metadata.finalizers[${index}]`, finalizer, problem))
    }
  }
  return [...causes, ...validateOwners(metadata.ownerReferences)]
}

function validateOwners(owners: KubeObject['metadata']['ownerReferences']): StatusCause[] {
  const causes: StatusCause[] = []
  let controller: string | undefined
  for (const [index, owner] of (owners ?? []).entries()) {
    const path = `metadata.ownerReferences[${index}]`
    if (!isObject(owner)) continue
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[field]) causes.push(fieldCauses.invalid(`${path}.${field}`, owner[field] ?? '', `${field} must not be empty`))
    }
    if (owner.controller !== true) continue
    if (controller !== undefined) {
      causes.push(
        fieldCauses.invalid(
          'metadata.ownerReferences',
          owner.name,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.kind}/${owner.name}`,
        ),
      )
    }
    controller = `${owner.kind}/${owner.name}`
  }
  return causes
}

/** Anything that can stand between two slashes of a URL. */
function explainPathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`)
}
