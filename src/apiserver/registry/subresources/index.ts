import type { Subresource } from './subresource.js'

/** By name; a resource has those that its type lists. `status` goes the way of the resource itself. */
export const subresources: Readonly<Record<string, Subresource>> = {}
