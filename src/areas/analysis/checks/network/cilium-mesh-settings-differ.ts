import { defineCheck } from '../../contract.js'
import type { HelmValues } from '../../model/helm-values.js'

/** Settings that must be the same in all clusters of a mesh, with the chart's default. */
const settings: readonly { readonly path: readonly string[]; readonly otherwise: string; readonly why: string }[] = [
  {
    path: ['clustermesh', 'maxConnectedClusters'],
    otherwise: '255',
    why: 'It says how many bits of an identity are the cluster: with different values, identities of one cluster are read wrongly in the other, and agents refuse to connect.',
  },
  {
    path: ['routingMode'],
    otherwise: 'tunnel',
    why: 'One side sends packets in a tunnel, the other expects them plain.',
  },
  { path: ['tunnelProtocol'], otherwise: 'vxlan', why: 'Neither side understands the other’s tunnel.' },
  {
    path: ['encryption', 'type'],
    otherwise: 'ipsec',
    why: 'What one side encrypts, the other cannot read.',
  },
]

export const ciliumMeshSettingsDiffer = defineCheck({
  id: 'cilium-mesh-settings-differ',
  topic: 'network',
  severity: 'error',
  title: 'Settings of Cilium differ that must be the same in a whole mesh',
  why: 'Agents of connected clusters exchange packets and identities directly, so how packets are carried and how identities are built must be agreed.',
  evidence: ['Cilium: pkg/option/config.go, pkg/clustermesh/types', 'cilium/cilium#33393'],
  fix: 'Set the same value in every cluster of the mesh. `maxConnectedClusters` cannot be changed later: such a cluster has to be installed anew.',
  *run(model) {
    for (const mesh of model.meshes('cilium')) {
      const all = mesh.flatMap((name) => model.cluster(name)?.values.filter(({ tool }) => tool === 'cilium') ?? [])
      for (const { path, otherwise, why } of settings) {
        const [first, ...others] = all.filter(
          (values) => path[0] !== 'encryption' || values.flag('encryption', 'enabled') === true,
        )
        if (first === undefined) continue
        for (const values of others) {
          if (tunnelless(values) && path[0] === 'tunnelProtocol') continue
          const [here, there] = [said(values, path, otherwise), said(first, path, otherwise)]
          if (here === there) continue
          yield {
            message: `${path.join('.')} is ${here} in ${values.cluster}, and ${there} in ${first.cluster}`,
            at: [values.at(...path), first.at(...path)],
            why,
          }
        }
      }
    }
  },
})

function said(values: HelmValues, path: readonly string[], otherwise: string): string {
  const value = values.get(...path)
  return typeof value === 'string' || typeof value === 'number' ? String(value) || otherwise : otherwise
}

function tunnelless(values: HelmValues): boolean {
  return values.text('routingMode') === 'native'
}
