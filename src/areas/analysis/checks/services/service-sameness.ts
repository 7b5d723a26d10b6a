import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'

export const serviceSameness = defineCheck({
  id: 'service-sameness',
  topic: 'services',
  severity: 'warning',
  title: 'A service that clusters share is a different application in one of them',
  why: 'Clusters of a set take the same namespace and name for the same service. If another team’s application has that name elsewhere, its pods answer requests that were never meant for them, in proportion to their number.',
  evidence: ['sig-multicluster: namespace sameness (kubernetes/community#6748)', 'istio/istio#35123'],
  fix: 'Rename one of them, or do not share it.',
  *run(model) {
    for (const services of model.acrossClusters('', 'Service').values()) {
      const shared = services.filter((service) => isShared(service, model))
      const known = shared.flatMap((service) => {
        const images = imagesBehind(service, model)
        return images.size === 0 ? [] : [{ service, images }]
      })
      const [first] = known
      for (const { service, images } of known.slice(1)) {
        if ([...images].some((image) => first!.images.has(image))) continue
        yield {
          message: `${service.subject} is ${[...images].join(', ')} in ${service.cluster}, and ${[...first!.images].join(', ')} in ${first!.service.cluster}`,
          at: [service.at('spec', 'selector'), first!.service.at('spec', 'selector')],
        }
      }
    }
  },
})

function isShared(service: KubeDocument, model: FleetModel): boolean {
  const global = service.annotation('service.cilium.io/global') ?? service.annotation('io.cilium/global-service')
  if (global?.toLowerCase() === 'true') return true
  const { namespace, name, cluster } = service
  const exports = model.find({ group: 'multicluster.x-k8s.io', kind: 'ServiceExport', namespace, name }, service)
  return exports.some((each) => each.cluster === cluster)
}

/** Repositories of the images of pods that the service selects, without registries and tags: those differ between clusters. */
function imagesBehind(service: KubeDocument, model: FleetModel): Set<string> {
  const wanted = Object.entries(service.map('spec', 'selector'))
  const images = new Set<string>()
  if (wanted.length === 0) return images
  for (const { object, spec, metadata } of model.podSpecs) {
    if (object.cluster !== service.cluster || object.namespace !== service.namespace) continue
    const labels = metadata.map('labels')
    if (!wanted.every(([key, value]) => labels[key] === value)) continue
    for (const container of spec.items('containers')) {
      const image = container.text('image')?.replace(/@.*$/, '')
      if (image !== undefined) images.add(image.slice(image.lastIndexOf('/') + 1).replace(/:.*$/, ''))
    }
  }
  return images
}
