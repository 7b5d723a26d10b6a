import type { Clock } from '../base/clock.js'
import type { Log } from '../base/log.js'
import type { ServiceCatalogue } from '../services/catalogue/catalogue.js'
import type { AdsTls } from '../services/xds/ads-server.js'
import type { XdsPlaces } from './xds-options.js'

/** Serves the catalogue over xDS at the places that were asked for. gRPC is loaded only then. Returns how to end it. */
export async function serveXds(options: {
  readonly catalogue: ServiceCatalogue
  readonly places: XdsPlaces
  readonly tls: AdsTls | undefined
  readonly clock: Clock
  readonly log: Log
}): Promise<{ close(): void }> {
  const { createAdsServer } = await import('../services/xds/ads-server.js')
  const server = createAdsServer(options)
  try {
    const { secure, clear } = options.places
    if (secure !== undefined && options.tls !== undefined) await server.listen(secure, options.tls)
    if (clear !== undefined) await server.listen(clear, undefined)
  } catch (error) {
    server.close()
    throw error
  }
  return server
}
