import { statusErrors } from '../../kube/object/status-error.js'
import type { Authorizer, LogicalCluster, RemoteAuthorizer, UserInfo } from '../contract.js'
import { forbiddenText } from './forbidden.js'

/** Request headers by lower-case name, each with all of its values (Node's `headersDistinct`). */
export type DistinctHeaders = Readonly<Record<string, string[] | undefined>>

const serviceAccountPrefix = 'system:serviceaccount:'

/**
 * The user on whose behalf the request runs: the one that the `Impersonate-*` headers name, if `user` may impersonate every
 * part of it, otherwise `user`. Throws Forbidden with upstream's text.
 */
export async function impersonate(
  authorizer: Authorizer | RemoteAuthorizer,
  cluster: LogicalCluster,
  user: UserInfo,
  headers: DistinctHeaders,
): Promise<UserInfo> {
  const wanted = requested(headers)
  if (wanted === undefined) return user
  const check = async (resource: string, group: string, name: string, namespace = '', subresource = '') => {
    const attributes = { verb: 'impersonate', group, version: 'v1', resource, subresource, namespace, name }
    const { allowed, reason } = await authorizer.authorize(cluster, user, attributes)
    if (!allowed) throw statusErrors.forbidden({ resource, group, name }, forbiddenText(user, attributes, reason))
  }
  const groups = [...wanted.groups]
  const account = parseServiceAccount(wanted.name)
  if (account) {
    await check('serviceaccounts', '', account.name, account.namespace)
    if (groups.length === 0) groups.push('system:serviceaccounts', `system:serviceaccounts:${account.namespace}`)
  } else await check('users', '', wanted.name)
  for (const group of wanted.groups) await check('groups', '', group)
  if (wanted.uid !== '') await check('uids', 'authentication.k8s.io', wanted.uid)
  for (const [key, values] of Object.entries(wanted.extra)) {
    for (const value of values) await check('userextras', 'authentication.k8s.io', value, '', key)
  }
  const anonymous = wanted.name === 'system:anonymous'
  const implied = anonymous ? 'system:unauthenticated' : 'system:authenticated'
  if (!groups.includes('system:authenticated') && !groups.includes('system:unauthenticated')) groups.push(implied)
  return {
    name: wanted.name,
    groups,
    ...(wanted.uid === '' ? {} : { uid: wanted.uid }),
    ...(Object.keys(wanted.extra).length === 0 ? {} : { extra: wanted.extra }),
  }
}

function requested(headers: DistinctHeaders) {
  const name = headers['impersonate-user']?.[0] ?? ''
  const groups = headers['impersonate-group'] ?? []
  const uid = headers['impersonate-uid']?.[0] ?? ''
  const extra: Record<string, string[]> = {}
  for (const key of Object.keys(headers)) {
    if (!key.startsWith('impersonate-extra-')) continue
    extra[unescapeKey(key.slice('impersonate-extra-'.length))] = headers[key] ?? []
  }
  if (name === '') {
    if (groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return undefined
    throw new NobodyImpersonated(asked(groups, uid, extra))
  }
  return { name, groups, uid, extra }
}

/** What was asked for, as Go prints the references. */
function asked(groups: readonly string[], uid: string, extra: Readonly<Record<string, string[]>>): string {
  const version = 'authentication.k8s.io/v1'
  return [
    ...groups.map((group) => `{Group  ${group}    }`),
    ...Object.entries(extra).flatMap(([key, values]) => values.map((value) => `{UserExtra  ${value}  ${version}  ${key}}`)),
    ...(uid === '' ? [] : [`{UID  ${uid}  ${version}  }`]),
  ].join(' ')
}

/** `Impersonate-*` headers without `Impersonate-User`: upstream answers this with a plain text. */
export class NobodyImpersonated extends Error {
  constructor(references: string) {
    super(`requested [${references}] without impersonating a user`)
  }
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** The namespace and name in `system:serviceaccount:NAMESPACE:NAME`. */
export function parseServiceAccount(userName: string): { namespace: string; name: string } | undefined {
  if (!userName.startsWith(serviceAccountPrefix)) return undefined
  const parts = userName.slice(serviceAccountPrefix.length).split(':')
  return parts.length === 2 && parts[0] !== '' && parts[1] !== '' ? { namespace: parts[0]!, name: parts[1]! } : undefined
}
