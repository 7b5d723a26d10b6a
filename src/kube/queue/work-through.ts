import { WorkQueue, type WorkQueueOptions } from './work-queue.js'

export interface WorkThroughOptions extends Omit<WorkQueueOptions, 'onReady'> {
  /** Keys worked on at a time; 1 unless told. */
  readonly hands?: number
  /** What ends it all: nothing more is taken, and failures are not heard. */
  readonly signal: { readonly aborted: boolean }
  work(key: string): Promise<void>
  /** It comes again after `retryMs`, later with each failure in a row. */
  failed(key: string, error: unknown, retryMs: number): void
  /** Asked after a failure: a key that is of no interest any more is dropped. */
  isGone?(key: string): boolean
}

/** A work queue with hands: what is added is worked on, a few keys at a time, and again where it failed. */
export function workThrough({ hands = 1, signal, work, failed, isGone, ...options }: WorkThroughOptions): WorkQueue {
  const queue = new WorkQueue({ ...options, onReady: () => queueMicrotask(pump) })

  function pump(): void {
    while (queue.workingCount < hands && !signal.aborted) {
      const key = queue.take()
      if (key === undefined) return
      void attempt(key).finally(() => {
        queue.done(key)
        pump()
      })
    }
  }

  async function attempt(key: string): Promise<void> {
    try {
      await work(key)
      queue.forget(key)
    } catch (error) {
      if (signal.aborted) return
      if (isGone?.(key)) queue.forget(key)
      else failed(key, error, queue.addFailed(key))
    }
  }
  return queue
}
