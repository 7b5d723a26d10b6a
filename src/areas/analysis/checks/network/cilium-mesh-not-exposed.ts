import { defineCheck } from '../../contract.js'
import type { HelmValues } from '../../model/helm-values.js'

const path = ['clustermesh', 'apiserver', 'service', 'type'] as const

export const ciliumMeshNotExposed = defineCheck({
  id: 'cilium-mesh-not-exposed',
  topic: 'network',
  severity: 'warning',
  title: 'One cluster of a mesh does not expose its clustermesh API server as the others do',
  why: 'Without a type the Service of the clustermesh API server is a NodePort: other clusters are given the address of one node, and lose the cluster when that node is drained. Where one cluster says LoadBalancer and another says nothing, nothing was mostly not meant.',
  evidence: ['cilium/cilium#34441', 'cilium: install/kubernetes/cilium/values.yaml, clustermesh.apiserver.service.type'],
  fix: 'Set `clustermesh.apiserver.service.type` in every cluster, with the annotations that its cloud needs.',
  *run(model) {
    for (const mesh of model.meshes('cilium')) {
      const sides = mesh.flatMap(
        (name) =>
          model
            .cluster(name)
            ?.values.filter(({ tool }) => tool === 'cilium')
            .map((values) => ({ name, values })) ?? [],
      )
      const told = sides.find(({ values }) => values.text(...path) === 'LoadBalancer')
      if (told === undefined) continue
      const names = new Set(sides.filter(({ values }) => values.has(...path)).map(({ name }) => name))
      for (const { name, values } of sides) {
        if (names.has(name) || !runsApiServer(values)) continue
        names.add(name)
        yield {
          message: `${name} falls back to NodePort, while ${told.name} has a LoadBalancer`,
          at: [values.atKey('clustermesh'), told.values.at(...path)],
        }
      }
    }
  },
})

function runsApiServer(values: HelmValues): boolean {
  return values.flag('clustermesh', 'useAPIServer') === true
}
