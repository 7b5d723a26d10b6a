import { statusErrors } from '../../kube/object/status-error.js'
import type { WatchSink } from '../contract.js'

type SinkEvent = Parameters<WatchSink>[0][number]

/** Events that one slow reader may leave lying; beyond it the watch ends as a slow one does over HTTP. */
const mostWaiting = 50_000

/** Between a watch, which pushes, and an async iteration, which pulls. */
export class EventQueue {
  #events: SinkEvent[] = []
  #wake: (() => void) | undefined
  #ended = false
  #error: unknown

  /** False when the reader is too slow: the watch must stop, and the reader gets Expired after what it has. */
  push(events: readonly SinkEvent[]): boolean {
    if (this.#ended) return false
    // The first events may be many: a whole list. A reader that lets as many wait again is too slow.
    const full = this.#events.length > mostWaiting
    if (full) this.end(statusErrors.expired('the watch was read too slowly and has been ended'))
    else if (this.#events.length === 0) this.#events = [...events]
    else for (const event of events) this.#events.push(event)
    this.#wake?.()
    return !full
  }

  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#wake?.()
  }

  /** What has come since; waits for something. Undefined at the end; throws what ended the watch. */
  async take(): Promise<readonly SinkEvent[] | undefined> {
    while (this.#events.length === 0) {
      if (this.#ended) {
        if (this.#error !== undefined) throw this.#error
        return undefined
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    const events = this.#events
    this.#events = []
    return events
  }
}
