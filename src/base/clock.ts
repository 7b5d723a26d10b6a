/** Time as a port. Production passes the system's clock, tests and simulation a virtual one. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /**
   * Calls `run` once after `delayMs` (0: in a later turn of the event loop). The returned function cancels it.
   * A timer never keeps the process alive.
   */
  after(delayMs: number, run: () => void): () => void
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes' metav1.Time prints it: `2026-01-02T03:04:05Z`. */
export function formatTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000)
  if (second !== lastSecond) {
    lastText = `${new Date(epochMs).toISOString().slice(0, 19)}Z`
    lastSecond = second
  }
  return lastText
}

// What is written within one second shares one text: each object holds several.
let lastSecond: number | undefined
let lastText = ''

/** RFC 3339 in UTC with microseconds, as Kubernetes' metav1.MicroTime prints it. */
export function formatMicroTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 23)}000Z`
}
