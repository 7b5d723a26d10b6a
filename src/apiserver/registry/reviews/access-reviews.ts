import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type StatusError, statusErrors } from '../../../kube/object/status-error.js'
import type { AccessAttributes, UserInfo } from '../../contract.js'
import type { WriteRequest } from '../writes/write-request.js'
import { reviewMetadata } from './review-metadata.js'

/** authorization.k8s.io reviews: what the authorizer would say. Without an authorizer everything is allowed. */
export async function selfSubjectAccessReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  return reviewed(request, body, request.context.user)
}

export async function subjectAccessReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  return reviewed(request, body, subjectOf(body))
}

export async function localSubjectAccessReview(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  const subject = subjectOf(body)
  const { nonResourceAttributes, resourceAttributes } = specOf(body)
  const namespace = isObject(resourceAttributes) ? resourceAttributes['namespace'] : undefined
  if (nonResourceAttributes !== undefined) {
    throw invalid('nonResourceAttributes', `${goText(nonResourceAttributes)}: disallowed on this kind of request`)
  }
  if ((namespace ?? '') !== request.namespace && isObject(resourceAttributes)) {
    throw invalid('resourceAttributes.namespace', `${JSON.stringify(namespace ?? '')}: must match metadata.namespace`)
  }
  return reviewed(request, body, subject)
}

function invalid(field: string, why: string): StatusError {
  return statusErrors.invalid({ kind: '', group: 'authorization.k8s.io', name: '' }, [
    { reason: 'FieldValueInvalid', message: `Invalid value: ${why}`, field: `spec.${field}` },
  ])
}

/** NonResourceAttributes as Go prints them. */
function goText(attributes: unknown): string {
  const { path = '', verb = '' } = isObject(attributes) ? attributes : {}
  return `authorization.NonResourceAttributes{Path:${JSON.stringify(path)}, Verb:${JSON.stringify(verb)}}`
}

function specOf(body: KubeObject): Record<string, unknown> {
  return isObject(body['spec']) ? body['spec'] : {}
}

function subjectOf(body: KubeObject): UserInfo {
  const spec = specOf(body)
  const groups = Array.isArray(spec['groups']) ? spec['groups'].map(String) : []
  const name = typeof spec['user'] === 'string' ? spec['user'] : ''
  if (name === '' && groups.length === 0) throw invalid('user', '"": at least one of user or group must be specified')
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
    metadata: reviewMetadata(request, body),
    status: { allowed: answer.allowed, ...(answer.reason === '' ? {} : { reason: answer.reason }) },
  }
}

function attributesOf(body: KubeObject): AccessAttributes {
  const spec = specOf(body)
  const { resourceAttributes, nonResourceAttributes } = spec
  const text = (from: unknown, field: string) =>
    isObject(from) && typeof from[field] === 'string' ? (from[field] as string) : ''
  const isResource = isObject(resourceAttributes)
  if (isResource && isObject(nonResourceAttributes)) {
    throw invalid(
      'nonResourceAttributes',
      `${goText(nonResourceAttributes)}: cannot be specified in combination with resourceAttributes`,
    )
  }
  if (!isResource && !isObject(nonResourceAttributes)) {
    const why = '"null": exactly one of nonResourceAttributes or resourceAttributes must be specified'
    throw invalid('resourceAttributes', why)
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
