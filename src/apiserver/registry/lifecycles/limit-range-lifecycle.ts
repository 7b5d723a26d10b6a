import { uuid } from '../../../base/random.js'
import type { Lifecycle } from './lifecycle.js'

/** A limit range without a name gets one. */
export const limitRangeLifecycle: Lifecycle = {
  beforeCreate({ ports }, object) {
    object.metadata.name ||= uuid(ports.random)
  },
}
