import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { AccessAttributes, UserInfo } from '../../contract.js'
import type { WriteRequest } from '../write-request.js'

/** authorization.k8s.io reviews: what the authorizer would say. Without an authorizer everything is allowed. */
export async function selfSubjectAccessReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  return reviewed(request, body, request.context.user)
}

export async function subjectAccessReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  return reviewed(request, body, subjectOf(body))
}

export async function localSubjectAccessReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  const attributes = specOf(body)['resourceAttributes']
  const namespace = isObject(attributes) ? attributes['namespace'] : undefined
  if (namespace !== request.namespace) {
    throw statusErrors.badRequest(`spec.resourceAttributes.namespace must match namespace: ${JSON.stringify(request.namespace)}`)
  }
  return reviewed(request, body, subjectOf(body))
}

function specOf(body: KubeObject): Record<string, unknown> {
  return isObject(body['spec']) ? body['spec'] : {}
}

function subjectOf(body: KubeObject): UserInfo {
  const spec = specOf(body)
  const groups = Array.isArray(spec['groups']) ? spec['groups'].map(String) : []
  const name = typeof spec['user'] === 'string' ? spec['user'] : ''
  if (name === '' && groups.length === 0) {
    throw statusErrors.invalid({ kind: '', group: 'authorization.k8s.io', name: '' }, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: "": at least one of user or group must be specified',
        field: 'spec.user',
      },
    ])
  }
  return {
    name,
    groups,
    ...(typeof spec['uid'] === 'string' ? { uid: spec['uid'] } : {}),
    ...(isObject(spec['extra']) ? { extra: spec['extra'] as Record<string, string[]> } : {}),
  }
}

function reviewed(request: WriteRequest, body: KubeObject, user: UserInfo): KubeObject {
  const { extensions, cluster } = request.scope
  const attributes = attributesOf(body)
  const answer = extensions.authorizer?.authorize(cluster, user, attributes) ?? { allowed: true, reason: '' }
  return {
    ...body,
    metadata: { ...body.metadata },
    status: { allowed: answer.allowed, ...(answer.reason === '' ? {} : { reason: answer.reason }) },
  }
}

function attributesOf(body: KubeObject): AccessAttributes {
  const spec = specOf(body)
  const { resourceAttributes, nonResourceAttributes } = spec
  const text = (from: unknown, field: string) =>
    isObject(from) && typeof from[field] === 'string' ? (from[field] as string) : ''
  const isResource = isObject(resourceAttributes)
  if (isResource === isObject(nonResourceAttributes)) {
    throw statusErrors.invalid({ kind: '', group: 'authorization.k8s.io', name: '' }, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified',
        field: 'spec.resourceAttributes',
      },
    ])
  }
  const from = isResource ? resourceAttributes : nonResourceAttributes
  return {
    verb: text(from, 'verb'),
    group: text(resourceAttributes, 'group'),
    version: text(resourceAttributes, 'version'),
    resource: text(resourceAttributes, 'resource'),
    subresource: text(resourceAttributes, 'subresource'),
    namespace: text(resourceAttributes, 'namespace'),
    name: text(resourceAttributes, 'name'),
    ...(isResource ? {} : { path: text(nonResourceAttributes, 'path') }),
  }
}
