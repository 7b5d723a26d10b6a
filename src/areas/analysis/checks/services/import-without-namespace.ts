import { defineCheck } from '../../contract.js'

export const importWithoutNamespace = defineCheck({
  id: 'import-without-namespace',
  topic: 'services',
  severity: 'note',
  title: 'A service is exported from a namespace that another cluster does not have',
  why: 'A service is imported only into clusters that have its namespace. The others do not see it at all: no ServiceImport, no name in DNS.',
  evidence: ['KEP-1645: namespaces', 'istio/istio#31760', 'istio/istio#60888'],
  fix: 'Make the namespace in every cluster that is to use the service.',
  *run(model) {
    // What could not be read may hold it.
    if (!model.isWhole) return
    const namespaces = new Map<string, Set<string>>()
    for (const { cluster, name } of model.kinds('', 'Namespace'))
      if (cluster !== undefined) namespaces.set(cluster, (namespaces.get(cluster) ?? new Set()).add(name))
    const told = new Set<string>()
    for (const object of model.kinds('multicluster.x-k8s.io', 'ServiceExport')) {
      const { namespace, cluster } = object
      if (namespace === undefined || cluster === undefined) continue
      for (const [other, has] of namespaces) {
        if (other === cluster || has.has(namespace) || told.has(`${other}/${namespace}`)) continue
        // Of a cluster whose files make one namespace of the exports, all of them are expected there.
        if (model.cluster(other)?.live !== true && !shares(other, cluster)) continue
        told.add(`${other}/${namespace}`)
        yield {
          message: `${object.subject} of ${cluster} is not seen in ${other}, which has no namespace ${namespace}`,
          at: [object.at('metadata', 'namespace')],
        }
      }
    }
    function shares(other: string, cluster: string): boolean {
      return model.meshes().some((mesh) => mesh.includes(other) && mesh.includes(cluster))
    }
  },
})
