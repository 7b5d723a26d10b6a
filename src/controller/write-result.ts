import { formatTime } from '../base/clock.js'
import { isObject } from '../base/json.js'
import type { KubeClient, Target } from '../kube/client/kube-client.js'
import { setCondition } from '../kube/object/condition.js'
import type { Condition, KubeObject } from '../kube/object/kube-object.js'
import type { ResourceType } from '../kube/object/resource-type.js'
import type { ReconcileResult } from './contract.js'
import { mergeDiff, neededMerge } from './merge-diff.js'

export interface WrittenResult<T extends KubeObject> {
  /** The object as the server has it now. */
  readonly object: T
  /** 0 when nothing differed. */
  readonly writes: number
  /** More than the status was written. */
  readonly beyondStatus: boolean
}

/**
 * Writes what a reconcile returned: nothing when nothing differs, otherwise one patch (two where the kind keeps its status
 * apart and the result changes both). Changes of metadata and spec hold only for the object as the reconcile saw it (409
 * otherwise), so that an annotation that was set anew meanwhile is never removed unseen.
 */
export async function writeResult<T extends KubeObject>(options: {
  readonly hub: KubeClient
  readonly type: ResourceType
  readonly object: T
  readonly result: ReconcileResult<T>
  readonly fieldManager: string
  readonly nowMs: number
  readonly signal: AbortSignal
}): Promise<WrittenResult<T>> {
  const { hub, type, object, result, fieldManager, signal } = options
  const status = mergeDiff(object.status, statusOf(options))
  const rest = result.patch === undefined ? undefined : neededMerge(object, result.patch)
  const target: Target = { type, namespace: object.metadata.namespace, name: object.metadata.name }
  const precondition = { metadata: { ...metadataOf(rest), resourceVersion: object.metadata.resourceVersion } }
  const apart = type.subresources?.includes('status') ?? false
  let current = object
  let writes = 0
  if (rest !== undefined || (status !== undefined && !apart)) {
    const body = { ...rest, ...(rest === undefined ? {} : precondition), ...(status === undefined || apart ? {} : { status }) }
    current = await hub.patch<T>(target, { kind: 'merge', body }, { fieldManager, signal })
    writes++
  }
  if (status !== undefined && apart) {
    const patch = { kind: 'merge', body: { status } } as const
    current = await hub.patch<T>({ ...target, subresource: 'status' }, patch, { fieldManager, signal })
    writes++
  }
  return { object: current, writes, beyondStatus: rest !== undefined }
}

function statusOf<T extends KubeObject>(options: { object: T; result: ReconcileResult<T>; nowMs: number }): unknown {
  const { object, result } = options
  if (result.conditions === undefined || result.conditions.length === 0) return result.status ?? object.status
  const base = result.status ?? object.status
  const status: Record<string, unknown> = isObject(base) ? { ...base } : {}
  // Transition times are those of the conditions as they stand, wherever the new status took its own from.
  let conditions = (status['conditions'] ?? (isObject(object.status) ? object.status['conditions'] : undefined)) as
    | readonly Condition[]
    | undefined
  for (const condition of result.conditions) conditions = setCondition(conditions, condition, formatTime(options.nowMs))
  return { ...status, conditions }
}

function metadataOf(patch: Record<string, unknown> | undefined): Record<string, unknown> {
  return isObject(patch?.['metadata']) ? patch['metadata'] : {}
}
