import { isObject } from '../../../base/json.js'
import { partSubresource } from './parent.js'

/** pods/ephemeralcontainers: the list of ephemeral containers, and nothing else. */
export const ephemeralContainers = partSubresource((object, sent) => {
  if (!isObject(sent['spec']) || !isObject(object['spec'])) return
  object['spec']['ephemeralContainers'] = sent['spec']['ephemeralContainers']
})
