import { defineCheck } from '../../contract.js'

export const statefulHostnamesClash = defineCheck({
  id: 'stateful-hostnames-clash',
  topic: 'services',
  severity: 'warning',
  title: 'Pods of a global headless service have the same host names in several clusters',
  why: 'A global headless service of Cilium answers HOSTNAME.SERVICE with the endpoints of all clusters. StatefulSets of one name give their pods the same host names everywhere, so a client that asks for db-0 gets any of them.',
  evidence: ['Cilium: Documentation/network/clustermesh/global-services.rst'],
  fix: 'Name the StatefulSets differently, or reach them with the Multi-Cluster Services API, whose names have the cluster in them.',
  *run(model) {
    const services = new Map(
      model
        .kinds('', 'Service')
        .filter((service) => service.get('spec', 'clusterIP') === 'None')
        .filter(
          (service) =>
            (service.annotation('service.cilium.io/global') ?? service.annotation('io.cilium/global-service'))?.toLowerCase() ===
            'true',
        )
        .map((service) => [`${service.cluster} ${service.namespace}/${service.name}`, service]),
    )
    for (const sets of model.acrossClusters('apps', 'StatefulSet').values()) {
      const global = sets.flatMap((set) => {
        const service = services.get(`${set.cluster} ${set.namespace}/${set.text('spec', 'serviceName')}`)
        return service === undefined ? [] : [{ set, service }]
      })
      const [first, second] = global
      if (first === undefined || second === undefined) continue
      yield {
        message: `${second.set.subject} has pods ${second.set.name}-0 and on in ${global.map(({ set }) => set.cluster).join(', ')}, behind one global service`,
        at: [second.set.at('metadata', 'name'), first.set.at('metadata', 'name'), second.service.at('metadata', 'annotations')],
      }
    }
  },
})
