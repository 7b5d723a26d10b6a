import { type StatusError, statusErrors } from '../../kube/object/status-error.js'
import type { AccessAttributes, UserInfo } from '../contract.js'

/** Upstream's words for a refusal: who may not do what, where. */
export function forbiddenText(user: UserInfo, attributes: AccessAttributes, reason: string): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${attributes.verb}`
  const why = reason === '' ? '' : `: ${reason}`
  if (attributes.path !== undefined) return `${who} path ${JSON.stringify(attributes.path)}${why}`
  const { resource, subresource, group, namespace } = attributes
  const what = JSON.stringify(subresource === '' ? resource : `${resource}/${subresource}`)
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  return `${who} resource ${what} in API group ${JSON.stringify(group)} ${where}${why}`
}

export function forbidden(user: UserInfo, attributes: AccessAttributes, reason: string): StatusError {
  const { resource, group, name } = attributes
  return statusErrors.forbidden({ resource, group, name }, forbiddenText(user, attributes, reason))
}
