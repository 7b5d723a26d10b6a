import { approval } from './approval.js'
import { binding } from './binding.js'
import { ephemeralContainers } from './ephemeral-containers.js'
import { eviction } from './eviction.js'
import { finalize } from './finalize.js'
import { resize } from './resize.js'
import { scale } from './scale.js'
import type { Subresource } from './subresource.js'
import { token } from './token.js'

/** By name; a resource has those that its type lists. `status` goes the way of the resource itself. */
export const subresources: Readonly<Record<string, Subresource>> = {
  approval,
  binding,
  ephemeralcontainers: ephemeralContainers,
  eviction,
  finalize,
  resize,
  scale,
  token,
}
