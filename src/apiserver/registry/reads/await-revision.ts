import type { Clock } from '../../../base/clock.js'
import type { ClusterStorage } from '../../storage/contract.js'

/** How long upstream's watch cache waits for a revision before it says that it is too large. */
const patienceMs = 3000

/** Resolves as soon as the storage has reached the revision, or when it is time to give up. */
export function awaitRevision(
  storage: ClusterStorage,
  clock: Clock,
  revision: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      leave()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(patienceMs, done)
    const leave = storage.onChange((change) => {
      if (change.revision >= revision) done()
    })
    signal?.addEventListener('abort', done)
    if (signal?.aborted) done()
  })
}
