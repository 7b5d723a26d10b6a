import { messageOf } from '../../base/errors.js'
import { parseLabelSelector } from '../../kube/object/selector.js'
import type { Audience } from './service-model.js'

/** What is wrong with the audience's selector. */
export function audienceProblem(audience: Audience | undefined): string | undefined {
  if (audience?.selector === undefined) return undefined
  try {
    parseLabelSelector(audience.selector)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** Names that the audience lists and that no cluster has: mostly a mistake in writing, though one may be to come. */
export function strangersIn(audience: Audience | undefined, isCluster: (name: string) => boolean): string | undefined {
  const strangers = (audience?.clusters ?? []).filter((name) => !isCluster(name))
  if (strangers.length === 0) return undefined
  const [are, names] =
    strangers.length === 1 ? ['is no cluster', strangers[0]] : ['are no clusters', strangers.slice(0, 10).join(', ')]
  return `${names} ${are} of the fleet`
}
