import type { ClusterFacts, FleetFacts } from '../model/service-dialect.js'
import type { Consumer, FleetService, Ranking, ServiceName } from '../model/service-model.js'

/** The services of the fleet as they are now, for outputs (xDS, gateways) and for people (`flotilla service`). */
export interface ServiceCatalogue {
  readonly facts: FleetFacts
  /** Sorted by namespace and name. A name may be offered both in the cluster set and as a same-name service: two entries. */
  list(): readonly FleetService[]
  get(service: ServiceName, reach?: FleetService['reach']): FleetService | undefined
  /** The ranking for a consumer. Kept until the service, the rules or the clusters change. */
  rank(service: FleetService, consumer: Consumer, without?: readonly string[]): Ranking
  /** A consumer of a cluster, in the cluster's own locality or in the zone that is named. */
  consumerIn(cluster: ClusterFacts, zone?: string): Consumer
  /** Bumped with every change of anything that a ranking depends on. */
  readonly revision: number
  /** Called once for all changes of a turn of the event loop, with the services that changed. Listeners must only enqueue. */
  onChange(listener: (changed: readonly ServiceName[] | 'all') => void): () => void
}
