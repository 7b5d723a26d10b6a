import { Stalled } from './errors.js'

export interface WorkTimeOptions {
  /** Milliseconds of some clock that only goes forward. */
  readonly elapsed: () => number
  readonly maxMilliseconds: number
  /** What else ends the work, as it is told to people: memory that runs out. Asked whenever time is looked at. */
  readonly problem?: () => string | undefined
  /** A chance for others: resolves when they have had it, undefined when there is no need. */
  readonly pause?: () => Promise<void> | undefined
}

/** The thread's time that a piece of work took, or would take, is more than it may have; or something else ended it. */
export class WorkStopped extends Stalled {
  constructor(message: string) {
    super({ code: 'render-budget', message, fix: 'Split what is rendered, or find what multiplies in it.' })
  }
}

let current: WorkTime | undefined

/**
 * How long one piece of work may hold its thread in all. Work that waits for files or answers now and then has its synchronous
 * parts counted (`run`), and nothing of what others do meanwhile. Whatever is called inside of `run`, however deep, asks with
 * `checkWorkTime` whether it may go on.
 */
export class WorkTime {
  readonly elapsed: () => number
  readonly maxMilliseconds: number
  readonly problem: () => string | undefined
  /** To be called, and waited for, between synchronous parts of which there may be many without anything to wait for. */
  readonly pause: () => Promise<void> | undefined
  #spent = 0
  #since: number | undefined
  #stopped: string | undefined

  constructor(options: WorkTimeOptions) {
    this.elapsed = options.elapsed
    this.maxMilliseconds = options.maxMilliseconds
    this.problem = options.problem ?? (() => undefined)
    this.pause = options.pause ?? (() => undefined)
  }

  /** Milliseconds so far. */
  get spent(): number {
    return this.#spent + (this.#since === undefined ? 0 : this.elapsed() - this.#since)
  }

  get left(): number {
    return this.maxMilliseconds - this.spent
  }

  /** Why a check failed, if one has: what came out counts for nothing, even where somebody took the error for another one. */
  get stopped(): string | undefined {
    return this.#stopped
  }

  /** Does synchronous work, which counts. */
  run<T>(work: () => T): T {
    if (this.#since !== undefined) return work()
    const outer = current
    current = this
    this.#since = this.elapsed()
    try {
      return work()
    } finally {
      this.#spent += this.elapsed() - this.#since
      this.#since = undefined
      current = outer
    }
  }

  /** Throws WorkStopped when time is over, or would be after a step that cannot be stopped and takes about `aheadMilliseconds`. */
  check(aheadMilliseconds = 0): void {
    const why = this.whyStop(aheadMilliseconds)
    if (why !== undefined) throw new WorkStopped(why)
  }

  /** The same as a text, for those who throw errors of their own. */
  whyStop(aheadMilliseconds = 0): string | undefined {
    const why = this.left < aheadMilliseconds ? `takes longer than ${this.maxMilliseconds / 1000} s` : this.problem()
    this.#stopped ??= why
    return why
  }
}

/** Looks at the time of the work that this is part of; nothing happens where nobody limits it. */
export function checkWorkTime(aheadMilliseconds = 0): void {
  current?.check(aheadMilliseconds)
}

/** The time of the synchronous work that is under way. */
export function currentWorkTime(): WorkTime | undefined {
  return current
}
