import { blocksOverlap, parseBlock } from '../../cidr/ip-block.js'
import { defineCheck } from '../../contract.js'

export const nodeCidrOverlap = defineCheck({
  id: 'node-cidr-overlap',
  topic: 'network',
  severity: 'error',
  title: 'The pods or Services of a cluster have addresses of its nodes’ network',
  why: 'An address that may be a pod, a Service or a machine of the VPC is routed by whoever looks first. Nodes then lose sight of each other, of the load balancer or of the VPC’s name server, and only some connections fail.',
  evidence: ['cilium/cilium#32296', 'cilium/cilium#36518'],
  fix: 'Take pod and service ranges that no VPC, subnet or peered network has. Cloud networks that give pods addresses of the VPC (AWS VPC CNI, Azure CNI) do not set a pod range.',
  *run(model) {
    for (const cluster of model.clusters) {
      const ranges = [
        ...cluster.podCidrs.map((fact) => ({ fact, what: 'pods' })),
        ...cluster.serviceCidrs.map((fact) => ({ fact, what: 'Services' })),
      ]
      const reported = new Set<string>()
      for (const node of cluster.nodeCidrs) {
        const network = parseBlock(node.value)
        if (network === undefined) continue
        for (const { fact, what } of ranges) {
          const block = parseBlock(fact.value)
          if (block === undefined || !blocksOverlap(block, network) || reported.has(`${what} ${fact.value}`)) continue
          reported.add(`${what} ${fact.value}`)
          yield {
            message: `${cluster.name} has ${what} in ${fact.value}, and nodes in ${node.value}`,
            at: [fact.at, node.at],
          }
        }
      }
    }
  },
})
