import { blocksOverlap, parseBlock } from '../../cidr/ip-block.js'
import { defineCheck } from '../../contract.js'
import type { Fact } from '../../model/view.js'

export const serviceCidrOverlap = defineCheck({
  id: 'service-cidr-overlap',
  topic: 'network',
  severity: 'error',
  title: 'Service ranges of clusters that Submariner connects overlap',
  why: 'Submariner routes the service range of every cluster to it. Two clusters with the same range have two routes for one address: `subctl join` refuses the second, and where it was forced, Services answer from the wrong cluster.',
  evidence: ['submariner-io/submariner: pkg/cidr/iputil.go', 'submariner-io/submariner#545'],
  fix: 'Give each cluster a service range of its own, or deploy the broker with Globalnet.',
  *run(model) {
    if (model.kinds('submariner.io', 'Broker').some((broker) => broker.flag('spec', 'globalnetEnabled') === true)) return
    for (const mesh of model.meshes('submariner')) {
      const seen: { name: string; fact: Fact<string> }[] = []
      for (const name of mesh) {
        for (const fact of model.cluster(name)?.serviceCidrs ?? []) {
          const block = parseBlock(fact.value)
          if (block === undefined) continue
          const other = seen.find((each) => each.name !== name && blocksOverlap(parseBlock(each.fact.value)!, block))
          if (other !== undefined)
            yield {
              message: `${name} has Services in ${fact.value}, which overlaps ${other.fact.value} of ${other.name}`,
              at: [fact.at, other.fact.at],
            }
          else seen.push({ name, fact })
        }
      }
    }
  },
})
