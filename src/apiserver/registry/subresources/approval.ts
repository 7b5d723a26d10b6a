import { isObject } from '../../../base/json.js'
import { partSubresource } from './parent.js'

/** certificatesigningrequests/approval: the conditions, and nothing else. */
export const approval = partSubresource(
  (object, sent) => {
    const conditions = isObject(sent['status']) ? sent['status']['conditions'] : undefined
    const status = isObject(object['status']) ? object['status'] : {}
    object['status'] = conditions === undefined ? status : { ...status, conditions }
  },
  { metadata: true },
)
