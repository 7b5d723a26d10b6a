import { compareQuantities } from '../../object/quantity.js'
import { type Members, membersOf, structsOf } from './findings.js'
import { quantityOf } from './resource-requirements.js'

/** Guaranteed: every container limits cpu and memory and requests as much; BestEffort: nobody asks for anything. */
export function qosClassOf(pod: Members): string {
  const spec = membersOf(pod['spec'])
  const containers = [...structsOf(spec['containers']), ...structsOf(spec['initContainers'])]
  let guaranteed = containers.length > 0
  let asks = false
  for (const container of containers) {
    const { requests, limits } = membersOf(container['resources'])
    for (const name of ['cpu', 'memory']) {
      const limit = quantityOf(membersOf(limits)[name])
      const request = quantityOf(membersOf(requests)[name]) ?? limit
      if (limit !== undefined || request !== undefined) asks = true
      if (limit === undefined || request === undefined || compareQuantities(request, limit) !== 0) guaranteed = false
    }
  }
  return guaranteed ? 'Guaranteed' : asks ? 'Burstable' : 'BestEffort'
}
