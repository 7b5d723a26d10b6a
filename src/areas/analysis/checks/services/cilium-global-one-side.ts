import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'

export const ciliumGlobalOneSide = defineCheck({
  id: 'cilium-global-one-side',
  topic: 'services',
  severity: 'warning',
  title: 'A service is global in one cluster of the mesh and not in another that has it',
  why: 'A service must be global in each cluster, under the same namespace and name. Where it is not, that cluster neither gives its endpoints nor sees those of the others: both sides stay on their own.',
  evidence: ['Cilium: Documentation/network/clustermesh/global-services.rst'],
  fix: 'Annotate the Service with `service.cilium.io/global: "true"` in every cluster that shall take part (`service.cilium.io/shared: "false"` where it shall only consume).',
  *run(model) {
    for (const mesh of model.meshes('cilium'))
      for (const services of model.acrossClusters('', 'Service').values()) {
        const here = services.filter(({ cluster }) => cluster !== undefined && mesh.includes(cluster))
        const global = here.find(isGlobal)
        if (global === undefined) continue
        // One of another type is refused as a whole.
        for (const service of here)
          if (!isGlobal(service) && service.get('metadata', 'annotations', 'service.cilium.io/global') !== true)
            yield {
              message: `${service.subject} is global in ${global.cluster}, but not in ${service.cluster}`,
              at: [service.at('metadata', 'name'), global.at('metadata', 'annotations')],
              edits:
                service.keys('metadata', 'annotations').length > 0
                  ? [
                      {
                        kind: 'add',
                        view: service,
                        path: ['metadata', 'annotations'],
                        key: 'service.cilium.io/global',
                        value: 'true',
                      },
                    ]
                  : [],
            }
      }
  },
})

function isGlobal(service: KubeDocument): boolean {
  const value = service.annotation('service.cilium.io/global') ?? service.annotation('io.cilium/global-service')
  return value?.toLowerCase() === 'true'
}
