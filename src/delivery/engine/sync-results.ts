import type { ObjectResult } from '../delivery.js'
import { identityOf } from './object-identity.js'
import type { SyncTask } from './tasks.js'

/** What a sync has done so far, by task. */
export class SyncResults {
  readonly #byTask = new Map<string, ObjectResult>()

  constructor(results: readonly ObjectResult[]) {
    for (const result of results) this.#byTask.set(`${result.phase}/${identityOf(result)}`, result)
  }

  get(task: SyncTask): ObjectResult | undefined {
    return this.#byTask.get(task.id)
  }

  set(task: SyncTask, outcome: Pick<ObjectResult, 'status' | 'message'> & { hookPhase?: ObjectResult['hookPhase'] }): void {
    this.#byTask.set(task.id, {
      ...task.key,
      status: outcome.status,
      message: outcome.message,
      phase: task.phase,
      ...(outcome.hookPhase ? { hookPhase: outcome.hookPhase } : {}),
      ...(task.hook ? { hookType: task.hook } : {}),
    })
  }

  /** Adds a result for which there is no task (a namespace that was made on the way). */
  add(result: ObjectResult): void {
    this.#byTask.set(`${result.phase}/${identityOf(result)}`, result)
  }

  get all(): ObjectResult[] {
    return [...this.#byTask.values()]
  }

  failed(task: SyncTask): boolean {
    const result = this.get(task)
    return (
      result !== undefined && (result.status === 'SyncFailed' || result.hookPhase === 'Failed' || result.hookPhase === 'Error')
    )
  }

  running(task: SyncTask): boolean {
    const result = this.get(task)
    return result !== undefined && !this.failed(task) && result.hookPhase === 'Running'
  }
}

/** `one or more objects failed to apply, reason: ...` */
export function failureMessage(base: string, results: readonly ObjectResult[]): string {
  const reasons = [...new Set(results.map((result) => result.message).filter((message) => message !== ''))]
  if (reasons.length === 0) return base
  const shown = reasons.slice(0, 5).join(',')
  return `${base}, reason: ${shown}${reasons.length > 5 ? ` and ${reasons.length - 5} more` : ''}`
}

/** `waiting for healthy state of apps/Deployment/web and 2 more resources` */
export function waitingMessage(tasks: readonly SyncTask[]): string {
  const first = tasks[0]
  if (first === undefined) return 'waiting'
  const name = `${first.key.group === '' ? '' : `${first.key.group}/`}${first.key.kind}/${first.key.name}`
  const more = tasks.length > 1 ? ` and ${tasks.length - 1} more ${first.hook ? 'hooks' : 'resources'}` : ''
  return first.hook ? `waiting for completion of hook ${name}${more}` : `waiting for healthy state of ${name}${more}`
}
