import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import type { Desired, MemberResult, MemberState } from '../../delivery/federation/contract.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'

/** Rules of a removal; see `Member.drop`. */
export type Removal = Partial<Pick<Desired['rules'], 'onRemoval' | 'propagation' | 'labels'>>

export interface Work extends KubeObject {
  spec: { id: string; desired?: Omit<Desired, 'id'>; packed?: string; removal?: Removal }
  status?: WorkStatus
}

/** A MemberResult, with the live object packed where it is large. */
export interface WorkStatus extends Omit<MemberResult, 'live'> {
  /** The generation of the Work that it speaks of. */
  observedGeneration: number
  live?: KubeObject
  packed?: string
}

/** What an agent is told of one Work. */
export interface WorkOrder {
  readonly id: string
  readonly generation: number
  /** Absent, and no removal either: a copy that nobody asked for is known; it stays as it is. */
  readonly desired?: Desired
  readonly removal?: Removal
  /** Of the object and of the copy as last told: an agent that has lost its state knows where to look. */
  readonly kinds: readonly KindRef[]
}

export interface KindRef {
  readonly group: string
  readonly kind: string
}

/** What an agent says of one thing. `result` absent: it is gone. */
export interface WorkReport {
  readonly id: string
  readonly generation: number
  readonly result?: MemberResult
}

/** Larger ones are packed: etcd takes 1.5 MiB for an object with everything around it. */
const packBytes = 128 * 1024
/** What a Work may come to with both halves; beyond it etcd would refuse. */
export const mostWorkBytes = 1_300_000
/** Unpacked; nothing that an API server stores is as large. */
const mostUnpackedBytes = 16 * 1024 * 1024

/** The name of the Work for an id: ids are longer than names may be and have other characters. */
export function workName(id: string): string {
  let name = names.get(id)
  if (name === undefined) {
    if (names.size >= mostNames) names.clear()
    names.set(id, (name = `w-${createHash('sha256').update(id).digest('hex').slice(0, 40)}`))
  }
  return name
}

/** An id has one name in all clusters, and it is asked for with every look at a result. */
const names = new Map<string, string>()
const mostNames = 50_000

/** Throws `work-too-large`. */
export function encodeDesired(desired: Desired): Work['spec'] {
  const { id, ...rest } = desired
  const text = JSON.stringify(rest)
  if (text.length <= packBytes) return { id, desired: rest }
  const packed = gzipSync(text).toString('base64')
  if (packed.length <= mostWorkBytes) return { id, packed }
  throw new CodedError({
    code: 'work-too-large',
    message: `${id}: ${text.length} bytes (${packed.length} packed) do not fit into one object of the hub`,
    fix: 'Split it: a cluster with an agent takes objects that come to 1.3 MB packed.',
  })
}

/** Throws for a Work that somebody else has written into. */
export function readOrder(work: Work): WorkOrder {
  const { id, desired, packed, removal } = work.spec
  const generation = work.metadata.generation ?? 0
  const rest = packed === undefined ? desired : (unpack(packed) as Omit<Desired, 'id'>)
  const live = work.status === undefined ? undefined : liveOf(work.status)
  const kinds = [rest?.object, live].flatMap((object) => (object === undefined ? [] : [kindOf(object)]))
  return {
    id,
    generation,
    kinds,
    ...(rest === undefined || removal !== undefined ? {} : { desired: { ...rest, id } }),
    ...(removal === undefined ? {} : { removal }),
  }
}

export function kindOf({ apiVersion, kind }: KubeObject): KindRef {
  return { group: groupOf(apiVersion), kind }
}

export function encodeStatus(generation: number, { live, ...result }: MemberResult): WorkStatus {
  const base = { ...result, observedGeneration: generation }
  if (live === undefined) return base
  const text = JSON.stringify(live)
  if (text.length <= packBytes) return { ...base, live }
  return { ...base, packed: gzipSync(text).toString('base64') }
}

/** Unpacked once for each state: statuses are read far more often than they change. */
const unpacked = new WeakMap<WorkStatus, KubeObject>()

export function liveOf(status: WorkStatus): KubeObject | undefined {
  if (status.packed === undefined) return status.live
  let live = unpacked.get(status)
  if (live === undefined) unpacked.set(status, (live = unpack(status.packed) as KubeObject))
  return live
}

function unpack(text: string): unknown {
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: mostUnpackedBytes }).toString('utf8'))
}

const states: ReadonlySet<string> = new Set<MemberState>([
  'Applied',
  'Waiting',
  'AlreadyExists',
  'LetBe',
  'Refused',
  'Unknown',
  'Removing',
  'Drifted',
])
const steps: ReadonlySet<string> = new Set(['read', 'create', 'update', 'delete', 'retain', 'override', 'none'])

/** A report as it came from an agent; undefined for what is none. Nothing in it is believed beyond its shape. */
export function readReport(value: unknown): WorkReport | undefined {
  if (!isObject(value)) return undefined
  const { id, generation, result } = value as Record<string, unknown>
  if (typeof id !== 'string' || id === '' || id.length > 1024 || !Number.isSafeInteger(generation)) return undefined
  if (result === undefined) return { id, generation: generation as number }
  if (!isObject(result)) return undefined
  const { state, step, message, since, live } = result as Record<string, unknown>
  if (typeof state !== 'string' || !states.has(state) || typeof step !== 'string' || !steps.has(step)) return undefined
  if (typeof message !== 'string' || typeof since !== 'number' || !Number.isFinite(since)) return undefined
  if (live !== undefined && !(isObject(live) && isObject(live['metadata']) && typeof live['kind'] === 'string')) return undefined
  return {
    id,
    generation: generation as number,
    result: {
      state: state as MemberState,
      step: step as MemberResult['step'],
      message: message.slice(0, 4096),
      since,
      ...(live === undefined ? {} : { live: live as unknown as KubeObject }),
    },
  }
}
