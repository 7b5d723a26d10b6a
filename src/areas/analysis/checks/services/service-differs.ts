import { defineCheck, type Finding } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'

export const serviceDiffers = defineCheck({
  id: 'service-differs',
  topic: 'services',
  severity: 'warning',
  title: 'A Service that clusters share is not the same in all of them',
  why: 'Clusters join Services by namespace and name. Ports are matched by name and number, so endpoints behind a port that is called otherwise get no traffic, and nobody says so; headless and virtual Services do not mix at all. Of session affinity the oldest export’s counts for all.',
  evidence: [
    'istio/istio.io#11680',
    'Istio: IST0170',
    'KEP-1645: conflict resolution',
    'Cilium: Documentation/network/clustermesh/global-services.rst',
  ],
  fix: 'Write the same ports (name, number, protocol), type, headlessness and session affinity into the Service of every cluster.',
  *run(model) {
    for (const services of model.acrossClusters('', 'Service').values()) {
      const shared = services.filter((service) => isShared(service, model))
      const first = shared[0]
      if (first === undefined) continue
      for (const service of shared.slice(1)) {
        const finding = difference(first, service)
        if (finding !== undefined) yield finding
      }
    }
  },
})

/** Exported, global or in a mesh that takes every Service: only then do others see it. */
function isShared(service: KubeDocument, model: FleetModel): boolean {
  const global = service.annotation('service.cilium.io/global') ?? service.annotation('io.cilium/global-service')
  if (global?.toLowerCase() === 'true') return true
  const { namespace, name, cluster } = service
  const exports = model.kinds('multicluster.x-k8s.io', 'ServiceExport')
  if (exports.some((each) => each.name === name && each.namespace === namespace && each.cluster === cluster)) return true
  return cluster !== undefined && model.meshes('istio').some((mesh) => mesh.includes(cluster))
}

function difference(first: KubeDocument, service: KubeDocument): Finding | undefined {
  const [there, here] = [first.cluster, service.cluster]
  const external = [first, service].map((each) => each.text('spec', 'type') === 'ExternalName')
  if (external[0] !== external[1])
    return {
      message: `${service.subject} is ${external[1] ? '' : 'not '}of type ExternalName in ${here}, and ${external[0] ? 'is' : 'not'} in ${there}`,
      at: [service.at('spec', 'type'), first.at('spec', 'type')],
    }
  const headless = [first, service].map((each) => each.get('spec', 'clusterIP') === 'None')
  if (headless[0] !== headless[1])
    return {
      message: `${service.subject} is ${headless[1] ? '' : 'not '}headless in ${here}, and ${headless[0] ? 'is' : 'not'} in ${there}`,
      at: [service.at('spec', 'clusterIP'), first.at('spec', 'clusterIP')],
    }
  const numbers = new Map(
    first.items('spec', 'ports').map((port) => [`${port.number('port')}/${port.text('protocol') ?? 'TCP'}`, port]),
  )
  for (const port of service.items('spec', 'ports')) {
    const number = `${port.number('port')}/${port.text('protocol') ?? 'TCP'}`
    const other = numbers.get(number)
    if (other === undefined)
      return {
        message: `${service.subject} has port ${number} in ${here}, but not in ${there}`,
        at: [port.at('port'), first.at('spec', 'ports')],
      }
    numbers.delete(number)
    if ((port.text('name') ?? '') !== (other.text('name') ?? ''))
      return {
        message: `port ${number} of ${service.subject} is called ${port.text('name') ?? '(nothing)'} in ${here}, and ${other.text('name') ?? '(nothing)'} in ${there}`,
        at: [port.at('name'), other.at('name')],
      }
  }
  const affinity = (each: KubeDocument) => each.text('spec', 'sessionAffinity') ?? 'None'
  if (affinity(first) !== affinity(service))
    return {
      message: `${service.subject} has session affinity ${affinity(service)} in ${here}, and ${affinity(first)} in ${there}`,
      at: [service.at('spec', 'sessionAffinity'), first.at('spec', 'sessionAffinity')],
    }
  const [missing] = numbers
  if (missing !== undefined)
    return {
      message: `${service.subject} has port ${missing[0]} in ${there}, but not in ${here}`,
      at: [service.at('spec', 'ports'), missing[1].at('port')],
    }
  return undefined
}
