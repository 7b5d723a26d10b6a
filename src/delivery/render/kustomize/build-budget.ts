import { buildError } from './build-error.js'

export interface BuildLimits {
  /** Milliseconds of some clock that only goes forward; absent: time is not limited. */
  readonly elapsed?: () => number
  /** What one build may take; 60 s unless told. */
  readonly maxMilliseconds?: number
  /** Characters that a build may read and write in all, each file as often as it is used; 256 Mi unless told. */
  readonly maxCharacters?: number
}

/** What one build may still cost. What would be beyond it is an error that names the place. */
export class BuildBudget {
  readonly #elapsed: (() => number) | undefined
  readonly #maxMilliseconds: number
  readonly #endsAt: number
  readonly #maxCharacters: number
  #left: number

  constructor(limits: BuildLimits) {
    this.#elapsed = limits.elapsed
    this.#maxMilliseconds = limits.maxMilliseconds ?? 60_000
    this.#endsAt = (limits.elapsed?.() ?? 0) + this.#maxMilliseconds
    this.#maxCharacters = limits.maxCharacters ?? 256 * 1024 * 1024
    this.#left = this.#maxCharacters
  }

  /** To be called before characters are read or copied. */
  spend(characters: number, where: string): void {
    this.#left -= characters
    if (this.#left < 0)
      throw buildError(
        `${where}: the build reads and writes more than ${this.#maxCharacters} characters`,
        'Build it in parts, or find what multiplies: a base used very often, or values copied into themselves.',
      )
  }

  checkTime(where: string): void {
    if (this.#elapsed !== undefined && this.#elapsed() > this.#endsAt)
      throw buildError(`${where}: the build takes longer than ${this.#maxMilliseconds / 1000} s`, 'Build it in parts.')
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
