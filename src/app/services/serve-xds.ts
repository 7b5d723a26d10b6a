import type { Clock } from '../../base/clock.js'
import type { Log } from '../../base/log.js'
import type { ServiceCatalogue } from '../../services/catalogue/catalogue.js'
import type { AdsTls } from '../../services/xds/ads-server.js'
import { serveXdsStatus } from '../../services/xds/status-server.js'
import { isLoopback, type XdsPlaces } from './xds-options.js'

/** Serves the catalogue over xDS at the places that were asked for. gRPC is loaded only then. Returns how to end it. */
export async function serveXds(options: {
  readonly catalogue: ServiceCatalogue
  readonly places: XdsPlaces
  readonly tls: AdsTls | undefined
  readonly clock: Clock
  readonly log: Log
}): Promise<{ close(): void }> {
  const { createAdsServer } = await import('../../services/xds/ads-server.js')
  const server = createAdsServer(options)
  let page: { close(): void } | undefined
  const close = () => {
    page?.close()
    server.close()
  }
  try {
    const { secure, clear, status } = options.places
    if (secure !== undefined && options.tls !== undefined) await server.listen(secure, options.tls)
    if (clear !== undefined) await server.listen(clear, undefined)
    if (status !== undefined) {
      const tls = isLoopback(status) ? undefined : options.tls
      page = await serveXdsStatus({ clients: server, place: status, tls, clock: options.clock })
    }
  } catch (error) {
    close()
    throw error
  }
  return { close }
}
