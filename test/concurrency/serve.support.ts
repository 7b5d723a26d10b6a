import { openDataDirectory } from '../../src/app/fleet/data-directory.js'
import { type EmbeddedApi, hubUser, openEmbeddedApi } from '../../src/app/fleet/embedded-api.js'
import { openFleetPki } from '../../src/app/fleet/fleet-pki.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import type { Clock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'

/** How long slow clients are waited for. */
export type ServeLimits = Pick<Parameters<typeof openEmbeddedApi>[0], 'patience' | 'watchLimits'>

/** Orders to the server process; each is answered with a message. */
export type ServeOrder =
  | ({ readonly kind: 'start'; readonly directory: string; readonly port: number; readonly sync: boolean } & ServeLimits)
  /** The wall clock goes forward or back by so much. */
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'memory' }
  /** Makes so many ConfigMaps, without HTTP. */
  | { readonly kind: 'fill'; readonly namespace: string; readonly count: number }
  /** How long the event loop was held up at most since this was asked last. */
  | { readonly kind: 'held' }

const everyMs = 2
/** The longest that the event loop was busy with one thing. What others on the machine took meanwhile is not counted. */
let heldMs = 0
let looked = performance.now()
let used = process.cpuUsage()
setInterval(() => {
  const [now, { user, system }] = [performance.now(), process.cpuUsage()]
  const cpuMs = (user + system - used.user - used.system) / 1000
  heldMs = Math.max(heldMs, Math.min(now - looked - everyMs, cpuMs))
  looked = now
  used = { user, system }
}, everyMs).unref()
let api: EmbeddedApi | undefined
let skewMs = 0
const clock: Clock = { now: () => systemClock.now() + skewMs, after: systemClock.after }

/** The embedded API server as `flotilla up` opens it, with one cluster, in a process that tests may kill. */
async function answer(order: ServeOrder): Promise<object> {
  switch (order.kind) {
    case 'start': {
      const ports = { clock, random: systemRandom, log: silentLog }
      const directory = openDataDirectory(order.directory)
      const pki = await openFleetPki(directory, ports)
      const { patience, watchLimits, sync } = order
      const limits = { ...(patience === undefined ? {} : { patience }), ...(watchLimits === undefined ? {} : { watchLimits }) }
      api = openEmbeddedApi({ directory, pki, sync, createdMs: 0, ports, ...limits })
      await api.serve('storm', { host: '127.0.0.1', port: order.port })
      return { token: pki.hubToken }
    }
    case 'jump':
      skewMs += order.ms
      return {}
    case 'fill': {
      const client = api!.clusters.get('storm')!.client({ user: hubUser, name: 'fill' })
      const type = (await client.resources()).forName('configmaps')!
      const { namespace, count } = order
      for (let at = 0; at < count; at += 1000) {
        await Promise.all(
          Array.from({ length: Math.min(1000, count - at) }, (_, index) => {
            const metadata = { name: `fill-${at + index}`, namespace, labels: { fill: String((at + index) % 100) } }
            return client.create(type, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'x'.repeat(500) } })
          }),
        )
      }
      return {}
    }
    case 'held': {
      const ms = heldMs
      heldMs = 0
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
