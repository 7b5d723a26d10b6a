import { defineCheck, type Finding } from '../../contract.js'
import type { FleetModel } from '../../model/fleet-model.js'
import type { HelmValues } from '../../model/helm-values.js'
import type { Spot } from '../../model/spot.js'

export const istioAmbientScope = defineCheck({
  id: 'istio-ambient-scope',
  topic: 'network',
  severity: 'warning',
  title: 'A service of an ambient mesh is global in one cluster and not in another',
  why: 'In ambient mode only services with the label istio.io/global: "true" are shared. With the label in one cluster alone, that cluster sends its endpoints and gets none; with the feature on and no label at all, every service is local, though the clusters are connected.',
  evidence: ['istio/istio#61713', 'istio/istio#58269'],
  fix: 'Label the Service, or its namespace, in every cluster that shall take part.',
  *run(model) {
    const ambient = model.values('istio').filter((values) => flagOf(values) !== undefined)
    if (ambient.length === 0) return
    yield* nothingShared(model, ambient)
    for (const services of model.acrossClusters('', 'Service').values()) {
      const global = services.find((service) => service.label('istio.io/global') === 'true')
      if (global === undefined) continue
      for (const service of services) {
        if (service.label('istio.io/global') === 'true' || service.cluster === global.cluster) continue
        const [namespace] = model.find({ group: '', kind: 'Namespace', name: service.namespace ?? 'default' }, service)
        if (namespace?.label('istio.io/global') === 'true') continue
        yield {
          message: `${service.subject} is global in ${global.cluster}, but not in ${service.cluster}`,
          at: [service.at('metadata', 'name'), global.at('metadata', 'labels', 'istio.io/global')],
        }
      }
    }
  },
})

function flagOf(values: HelmValues): Spot | undefined {
  const paths = [
    ['pilot', 'env', 'AMBIENT_ENABLE_MULTI_NETWORK'],
    ['env', 'AMBIENT_ENABLE_MULTI_NETWORK'],
  ]
  const path = paths.find((each) => values.flag(...each) === true)
  return path === undefined ? undefined : values.at(...path)
}

/** The feature is on in several clusters that have Services in common, and no label anywhere makes one of them global. */
function* nothingShared(model: FleetModel, ambient: readonly HelmValues[]): Iterable<Finding> {
  const labelled = (kind: string) => model.kinds('', kind).some((each) => each.label('istio.io/global') === 'true')
  const clusters = new Set(ambient.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster])))
  if (clusters.size < 2 || !model.isWhole || labelled('Service') || labelled('Namespace')) return
  for (const services of model.acrossClusters('', 'Service').values()) {
    const here = services.filter(({ cluster }) => cluster !== undefined && clusters.has(cluster))
    if (new Set(here.map(({ cluster }) => cluster)).size < 2) continue
    yield {
      message: `clusters are connected for ambient, but no Service and no namespace is labelled istio.io/global: ${here[0]!.subject}, for one, stays local in each`,
      severity: 'note',
      at: [flagOf(ambient[0]!)!, here[0]!.at('metadata', 'name')],
    }
    return
  }
}
