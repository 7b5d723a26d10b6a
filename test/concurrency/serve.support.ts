import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openDataDirectory } from '../../src/app/data-directory.js'
import { openEmbeddedApi } from '../../src/app/embedded-api.js'
import { openFleetPki } from '../../src/app/fleet-pki.js'
import { systemClock, systemRandom } from '../../src/app/system-ports.js'
import type { Clock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'

/** Orders to the server process; each is answered with a message. */
export type ServeOrder =
  | { readonly kind: 'start'; readonly directory: string; readonly port: number; readonly sync: boolean }
  /** The wall clock goes forward or back by so much. */
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'memory' }
  /** How long the event loop was held up at most since this was asked last. */
  | { readonly kind: 'held' }

const held = monitorEventLoopDelay({ resolution: 2 })
held.enable()
let skewMs = 0
const clock: Clock = { now: () => systemClock.now() + skewMs, after: systemClock.after }

/** The embedded API server as `flotilla up` opens it, with one cluster, in a process that tests may kill. */
async function answer(order: ServeOrder): Promise<object> {
  switch (order.kind) {
    case 'start': {
      const ports = { clock, random: systemRandom, log: silentLog }
      const directory = openDataDirectory(order.directory)
      const pki = await openFleetPki(directory, ports)
      const api = openEmbeddedApi({ directory, pki, sync: order.sync, createdMs: 0, ports })
      await api.serve('storm', { host: '127.0.0.1', port: order.port })
      return { token: pki.hubToken }
    }
    case 'jump':
      skewMs += order.ms
      return {}
    case 'held': {
      const ms = held.max / 1e6
      held.reset()
      return { ms }
    }
    case 'memory': {
      globalThis.gc?.()
      globalThis.gc?.()
      const { rss, heapUsed, external } = process.memoryUsage()
      return { rss, heapUsed, external }
    }
  }
}

// A file that may not grow answers with an error then, as a full disk does, instead of ending the process.
process.on('SIGXFSZ', () => {})
process.on('message', (order: ServeOrder) => {
  void answer(order).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  )
})
