import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { Spot } from '../../model/spot.js'

export const serviceSharedTwice = defineCheck({
  id: 'service-shared-twice',
  topic: 'services',
  severity: 'warning',
  title: 'Two meshes share the same service',
  why: 'Each mesh adds the other clusters’ endpoints on its own. Requests are then balanced twice: an affinity or a failover of one mesh is undone by the other, and a cluster that is taken out of one still gets traffic by the other.',
  evidence: ['Istio and Cilium: neither looks at the other’s endpoints'],
  fix: 'Leave the service to one of them: take the annotation off, or exclude it from the other mesh (`serviceSettings` with clusterLocal in Istio).',
  *run(model) {
    const exports = new Map<string, Spot>()
    for (const object of model.kinds('multicluster.x-k8s.io', 'ServiceExport'))
      exports.set(`${object.cluster ?? ''} ${object.namespace}/${object.name}`, object.at('metadata', 'name'))
    const istio = new Map<string, Spot>()
    for (const edge of model.meshEdges)
      if (edge.tool === 'istio' && edge.from !== undefined) istio.set(model.cluster(edge.from)?.name ?? edge.from, edge.at)
    for (const service of model.kinds('', 'Service')) {
      if (!isGlobal(service)) continue
      const other = exports.get(`${service.cluster ?? ''} ${service.namespace}/${service.name}`)
      if (other !== undefined)
        yield {
          message: `${service.subject} is global with Cilium, and exported with a ServiceExport`,
          at: [service.at('metadata', 'annotations'), other],
        }
      const mesh = service.cluster === undefined ? undefined : istio.get(service.cluster)
      if (mesh !== undefined)
        yield {
          message: `${service.subject} of ${service.cluster} is global with Cilium, and shared by Istio, which knows other clusters there`,
          at: [service.at('metadata', 'annotations'), mesh],
        }
    }
  },
})

function isGlobal(service: KubeDocument): boolean {
  const value = service.annotation('service.cilium.io/global') ?? service.annotation('io.cilium/global-service')
  return value?.toLowerCase() === 'true'
}
