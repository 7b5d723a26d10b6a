import { compareText } from '../../base/compare-text.js'
import { equalJson } from '../../base/json.js'
import type { EndpointSlice, SliceEndpoint } from '../model/kube-kinds.js'
import type { Bucket } from './wanted-slices.js'

/** As kube-controller-manager's default. */
export const mostInSlice = 100

export interface SlicePlan {
  /** A slice as it is to be: `now` is the one to change, undefined for a new one. */
  readonly keep: {
    readonly now: EndpointSlice | undefined
    readonly bucket: Bucket
    readonly endpoints: readonly SliceEndpoint[]
  }[]
  readonly remove: readonly EndpointSlice[]
}

/**
 * Spreads the buckets of one source cluster over its slices so that few are written: a slice goes to the bucket with which it
 * shares most endpoints, endpoints stay in their slice, and new ones fill slices that have to be written anyway, then those
 * with room, then new ones.
 */
export function planSlices(present: readonly EndpointSlice[], buckets: readonly Bucket[], most = mostInSlice): SlicePlan {
  const slices = [...present].sort((a, b) => compareText(a.metadata.name, b.metadata.name))
  const sorted = [...buckets].sort(
    (a, b) => a.priority - b.priority || compareText(JSON.stringify(a.ports), JSON.stringify(b.ports)),
  )
  const assigned = assign(slices, sorted)
  const keep: SlicePlan['keep'] = []
  const spare = slices.filter((slice) => ![...assigned.values()].flat().includes(slice))
  for (const bucket of sorted) {
    const left = new Map(bucket.endpoints.map((endpoint) => [addressOf(endpoint), endpoint]))
    const filled = (assigned.get(bucket) ?? []).map((now) => {
      const endpoints: SliceEndpoint[] = []
      let touched = false
      for (const known of now.endpoints ?? []) {
        const next = left.get(addressOf(known))
        if (next === undefined || endpoints.length === most) touched = true
        else {
          left.delete(addressOf(known))
          touched ||= !equalJson(next, known)
          endpoints.push(next)
        }
      }
      return { now, endpoints, touched }
    })
    const rest = [...left.values()]
    // Those that are written anyway first.
    for (const slice of [...filled].sort((a, b) => Number(b.touched) - Number(a.touched)))
      slice.endpoints.push(...rest.splice(0, most - slice.endpoints.length))
    for (const { now, endpoints } of filled) {
      if (endpoints.length === 0) spare.push(now)
      else keep.push({ now, bucket, endpoints })
    }
    while (rest.length > 0) {
      const endpoints = rest.splice(0, most)
      const reused = spare.findIndex((slice) => slice.addressType === bucket.addressType)
      keep.push({ now: reused < 0 ? undefined : spare.splice(reused, 1)[0], bucket, endpoints })
    }
  }
  return { keep, remove: spare }
}

/** Slices by the bucket that they have most endpoints of; the type of addresses of a slice never changes. */
function assign(slices: readonly EndpointSlice[], buckets: readonly Bucket[]): Map<Bucket, EndpointSlice[]> {
  const homes = new Map<string, Bucket>()
  for (const bucket of buckets) for (const endpoint of bucket.endpoints) homes.set(addressOf(endpoint), bucket)
  const assigned = new Map<Bucket, EndpointSlice[]>()
  for (const slice of slices) {
    const counts = new Map<Bucket, number>()
    for (const endpoint of slice.endpoints ?? []) {
      const home = homes.get(addressOf(endpoint))
      if (home !== undefined && home.addressType === slice.addressType) counts.set(home, (counts.get(home) ?? 0) + 1)
    }
    const best = buckets.reduce<Bucket | undefined>(
      (found, bucket) => ((counts.get(bucket) ?? 0) > (found === undefined ? 0 : (counts.get(found) ?? 0)) ? bucket : found),
      undefined,
    )
    if (best !== undefined) assigned.set(best, [...(assigned.get(best) ?? []), slice])
  }
  return assigned
}

function addressOf(endpoint: SliceEndpoint): string {
  return `${endpoint.addresses[0]} ${endpoint.hostname ?? ''}`
}
