import type { ClusterView } from '../catalogue/cluster-view.js'
import type { CreatedCatalogue } from '../catalogue/create-catalogue.js'
import { completeLabels } from '../model/rank/topology-labels.js'
import type { Consumer, FleetService } from '../model/service-model.js'

/**
 * Who uses the slices of a cluster: everybody in it. A place that only some of its nodes are in is nobody's own, or callers
 * in other zones would be sent away from endpoints beside them; rules that name places get the place of most nodes.
 */
export function consumerFor(catalogue: CreatedCatalogue, view: ClusterView, service: FleetService): Consumer {
  if (service.rules.some((rule) => rule.locality !== undefined)) return catalogue.consumerIn(view)
  const { name, network, commonLocality: locality } = view
  return { cluster: name, locality, network, labels: completeLabels({}, { cluster: name, locality, network }) }
}
