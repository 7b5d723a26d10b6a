import { blockContains, blocksOverlap, parseBlock } from '../../cidr/ip-block.js'
import { defineCheck } from '../../contract.js'

const usualRange = '242.0.0.0/8'
const usualSize = 65_536

export const globalnetRange = defineCheck({
  id: 'globalnet-range',
  topic: 'network',
  severity: 'error',
  title: 'The range of Globalnet collides, or is too small for the clusters',
  why: 'Globalnet gives each cluster a block of one range that nobody else may use. An address that is a pod somewhere and global elsewhere goes to whoever is nearer; a range that is used up stops the next cluster from joining. Calico keeps 242.0.0.0/8 for itself.',
  evidence: [
    'submariner-io/submariner#2792',
    'submariner-io/submariner-operator: pkg/cidr',
    'submariner.io: operations/deployment/calico',
  ],
  fix: 'Set `globalnetCIDRRange` to a private range that no cluster uses, large enough for clusters × `defaultGlobalnetClusterSize`.',
  *run(model) {
    for (const broker of model.kinds('submariner.io', 'Broker')) {
      if (broker.flag('spec', 'globalnetEnabled') !== true) continue
      const range = broker.text('spec', 'globalnetCIDRRange') ?? usualRange
      const block = parseBlock(range)
      const at = broker.at('spec', broker.has('spec', 'globalnetCIDRRange') ? 'globalnetCIDRRange' : 'globalnetEnabled')
      if (block === undefined) {
        yield { message: `the range of Globalnet, ${range}, is no CIDR block`, at: [at] }
        continue
      }
      for (const cluster of model.clusters)
        for (const fact of [...cluster.podCidrs, ...cluster.serviceCidrs]) {
          const other = parseBlock(fact.value)
          if (other === undefined || !blocksOverlap(block, other)) continue
          yield { message: `the range of Globalnet, ${range}, overlaps ${fact.value} of ${cluster.name}`, at: [at, fact.at] }
        }
      const calico = [
        ...model.group('projectcalico.org'),
        ...model.group('crd.projectcalico.org'),
        ...model.group('operator.tigera.io'),
      ][0]
      const reserved = parseBlock(usualRange)!
      if (calico !== undefined && (blocksOverlap(reserved, block) || blockContains(reserved, block)))
        yield {
          message: `the range of Globalnet, ${range}, is the one that Calico keeps for itself`,
          at: [at, calico.at('kind')],
        }
      const size = broker.number('spec', 'defaultGlobalnetClusterSize') ?? usualSize
      const room = block.last - block.first + 1n
      const each = 2n ** BigInt(Math.ceil(Math.log2(Math.max(1, size))))
      const members = new Set([
        ...model.kinds('submariner.io', 'Cluster').map((cluster) => cluster.text('spec', 'cluster_id') ?? cluster.name),
        ...model.callsOf('subctl', 'join').map((call) => call.flag('clusterid') ?? `${call.file}:${call.line}`),
      ])
      if (each > room / 2n) yield { message: `a cluster gets ${each} addresses, which is more than half of ${range}`, at: [at] }
      else if (BigInt(members.size) * each > room)
        yield { message: `${members.size} clusters with ${each} addresses each do not fit into ${range}`, at: [at] }
    }
  },
})
