import { equalJson } from '../../../../base/json.js'
import type { EndpointSlice, SliceEndpoint } from './endpoint-types.js'

export interface SlicePlan {
  readonly create: SliceEndpoint[][]
  readonly update: { readonly slice: EndpointSlice; readonly endpoints: SliceEndpoint[] }[]
  readonly remove: EndpointSlice[]
}

/** Endpoints of a slice, as upstream's default. */
export const mostInSlice = 100

/**
 * Spreads endpoints that have the same ports over slices so that few of these are written: an endpoint stays in the slice
 * that it is in; slices that have to be written anyway are filled up, the fullest first; what is left goes into one other
 * slice that has room for all of it, or into new ones. As reconcileByPortMapping of upstream's k8s.io/endpointslice.
 */
export function planSlices(present: readonly EndpointSlice[], wanted: readonly SliceEndpoint[], most = mostInSlice): SlicePlan {
  const left = new Map(wanted.map((endpoint) => [keyOf(endpoint), endpoint]))
  const touched: { slice: EndpointSlice; endpoints: SliceEndpoint[] }[] = []
  const untouched: EndpointSlice[] = []
  const remove: EndpointSlice[] = []
  for (const slice of present) {
    const endpoints: SliceEndpoint[] = []
    let differs = false
    for (const endpoint of slice.endpoints ?? []) {
      const next = left.get(keyOf(endpoint))
      if (next === undefined) continue
      left.delete(keyOf(endpoint))
      endpoints.push(next)
      differs ||= !equalJson(next, endpoint)
    }
    if (endpoints.length === 0) remove.push(slice)
    else if (differs || endpoints.length !== slice.endpoints?.length) touched.push({ slice, endpoints })
    else untouched.push(slice)
  }
  const rest = [...left.values()]
  touched.sort((a, b) => b.endpoints.length - a.endpoints.length)
  for (const { endpoints } of touched) endpoints.push(...rest.splice(0, Math.max(most - endpoints.length, 0)))
  const create: SliceEndpoint[][] = []
  while (rest.length > 0) {
    const fitting = rest.length < most ? closestToFull(untouched, rest.length, most) : undefined
    if (fitting === undefined) create.push(rest.splice(0, most))
    else touched.push({ slice: fitting, endpoints: [...(fitting.endpoints ?? []), ...rest.splice(0)] })
  }
  // One that is to go is used for a new one: fewer writes, and a name less.
  const update = [...touched]
  while (create.length > 0 && remove.length > 0) update.push({ slice: remove.shift()!, endpoints: create.shift()! })
  return { create, update, remove }
}

function closestToFull(slices: readonly EndpointSlice[], count: number, most: number): EndpointSlice | undefined {
  let found: EndpointSlice | undefined
  for (const slice of slices) {
    const length = slice.endpoints?.length ?? 0
    if (length + count <= most && (found === undefined || length > (found.endpoints?.length ?? 0))) found = slice
  }
  return found
}

function keyOf({ addresses, hostname = '', targetRef }: SliceEndpoint): string {
  return [addresses.join(), hostname, targetRef?.namespace, targetRef?.name, targetRef?.uid].join('\0')
}
