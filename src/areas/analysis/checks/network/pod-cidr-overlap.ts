import { blocksOverlap, parseBlock } from '../../cidr/ip-block.js'
import { defineCheck, type Finding } from '../../contract.js'
import type { FleetModel } from '../../model/fleet-model.js'

export const podCidrOverlap = defineCheck({
  id: 'pod-cidr-overlap',
  topic: 'network',
  severity: 'error',
  title: 'Pod ranges of connected clusters overlap',
  why: 'Pods of connected clusters reach each other by their own addresses. Where two clusters give out the same ones, a packet for the other cluster stays in this one: every status is green, and each cluster talks to itself.',
  evidence: [
    'cilium/cilium#20375',
    'submariner-io/submariner#545',
    'Cilium: Documentation/network/clustermesh/setup.rst',
    'istio.io: ops/deployment/deployment-models, single network',
    'linkerd.io: features/multicluster, flat networks',
  ],
  fix: 'Give each cluster a pod range of its own before anything runs in it: the range of a running cluster cannot be changed.',
  *run(model) {
    const globalnet = model.kinds('submariner.io', 'Broker').some((broker) => broker.flag('spec', 'globalnetEnabled') === true)
    const reported = new Set<string>()
    const flat = [
      ...model.meshes('cilium'),
      // Globalnet is there for ranges that overlap.
      ...(globalnet ? [] : model.meshes('submariner')),
      ...linksWithoutGateway(model),
      ...sharedNetworks(model),
    ]
    for (const mesh of flat) {
      const ranges = mesh.flatMap((name) => {
        const cluster = model.cluster(name)
        return (cluster?.podCidrs ?? []).flatMap((fact) => {
          const block = parseBlock(fact.value)
          return block === undefined ? [] : [{ name, fact, block }]
        })
      })
      // Sorted by their first address, each is compared with those before it that reach that far.
      ranges.sort((a, b) => (a.block.first < b.block.first ? -1 : a.block.first > b.block.first ? 1 : 0))
      let open: typeof ranges = []
      for (const range of ranges) {
        open = open.filter(({ block }) => block.family !== range.block.family || block.last >= range.block.first)
        for (const other of open) {
          const key = [range.name, other.name].sort().join('|')
          if (other.name === range.name || reported.has(key) || !blocksOverlap(other.block, range.block)) continue
          reported.add(key)
          yield overlap(other, range)
          // A hundred clusters with one range are a hundred findings, not five thousand.
          break
        }
        open.push(range)
      }
    }
  },
})

type Range = { readonly name: string; readonly fact: { readonly value: string; readonly at: Finding['at'][0] } }

function overlap(a: Range, b: Range): Finding {
  const [first, second] = a.name < b.name ? [a, b] : [b, a]
  return {
    message: `${second.name} has pods in ${second.fact.value}, which overlaps ${first.fact.value} of ${first.name}`,
    at: [second.fact.at, first.fact.at],
  }
}

/** Clusters that Linkerd links without a gateway: pods speak to pods. With one, the ranges do not meet. */
function linksWithoutGateway(model: FleetModel): string[][] {
  return model.kinds('multicluster.linkerd.io', 'Link').flatMap((link) => {
    const from = model.clusterOf(link)?.name
    const to = model.cluster(link.text('spec', 'targetClusterName') ?? '')?.name
    return from === undefined || to === undefined || link.has('spec', 'gatewayAddress') ? [] : [[from, to]]
  })
}

/** Clusters of an Istio mesh that say that they are in one network: proxies send to addresses of pods. */
function sharedNetworks(model: FleetModel): string[][] {
  return model.meshes('istio').flatMap((mesh) => {
    const networks = new Map<string, string[]>()
    for (const name of mesh)
      for (const { tool, value } of model.cluster(name)?.identities ?? [])
        if (tool === 'istio-network') networks.set(value, [...(networks.get(value) ?? []), name])
    return [...networks.values()].filter((names) => new Set(names).size > 1)
  })
}
