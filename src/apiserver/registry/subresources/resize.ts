import { isObject } from '../../../base/json.js'
import { partSubresource } from './parent.js'

interface Container {
  name?: string
  resources?: unknown
}

/** pods/resize: the resources of containers that are there, and nothing else. */
export const resize = partSubresource((object, sent) => {
  if (!isObject(sent['spec']) || !isObject(object['spec'])) return
  const wanted = (sent['spec']['containers'] ?? []) as Container[]
  for (const container of (object['spec']['containers'] ?? []) as Container[]) {
    const match = wanted.find((other) => other.name === container.name)
    if (match?.resources !== undefined) container.resources = match.resources
  }
})
