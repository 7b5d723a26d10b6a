import { type ConditionInput, setCondition } from '../../../kube/object/condition.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, numberAt, objectsAt, textAt } from '../fields.js'
import type { StatusItem } from './aggregate-status.js'

/** The status of a Job: complete when it is in every cluster, failed when in one. One that has ended is never changed again. */
export function aggregateJob(template: KubeObject, items: readonly StatusItem[], nowText: string): Fields | undefined {
  if (endOf(template['status']) !== undefined) return undefined
  const known = items.filter(({ status }) => status !== undefined)
  const total = (field: string) => known.reduce((sum, { status }) => sum + (numberAt(status, field) ?? 0), 0) || null
  const failed = known.filter(({ status }) => endOf(status) === 'Failed').map(({ cluster }) => cluster)
  const complete = known.filter(({ status }) => endOf(status) === 'Complete').length
  const conditions: ConditionInput[] = []
  const add = (type: string, reason: string, message: string) => conditions.push({ type, status: 'True', reason, message })
  if (failed.length > 0) add('Failed', 'JobFailed', `Job executed failed in member clusters ${failed.join(',')}`)
  if (complete > 0 && complete === items.length) {
    add('Complete', 'Completed', 'Job completed')
    if (known.filter(({ status }) => isTrue(status, 'SuccessCriteriaMet')).length === items.length)
      add('SuccessCriteriaMet', 'CompletionsReached', 'All member clusters have met success criteria')
  }
  const starts = times(known, 'startTime')
  const ends = times(known, 'completionTime')
  let list: readonly (Fields & { type: string })[] = []
  for (const condition of conditions) list = setCondition(list, condition, nowText)
  return {
    active: total('active'),
    succeeded: total('succeeded'),
    failed: total('failed'),
    startTime: starts[0] ?? null,
    completionTime: ends.length > 0 && ends.length === items.length ? (ends.at(-1) ?? null) : null,
    conditions: list.length === 0 ? null : list.map((condition) => ({ ...condition, lastProbeTime: nowText })),
  }
}

function endOf(status: unknown): 'Complete' | 'Failed' | undefined {
  for (const condition of objectsAt(status, 'conditions')) {
    const type = condition['type']
    if ((type === 'Complete' || type === 'Failed') && condition['status'] === 'True') return type
  }
  return undefined
}

function isTrue(status: unknown, type: string): boolean {
  return objectsAt(status, 'conditions').some((each) => each['type'] === type && each['status'] === 'True')
}

/** In their order. */
function times(items: readonly StatusItem[], field: string): string[] {
  return items
    .map(({ status }) => textAt(status, field))
    .filter((text) => text !== '')
    .sort((a, b) => Date.parse(a) - Date.parse(b))
}
