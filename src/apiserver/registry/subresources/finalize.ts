import { isObject } from '../../../base/json.js'
import { partSubresource } from './parent.js'

/** namespaces/finalize: spec.finalizers. A namespace that is being deleted goes when the list is empty. */
export const finalize = partSubresource(
  (object, sent) => {
    const finalizers = isObject(sent['spec']) ? sent['spec']['finalizers'] : undefined
    object['spec'] = { ...(isObject(object['spec']) ? object['spec'] : {}), finalizers: finalizers ?? [] }
  },
  { metadata: true },
)
