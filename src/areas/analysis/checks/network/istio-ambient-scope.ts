import { defineCheck } from '../../contract.js'

export const istioAmbientScope = defineCheck({
  id: 'istio-ambient-scope',
  topic: 'network',
  severity: 'warning',
  title: 'A service of an ambient mesh is global in one cluster and not in another',
  why: 'In ambient mode only services with the label istio.io/global: "true" are shared. With the label in one cluster alone, that cluster sends its endpoints and gets none; with the feature on and no label at all, every service is local, though the clusters are connected.',
  evidence: ['istio/istio#61713', 'istio/istio#58269'],
  fix: 'Label the Service, or its namespace, in every cluster that shall take part.',
  *run(model) {
    const ambient = model
      .values('istio')
      .some(
        (values) =>
          values.flag('pilot', 'env', 'AMBIENT_ENABLE_MULTI_NETWORK') === true ||
          values.flag('env', 'AMBIENT_ENABLE_MULTI_NETWORK') === true,
      )
    if (!ambient) return
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
