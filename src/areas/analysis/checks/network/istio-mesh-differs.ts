import { defineCheck } from '../../contract.js'
import type { HelmValues } from '../../model/helm-values.js'

export const istioMeshDiffers = defineCheck({
  id: 'istio-mesh-differs',
  topic: 'network',
  severity: 'error',
  title: 'Clusters of one Istio mesh have different mesh ids',
  why: 'The mesh id is part of what proxies and telemetry know each other by: clusters that share remote secrets but not the id are one mesh for discovery and two for everything else.',
  evidence: ['istio/istio#29359', 'istio.io: install/multicluster/before-you-begin'],
  fix: 'Set the same `global.meshID` in all clusters of the mesh.',
  *run(model) {
    for (const mesh of model.meshes('istio')) {
      const [first, ...others] = istiosOf(mesh.flatMap((name) => model.cluster(name)?.values ?? []))
      for (const values of others)
        if (values.text('global', 'meshID') !== first!.text('global', 'meshID'))
          yield {
            message: `the mesh is ${values.text('global', 'meshID')} in ${values.cluster}, and ${first!.text('global', 'meshID')} in ${first!.cluster}`,
            at: [values.at('global', 'meshID'), first!.at('global', 'meshID')],
          }
    }
  },
})

function istiosOf(values: readonly HelmValues[]): HelmValues[] {
  return values.filter((each) => each.tool === 'istio' && each.text('global', 'meshID') !== undefined)
}
