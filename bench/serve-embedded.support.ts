import { openDataDirectory } from '../src/app/fleet/data-directory.js'
import { openEmbeddedApi } from '../src/app/fleet/embedded-api.js'
import { openFleetPki } from '../src/app/fleet/fleet-pki.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'

/** Orders to the server process; each is answered with a message of the same kind. */
export type ServeOrder =
  | { readonly kind: 'start'; readonly directory: string; readonly port: number; readonly sync: boolean }
  | { readonly kind: 'clusters'; readonly from: number; readonly to: number; readonly listen: boolean }
  | { readonly kind: 'memory' }

let api: ReturnType<typeof openEmbeddedApi> | undefined

/** An embedded API server as `flotilla up` runs it, files and all, in a process of its own. */
async function answer(order: ServeOrder): Promise<object> {
  switch (order.kind) {
    case 'start': {
      const ports = { clock: systemClock, random: systemRandom, log: silentLog }
      const directory = openDataDirectory(order.directory)
      const pki = await openFleetPki(directory, ports)
      api = openEmbeddedApi({ directory, pki, sync: order.sync, createdMs: systemClock.now(), ports })
      await api.serve('bench', { host: '127.0.0.1', port: order.port })
      return { token: pki.hubToken }
    }
    case 'clusters': {
      const begin = performance.now()
      for (let index = order.from; index < order.to; index++) {
        if (order.listen) await api?.serve(`empty-${index}`, { host: '127.0.0.1', port: 0 })
        else await api?.clusters.ensure(`empty-${index}`)
      }
      return { ms: performance.now() - begin }
    }
    case 'memory': {
      globalThis.gc?.()
      globalThis.gc?.()
      const { rss, heapUsed, external } = process.memoryUsage()
      return { rss, heapUsed, external }
    }
  }
}

process.on('message', (order: ServeOrder) => {
  void answer(order).then(
    (result) => process.send?.({ kind: order.kind, ...result }),
    (error: unknown) => process.send?.({ kind: order.kind, error: String(error) }),
  )
})
