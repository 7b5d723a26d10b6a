import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { KubeClient, ResourceCatalogue } from '../../../kube/client/kube-client.js'

export interface ApiQuestionsOptions {
  readonly cluster: string
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly lifetime: AbortSignal
  /** True when it serves something else than before. */
  readonly learn: (catalogue: ResourceCatalogue) => boolean
}

const everyMs = 30_000
const seldomMs = 300_000
/** A definition is served a moment after it is stored. */
const servedAfterMs = 1000

/**
 * Asks one cluster what it serves: when something may have changed it, and while something is kept out of it for that, later and later.
 * Never twice within half a minute, unless definitions of ours have changed there.
 */
export class ApiQuestions {
  readonly #options: ApiQuestionsOptions
  #askedAt: number | undefined
  #timer: { readonly dueAt: number; readonly cancel: () => void } | undefined
  #keepsOut = false
  #pauseMs = everyMs

  constructor(options: ApiQuestionsOptions) {
    this.#options = options
    options.lifetime.addEventListener('abort', () => this.#timer?.cancel(), { once: true })
  }

  /** `keepsOut`: something does not go there for want of a kind; it is asked again until the answer changes. */
  ask(keepsOut = false): void {
    if (keepsOut) this.#keepsOut = true
    const now = this.#options.clock.now()
    if (this.#askedAt === undefined || now - this.#askedAt >= everyMs) this.#ask()
    else this.#at(this.#askedAt + everyMs)
  }

  /** A definition of ours has come, changed or gone there. */
  definitionChanged(): void {
    this.#at(this.#options.clock.now() + servedAfterMs)
  }

  #at(dueAt: number): void {
    if (this.#timer !== undefined && this.#timer.dueAt <= dueAt) return
    this.#timer?.cancel()
    const { clock, lifetime } = this.#options
    if (lifetime.aborted) return
    const cancel = clock.after(dueAt - clock.now(), () => {
      this.#timer = undefined
      this.#ask()
    })
    this.#timer = { dueAt, cancel }
  }

  #ask(): void {
    const { client, clock, lifetime, learn, log, cluster } = this.#options
    if (lifetime.aborted) return
    this.#timer?.cancel()
    this.#timer = undefined
    const refresh = this.#askedAt !== undefined
    this.#askedAt = clock.now()
    client.resources({ refresh, signal: lifetime }).then(
      (catalogue) => {
        if (!learn(catalogue)) return this.#askLater()
        // Whoever is still kept out says so again.
        this.#keepsOut = false
        this.#pauseMs = everyMs
      },
      (error: unknown) => {
        log.debug('cannot read what a cluster serves', { cluster, error: messageOf(error) })
        this.#askLater()
      },
    )
  }

  #askLater(): void {
    if (!this.#keepsOut) return
    this.#at(this.#options.clock.now() + this.#pauseMs)
    this.#pauseMs = Math.min(seldomMs, this.#pauseMs * 2)
  }
}
