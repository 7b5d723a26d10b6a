import { blocksOverlap, parseBlock } from '../../cidr/ip-block.js'
import { defineCheck, type Finding } from '../../contract.js'

export const podCidrOverlap = defineCheck({
  id: 'pod-cidr-overlap',
  topic: 'network',
  severity: 'error',
  title: 'Pod ranges of connected clusters overlap',
  why: 'Pods of connected clusters reach each other by their own addresses. Where two clusters give out the same ones, a packet for the other cluster stays in this one: every status is green, and each cluster talks to itself.',
  evidence: ['cilium/cilium#20375', 'submariner-io/submariner#545', 'Cilium: Documentation/network/clustermesh/setup.rst'],
  fix: 'Give each cluster a pod range of its own before anything runs in it: the range of a running cluster cannot be changed.',
  *run(model) {
    const globalnet = model.kinds('submariner.io', 'Broker').some((broker) => broker.flag('spec', 'globalnetEnabled') === true)
    const reported = new Set<string>()
    for (const tool of ['cilium', 'submariner', 'linkerd'] as const) {
      // Globalnet is there for ranges that overlap.
      if (tool === 'submariner' && globalnet) continue
      for (const mesh of model.meshes(tool)) {
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
