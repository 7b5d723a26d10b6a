import { normalizeServer } from '../../../inventory/in-cluster.js'
import type { Caches } from '../../../kube/informer/cache.js'
import { keyOf } from '../../../kube/object/kube-object.js'
import type { Application } from '../kinds/application.js'
import { applicationType } from '../kinds/resource-types.js'

/**
 * Keys of applications by the destination that they write: what happens to one cluster of a thousand costs its own
 * applications, not a look at all of them.
 */
export interface DestinationIndex {
  /** Applications that name the cluster, or its server. */
  on(cluster: { readonly name: string; readonly server: string | undefined }): Iterable<string>
  /** Applications that name a server, whichever. */
  byServer(): Iterable<string>
}

const index = 'argo-cd/destination'
const anyServer = 'server'

/** The index over the hub's applications; the cache keeps it. */
export async function indexDestinations(caches: Caches): Promise<DestinationIndex> {
  const cache = await caches.cache<Application>(applicationType)
  cache.addIndex(index, destinationValues)
  const keys = (value: string) => cache.byIndex(index, value).map(keyOf)
  return {
    on: ({ name, server }) => [...keys(`name ${name}`), ...(server === undefined ? [] : keys(serverValue(server)))],
    byServer: () => keys(anyServer),
  }
}

function destinationValues({ spec }: Application): string[] {
  const { name, server } = spec.destination ?? {}
  return [...(name ? [`name ${name}`] : []), ...(server ? [serverValue(server), anyServer] : [])]
}

function serverValue(server: string): string {
  return `server ${normalizeServer(server)}`
}
