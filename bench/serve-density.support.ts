import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { startMembers } from '../src/apiserver/members/start-members.js'
import { openDataDirectory } from '../src/app/fleet/data-directory.js'
import { openEmbeddedApi } from '../src/app/fleet/embedded-api.js'
import { openFleetPki } from '../src/app/fleet/fleet-pki.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'

/** Orders to the server process; each is answered with a message. */
export type DensityOrder =
  | { readonly kind: 'start'; readonly directory: string; readonly members: boolean }
  | { readonly kind: 'clusters'; readonly from: number; readonly to: number }
  /** Until nothing has changed for a second. */
  | { readonly kind: 'settle' }

let api: ReturnType<typeof openEmbeddedApi> | undefined
let changes = 0

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })
}

/** Clusters in one process, with controllers and three nodes each (members) or without. */
async function answer(order: DensityOrder): Promise<object> {
  switch (order.kind) {
    case 'start': {
      const ports = { clock: systemClock, random: systemRandom, log: silentLog }
      const directory = openDataDirectory(order.directory)
      const pki = await openFleetPki(directory, ports)
      api = openEmbeddedApi({ directory, pki, sync: true, createdMs: systemClock.now(), ports })
      api.clusters.onChange(() => {
        changes++
      })
      // As `flotilla up` does in large fleets: leases of nodes are renewed a few at a time.
      if (order.members) startMembers({ clusters: api.clusters, ports, signal: new AbortController().signal, events: 'warnings' })
      return { token: pki.hubToken }
    }
    case 'clusters': {
      const free = await Promise.all(Array.from({ length: order.to - order.from }, freePort))
      const begin = performance.now()
      for (const [index, port] of free.entries()) await api?.serve(`cluster-${order.from + index}`, { host: '127.0.0.1', port })
      return { ms: performance.now() - begin, ports: free }
    }
    case 'settle': {
      for (let before = -50; changes - before > 40; ) {
        before = changes
        await new Promise((done) => setTimeout(done, 1000))
      }
      globalThis.gc?.()
      globalThis.gc?.()
      return {}
    }
  }
}

process.on('message', (order: DensityOrder) => {
  void answer(order).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
