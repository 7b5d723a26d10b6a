import { checkWorkTime, WorkTime } from '../../../base/work-time.js'
import { buildError } from './build-error.js'

export interface BuildLimits {
  /** Milliseconds of some clock that only goes forward; absent: time is not limited. */
  readonly elapsed?: () => number
  /** What one build may take, without what it waits for; 60 s unless told. */
  readonly maxMilliseconds?: number
  /** Characters that a build may read and write in all, each file as often as it is used; 256 Mi unless told. */
  readonly maxCharacters?: number
  /** What it may take, in place of the above: that of the work which it is part of. */
  readonly time?: WorkTime
}

/** What one build may take unless told. */
export const buildMilliseconds = 60_000

/** What one build may still cost. What would be beyond it is an error that names the place. */
export class BuildBudget {
  readonly time: WorkTime | undefined
  readonly #maxCharacters: number
  #left: number

  constructor(limits: BuildLimits) {
    const { elapsed, maxMilliseconds = buildMilliseconds } = limits
    this.time = limits.time ?? (elapsed && new WorkTime({ elapsed, maxMilliseconds }))
    this.#maxCharacters = limits.maxCharacters ?? 256 * 1024 * 1024
    this.#left = this.#maxCharacters
  }

  /** To be called before characters are read or copied. */
  spend(characters: number, where: string): void {
    checkWorkTime()
    this.#left -= characters
    if (this.#left < 0)
      throw buildError(
        `${where}: the build reads and writes more than ${this.#maxCharacters} characters`,
        'Build it in parts, or find what multiplies: a base used very often, or values copied into themselves.',
      )
  }

  /** Does a synchronous part of the build, which takes time; no more than one at once. */
  work<T>(part: () => T): T {
    return this.time === undefined ? part() : this.time.run(part)
  }

  checkTime(where: string): void {
    const why = this.time?.whyStop()
    if (why !== undefined) throw buildError(`${where}: the build ${why}`, 'Build it in parts.')
  }
}

/** What a value weighs: its characters, and something for each member, since small ones take more memory than they have text. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sizeOf(item) + 16, 32)
  if (typeof value !== 'object' || value === null) return 8
  let size = 32
  for (const [key, item] of Object.entries(value)) size += key.length + 16 + sizeOf(item)
  return size
}
