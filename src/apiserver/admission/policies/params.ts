import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fromLabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import type { AdmissionRequest } from '../contract.js'
import { admissionNamespace } from '../forbidden.js'
import type { ParamRef, PolicySpec } from './policy-spec.js'

/**
 * What a policy is evaluated with: once with each of the objects that the binding names; once with null where either names
 * none; not at all where there are none and that is allowed. Throws an Error that says what is wrong.
 */
export function collectParams(
  request: AdmissionRequest,
  kind: PolicySpec['paramKind'],
  ref: ParamRef | undefined,
): readonly (KubeObject | null)[] {
  if (kind === undefined || ref === undefined) return [null]
  const resource = request.findKind(kind.apiVersion, kind.kind)
  if (resource === undefined) throw new Error(unknownKind(kind))
  let namespace = ''
  if (resource.namespaced) {
    namespace = ref.namespace || admissionNamespace(request)
    if (namespace === '')
      throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  } else if (ref.namespace) throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  const found = findParams(resource, ref, namespace)
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny') {
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction')
  }
  return found
}

export function unknownKind({ apiVersion, kind }: NonNullable<PolicySpec['paramKind']>): string {
  const named = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  return `failed to find resource referenced by paramKind: '${named}, Kind=${kind}'`
}

function findParams(
  resource: NonNullable<ReturnType<AdmissionRequest['findKind']>>,
  ref: ParamRef,
  namespace: string,
): KubeObject[] {
  if (ref.name) {
    const object = resource.get(namespace, ref.name)
    return object === undefined ? [] : [object]
  }
  const selector = fromLabelSelector(ref.selector)
  return [...resource.list(namespace)].filter(({ metadata }) => matchesLabels(selector, metadata.labels))
}
