import { defineCheck } from '../../contract.js'
import type { Fact } from '../../model/view.js'

export const meshMtu = defineCheck({
  id: 'mesh-mtu',
  topic: 'network',
  severity: 'warning',
  title: 'Clusters that are connected have different packet sizes',
  why: 'A tunnel takes its headers from the room of each packet, and IPsec takes more. Where one side sends larger packets than the other’s way can carry, small requests work, large answers hang, and nothing says why (path discovery is often filtered).',
  evidence: [
    'submariner-io/submariner#1774',
    'submariner-io/submariner#2132',
    'submariner-io/submariner#2364',
    'submariner-io/submariner#1488',
  ],
  fix: 'Set the same MTU in all clusters of the mesh, less what the tunnels need; with Submariner, annotate gateway nodes with `submariner.io/tcp-clamp-mss`.',
  *run(model) {
    for (const tool of ['cilium', 'submariner'] as const)
      for (const mesh of model.meshes(tool)) {
        let first: { name: string; mtu: Fact<number> } | undefined
        for (const name of mesh) {
          const mtu = mtuOf(name)
          if (mtu === undefined) continue
          if (first === undefined) first = { name, mtu }
          else if (first.mtu.value !== mtu.value)
            yield {
              message: `the MTU is ${mtu.value} in ${name}, and ${first.mtu.value} in ${first.name}`,
              at: [mtu.at, first.mtu.at],
            }
        }
      }

    function mtuOf(name: string): Fact<number> | undefined {
      const cluster = model.cluster(name)
      for (const values of cluster?.values ?? []) {
        const value = values.tool === 'cilium' ? values.number('MTU') : undefined
        if (value !== undefined && value > 0) return { value, at: values.at('MTU') }
      }
      for (const object of cluster?.objects ?? []) {
        const calico = object.kind === 'Installation' && object.group === 'operator.tigera.io'
        const value = calico ? object.number('spec', 'calicoNetwork', 'mtu') : undefined
        if (value !== undefined && value > 0) return { value, at: object.at('spec', 'calicoNetwork', 'mtu') }
      }
      return undefined
    }
  },
})
