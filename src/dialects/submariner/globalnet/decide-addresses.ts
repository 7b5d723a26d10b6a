import { isObject } from '../../../base/json.js'
import type { Condition, KubeObject } from '../../../kube/object/kube-object.js'
import type { AddressPool } from './address-pool.js'

/** The one name that a ClusterGlobalEgressIP may have, and how many addresses it gets unless it says otherwise. */
export const clusterEgressName = 'cluster-egress.submariner.io'
export const clusterEgressCount = 8
const mostPerObject = 20

/** The condition that says whether an object has its addresses; times are filled in by who writes it. */
export type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

export interface AddressDecision {
  readonly object: KubeObject
  /** What `status.allocatedIPs` (or the one `status.allocatedIP`) shall be. */
  readonly addresses: readonly string[]
  readonly condition: Verdict
  /** Whether the status says something else now. */
  readonly changed: boolean
}

/**
 * The global addresses of one cluster's objects: those that have some keep them, if they may; the others get theirs from what is
 * left, the cluster's own first, in the order in which they were made. Objects that go free theirs.
 */
export function decideAddresses(pool: AddressPool, objects: readonly KubeObject[]): readonly AddressDecision[] {
  const sorted = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined).sort(inOrder)
  const kept = new Map<KubeObject, readonly string[]>()
  for (const object of sorted) {
    const has = allocatedTo(object)
    const count = countFor(object)
    if (has.length > 0 && has.length === count && explainInvalid(object, count) === undefined && pool.reserve(has) === undefined)
      kept.set(object, has)
  }
  return sorted.map((object) => decide(pool, object, kept.get(object)))
}

function decide(pool: AddressPool, object: KubeObject, kept: readonly string[] | undefined): AddressDecision {
  const count = countFor(object)
  const invalid = explainInvalid(object, count)
  if (invalid !== undefined) return decision(object, [], invalid)
  if (kept !== undefined) return decision(object, kept, success(object, count))
  const allocated = pool.allocate(count)
  if ('value' in allocated) return decision(object, allocated.value, success(object, count))
  const what = object.kind === 'GlobalIngressIP' ? 'a global IP' : `${count} global IP(s)`
  return decision(object, [], {
    type: 'Allocated',
    status: 'False',
    reason: 'IPPoolAllocationFailed',
    message: `Error allocating ${what} from the pool: ${allocated.error}`,
  })
}

function success(object: KubeObject, count: number): Verdict {
  const message = object.kind === 'GlobalIngressIP' ? 'Allocated global IP' : `Allocated ${count} global IP(s)`
  return { type: 'Allocated', status: 'True', reason: 'Success', message }
}

function explainInvalid(object: KubeObject, count: number): Verdict | undefined {
  const no = (reason: string, message: string): Verdict => ({ type: 'Allocated', status: 'False', reason, message })
  if (object.kind === 'ClusterGlobalEgressIP' && object.metadata.name !== clusterEgressName) {
    return no(
      'InvalidInstance',
      `Only the ClusterGlobalEgressIP instance with the well-known name "${clusterEgressName}" is supported`,
    )
  }
  if (count < 0) return no('InvalidInput', 'The NumberOfIPs cannot be negative')
  if (count > mostPerObject) return no('InvalidInput', `The NumberOfIPs cannot be more than ${mostPerObject}`)
  return count === 0 ? no('ZeroInput', 'The specified NumberOfIPs is 0') : undefined
}

function decision(object: KubeObject, addresses: readonly string[], condition: Verdict): AddressDecision {
  const has = allocatedTo(object)
  const said = conditionsOf(object).find(({ type }) => type === condition.type)
  const same =
    has.length === addresses.length &&
    has.every((address, index) => address === addresses[index]) &&
    said?.status === condition.status &&
    said.reason === condition.reason &&
    said.message === condition.message
  return { object, addresses, condition, changed: !same }
}

/** How many addresses an object asks for. */
export function countFor(object: KubeObject): number {
  if (object.kind === 'GlobalIngressIP') return 1
  const spec = isObject(object['spec']) ? object['spec'] : {}
  // The namespaced kind calls it numberOfIPs, the other numGlobalIPs.
  const number = spec[object.kind === 'ClusterGlobalEgressIP' ? 'numGlobalIPs' : 'numberOfIPs']
  return typeof number === 'number' ? Math.trunc(number) : 1
}

export function allocatedTo(object: KubeObject): readonly string[] {
  const status = isObject(object['status']) ? object['status'] : {}
  const { allocatedIP, allocatedIPs } = status
  if (object.kind === 'GlobalIngressIP') return typeof allocatedIP === 'string' && allocatedIP !== '' ? [allocatedIP] : []
  return Array.isArray(allocatedIPs) ? allocatedIPs.filter((each) => typeof each === 'string') : []
}

export function conditionsOf(object: KubeObject): readonly Condition[] {
  const status = isObject(object['status']) ? object['status'] : {}
  return Array.isArray(status['conditions']) ? (status['conditions'] as Condition[]) : []
}

const kinds = ['ClusterGlobalEgressIP', 'GlobalIngressIP', 'GlobalEgressIP']

function inOrder(a: KubeObject, b: KubeObject): number {
  const time = (object: KubeObject) => Date.parse(object.metadata.creationTimestamp ?? '') || 0
  const key = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`
  return kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || time(a) - time(b) || (key(a) < key(b) ? -1 : 1)
}
