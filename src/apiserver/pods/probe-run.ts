import type { Clock } from '../../base/clock.js'
import type { ActionResult } from './perform-action.js'
import type { Probe } from './pod-types.js'

/** Repeats a probe of one run of a container until it is stopped. */
export class ProbeRun {
  readonly #probe: Probe
  readonly #clock: Clock
  readonly #perform: (timeoutMs: number) => Promise<ActionResult>
  readonly #heard: (result: ActionResult & { decided: boolean }) => void
  #good = 0
  #bad = 0
  #cancel: () => void
  #stopped = false

  /** `heard` is told of every result; `decided` when as many in a row as its threshold have been like it. */
  constructor(
    probe: Probe,
    clock: Clock,
    perform: (timeoutMs: number) => Promise<ActionResult>,
    heard: (result: ActionResult & { decided: boolean }) => void,
  ) {
    this.#probe = probe
    this.#clock = clock
    this.#perform = perform
    this.#heard = heard
    this.#cancel = clock.after((probe.initialDelaySeconds ?? 0) * 1000, () => void this.#once())
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  async #once(): Promise<void> {
    const { timeoutSeconds = 1, periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = this.#probe
    const begun = this.#clock.now()
    const result = await this.#perform(Math.max(timeoutSeconds, 1) * 1000)
    if (this.#stopped) return
    if (result.ok) {
      this.#good++
      this.#bad = 0
    } else {
      this.#bad++
      this.#good = 0
    }
    const decided = result.ok ? this.#good >= successThreshold : this.#bad >= failureThreshold
    // From the start of the last one on, as a ticker; never at once.
    this.#cancel = this.#clock.after(
      Math.max(begun + Math.max(periodSeconds, 1) * 1000 - this.#clock.now(), 10),
      () => void this.#once(),
    )
    this.#heard({ ...result, decided })
  }
}
