import { blockContains, parseBlock } from '../../cidr/ip-block.js'
import { defineCheck } from '../../contract.js'

export const ciliumNativeCidr = defineCheck({
  id: 'cilium-native-cidr',
  topic: 'network',
  severity: 'error',
  title: 'The native routing range does not cover the pods of the mesh',
  why: 'With native routing, packets to addresses outside of `ipv4NativeRoutingCIDR` get the node’s address on their way out. Packets to pods of other clusters then lose their identity, and network policies there drop them.',
  evidence: ['Cilium: Documentation/network/clustermesh/setup.rst'],
  fix: 'Set `ipv4NativeRoutingCIDR` to a range that holds the pods of all clusters of the mesh.',
  *run(model) {
    for (const mesh of model.meshes('cilium')) {
      const pods = mesh.flatMap((name) => (model.cluster(name)?.podCidrs ?? []).map((fact) => ({ name, fact })))
      for (const name of mesh)
        for (const values of model.cluster(name)?.values ?? []) {
          const native = values.tool === 'cilium' && values.text('routingMode') === 'native'
          const range = values.text('ipv4NativeRoutingCIDR')
          const outer = native && range !== undefined ? parseBlock(range) : undefined
          if (outer === undefined) continue
          const outside = pods.find(({ fact }) => {
            const block = parseBlock(fact.value)
            return block !== undefined && block.family === 4 && !blockContains(outer, block)
          })
          if (outside !== undefined)
            yield {
              message: `${name} routes ${range} natively, which does not hold the pods of ${outside.name} (${outside.fact.value})`,
              at: [values.at('ipv4NativeRoutingCIDR'), outside.fact.at],
            }
        }
    }
  },
})
