import { blockContains, blocksOverlap, type IpBlock, parseBlock } from '../../cidr/ip-block.js'
import { defineCheck, type Finding } from '../../contract.js'
import type { FleetModel } from '../../model/fleet-model.js'
import type { Fact, View } from '../../model/view.js'

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
    yield* rangesOfClusters(model)
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

/** Ranges that single clusters were given, against each other and against what any cluster uses itself. */
function* rangesOfClusters(model: FleetModel): Iterable<Finding> {
  const given = new Map<string, { name: string; fact: Fact<string>; block: IpBlock }>()
  const take = (cluster: string | undefined, view: View, ...path: string[]) => {
    const name = cluster === undefined ? undefined : (model.cluster(cluster)?.name ?? cluster)
    for (const value of view.texts(...path)) {
      const block = parseBlock(value)
      if (name !== undefined && block !== undefined && !given.has(`${name} ${value}`))
        given.set(`${name} ${value}`, { name, fact: { value, at: view.at(...path) }, block })
    }
  }
  for (const each of model.kinds('submariner.io', 'Cluster')) take(each.text('spec', 'cluster_id'), each, 'spec', 'global_cidr')
  for (const each of model.kinds('submariner.io', 'Submariner')) take(each.text('spec', 'clusterID'), each, 'spec', 'globalCIDR')
  for (const each of model.values('submariner')) take(each.cluster, each, 'submariner', 'globalCidr')
  for (const call of model.callsOf('subctl', 'join')) {
    const value = call.flag('globalnet-cidr')
    const block = value === undefined ? undefined : parseBlock(value)
    const name = call.flag('clusterid')
    if (value !== undefined && block !== undefined && name !== undefined && !name.includes('$'))
      given.set(`${name} ${value}`, { name, fact: { value, at: call.at('globalnet-cidr') }, block })
  }
  const seen: { name: string; fact: Fact<string>; block: IpBlock }[] = []
  for (const each of given.values()) {
    const { name, fact, block } = each
    const twin = seen.find((other) => other.name !== name && blocksOverlap(other.block, block))
    if (twin !== undefined)
      yield {
        message: `the global range of ${name}, ${fact.value}, overlaps ${twin.fact.value} of ${twin.name}`,
        at: [fact.at, twin.fact.at],
      }
    seen.push(each)
    for (const cluster of model.clusters)
      for (const used of [...cluster.podCidrs, ...cluster.serviceCidrs]) {
        const other = parseBlock(used.value)
        if (other === undefined || !blocksOverlap(block, other)) continue
        yield {
          message: `the global range of ${name}, ${fact.value}, overlaps ${used.value}, which ${cluster.name} uses itself`,
          at: [fact.at, used.at],
        }
      }
  }
}
