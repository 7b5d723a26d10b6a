import { compareText } from '../../base/compare-text.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { hubPlace } from '../../services/model/planned-write.js'
import type { FleetFacts, ServiceDialect } from '../../services/model/service-dialect.js'
import { brokerType } from './resource-types.js'

/**
 * Submariner. Its services are those of the Multi-Cluster Services API, so it offers none of its own; what its broker says of
 * Globalnet is planned (`globalnetPlanner`). The hub is where the broker is.
 */
export const submarinerDialect: ServiceDialect = {
  name: 'submariner',
  memberKinds: [],
  hubKinds: [brokerType],
  touches: () => [],
  offers: () => [],
  rules: () => [],
}

/** The oldest broker of the hub; one for the fleet is enough. */
export function findBroker(fleet: FleetFacts): KubeObject | undefined {
  return [...fleet.hubObjects(brokerType)]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort(
      (a, b) =>
        compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
        compareText(`${a.metadata.namespace}/${a.metadata.name}`, `${b.metadata.namespace}/${b.metadata.name}`),
    )[0]
}

export const brokerPlace = hubPlace
