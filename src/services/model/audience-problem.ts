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
