import { isNotFound, StatusError, statusErrors } from '../../kube/object/status-error.js'
import { type Asking, askMember, type MemberAnswer } from './ask-member.js'
import { nameInView } from './cluster-key.js'
import { type FleetMember, type FleetMembers, whyNot } from './fleet-members.js'
import { atOnce, inOrder } from './in-order.js'
import { memberPath, type ViewRequest } from './view-request.js'

export interface Found {
  readonly member: FleetMember
  readonly answer: MemberAnswer
  /** Why clusters could not be asked, by key: it may be there as well. */
  readonly missing: ReadonlyMap<string, string>
}

/**
 * Which member has the object that is named without a cluster: all are asked at once. Throws NotFound when none has it,
 * Conflict when several have, with the names to use instead; ServiceUnavailable when it is not known whether one has.
 */
export async function findMember(info: ViewRequest, members: FleetMembers, accept: string, asking: Asking): Promise<Found> {
  const path = memberPath({ ...info, subresource: '', rest: '', path: '' })
  const found: { member: FleetMember; answer: MemberAnswer }[] = []
  const missing = new Map<string, string>()
  const refusals: StatusError[] = []
  await inOrder(members.list(), atOnce, async (member) => {
    try {
      found.push({ member, answer: await askMember(member, path, accept, asking) })
    } catch (error) {
      asking.signal.throwIfAborted()
      if (error instanceof StatusError) refusals.push(error)
      if (!isNotFound(error)) missing.set(member.key, whyNot(error))
    }
  })
  const [only] = found
  if (found.length > 1) throw ambiguous(info, found.map(({ member }) => member.key).sort())
  if (only !== undefined) return { ...only, missing }
  if (missing.size === 0)
    throw refusals[0] ?? statusErrors.notFound({ resource: info.resource, group: info.group, name: info.name })
  // All that is missing are clusters where the user may not look: what is forbidden everywhere is forbidden.
  const refusal = refusals.find((error) => !isNotFound(error))
  if (refusal !== undefined && refusals.length === members.list().length) throw refusal
  const [key, why] = [...missing][0]!
  const more = missing.size > 1 ? ` (and ${missing.size - 1} more)` : ''
  throw statusErrors.serviceUnavailable(
    `${info.resource} "${info.name}" is in no cluster that answers; cluster ${key}${more} could not be asked: ${why}`,
  )
}

function ambiguous(info: ViewRequest, keys: readonly string[]): StatusError {
  const names = keys.slice(0, 3).map((key) => nameInView(info.name, key))
  const inWords = keys.length > 10 ? `${keys.slice(0, 10).join(', ')} and ${keys.length - 10} more` : keys.join(', ')
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${info.resource} "${info.name}" is in ${keys.length} clusters (${inWords}): name one of them, as in ${names.join(' or ')}`,
    reason: 'Conflict',
    details: {
      name: info.name,
      ...(info.group === '' ? {} : { group: info.group }),
      kind: info.resource,
      causes: keys
        .slice(0, 100)
        .map((key) => ({ reason: 'AmbiguousCluster', message: nameInView(info.name, key), field: 'name' })),
    },
    code: 409,
  })
}

/** For writes: what cannot be asked may have an object of the same name. */
export function requireAll({ missing, member }: Found, info: ViewRequest): void {
  const [first] = missing
  if (first === undefined) return
  throw statusErrors.serviceUnavailable(
    `${info.resource} "${info.name}" is in cluster ${member.key}, but cluster ${first[0]} could not be asked whether it has one too ` +
      `(${first[1]}): name the cluster, as in ${nameInView(info.name, member.key)}`,
  )
}

/** The cluster of a key, for what names one. */
export function memberNamed(members: FleetMembers, key: string): FleetMember {
  const member = members.get(key)
  if (member !== undefined) return member
  throw statusErrors.notFound({ resource: 'clusters', group: 'flotilla.dev', name: key })
}

/** The refusal of a create that does not say where. */
export function placeNotNamed(info: ViewRequest, members: FleetMembers): StatusError {
  const keys = members.list().map(({ key }) => key)
  const first = keys[0] ?? 'NAME'
  const known = keys.length > 10 ? `${keys.slice(0, 10).join(', ')} and ${keys.length - 10} more` : keys.join(', ')
  const namespace = info.namespace === '' ? '' : `, the namespace (-n ${nameInView(info.namespace, first)})`
  return statusErrors.badRequest(
    `the request does not say in which cluster of the fleet it is meant to be made: give the object the label ` +
      `flotilla.dev/cluster${namespace} or use the server .../clusters/${first}. Clusters: ${known === '' ? 'none' : known}`,
  )
}
