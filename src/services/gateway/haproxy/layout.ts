import { isIP } from 'node:net'
import type { PassthroughRoute } from '../catalogue-routes.js'
import type { Place } from '../dial.js'
import { formatSni } from '../sni-name.js'

/** One backend of the running HAProxy: what its servers are, slot by slot. */
export interface HaproxyBackend {
  readonly name: string
  /** The name in the first TLS message. */
  readonly sni: string
  /** Undefined: a spare slot, in maintenance. */
  readonly slots: readonly (Place | undefined)[]
  /** Whether the map leads to it: a route that is gone for now keeps its backend until the next reload. */
  readonly mapped: boolean
}

export type HaproxyLayout = readonly HaproxyBackend[]

const leastSlots = 4

/** A layout for a fresh configuration: every route has room to double. */
export function layOut(routes: readonly PassthroughRoute[]): HaproxyLayout {
  return routes.map((route, index) => {
    const places = distinct(route.places)
    let count = leastSlots
    while (count < places.length * 2) count *= 2
    const slots = Array.from({ length: count }, (_, at) => places[at])
    return { name: `route${index}`, sni: sniOf(route), slots, mapped: true }
  })
}

export type HaproxyChange =
  /** Commands for the runtime socket, after which the layout holds. */
  | { readonly commands: readonly string[]; readonly layout: HaproxyLayout }
  /** A route that has no backend, or more endpoints than slots: a new configuration is needed. */
  | { readonly reload: HaproxyLayout; readonly why: string }

/**
 * How a running HAProxy gets from one layout to the next. Endpoints keep their slots; new ones take free slots, those that are
 * gone leave theirs in maintenance, so that their connections go on.
 */
export function changeLayout(now: HaproxyLayout, routes: readonly PassthroughRoute[], mapFile: string): HaproxyChange {
  const wanted = new Map(routes.map((route) => [sniOf(route), route]))
  const known = new Set(now.map(({ sni }) => sni))
  const added = [...wanted.keys()].find((sni) => !known.has(sni))
  if (added !== undefined) return { reload: layOut(routes), why: `${added} is new` }
  const commands: string[] = []
  const layout: HaproxyBackend[] = []
  for (const backend of now) {
    const route = wanted.get(backend.sni)
    if (route === undefined) {
      if (backend.mapped) commands.push(`del map ${mapFile} ${backend.sni}`)
      layout.push({ ...backend, mapped: false })
      continue
    }
    const slots = assign(backend.slots, distinct(route.places))
    if (slots === undefined) return { reload: layOut(routes), why: `${backend.sni} has more endpoints than slots` }
    for (const [index, place] of slots.entries()) {
      const before = backend.slots[index]
      if (place === undefined && before !== undefined) commands.push(`set server ${backend.name}/slot${index} state maint`)
      if (place === undefined || (before !== undefined && keyOf(before) === keyOf(place))) continue
      commands.push(`set server ${backend.name}/slot${index} addr ${place.address} port ${place.port}`)
      if (before === undefined) commands.push(`set server ${backend.name}/slot${index} state ready`)
    }
    if (!backend.mapped) commands.push(`add map ${mapFile} ${backend.sni} ${backend.name}`)
    layout.push({ ...backend, slots, mapped: true })
  }
  return { commands, layout }
}

/** Undefined: they do not fit. */
function assign(slots: HaproxyBackend['slots'], places: readonly Place[]): (Place | undefined)[] | undefined {
  const left = new Map(places.map((place) => [keyOf(place), place]))
  const next = slots.map((slot) => {
    if (slot === undefined || !left.delete(keyOf(slot))) return undefined
    return slot
  })
  // Slots that have been free before first: the others may still have connections to look after.
  const free = next.flatMap((slot, index) => (slot === undefined ? [index] : []))
  free.sort((a, b) => Number(slots[a] !== undefined) - Number(slots[b] !== undefined) || a - b)
  for (const place of left.values()) {
    const index = free.shift()
    if (index === undefined) return undefined
    next[index] = place
  }
  return next
}

/** What HAProxy's configuration cannot hold is no endpoint: names would be looked up, blanks would be read as something else. */
function distinct(places: readonly Place[]): Place[] {
  const found = new Map<string, Place>()
  // An IPv6 address may have a zone behind it, which is any text to some.
  for (const place of places) if (isIP(place.address) !== 0 && !place.address.includes('%')) found.set(keyOf(place), place)
  return [...found.values()]
}

function keyOf({ address, port }: Place): string {
  return `${address} ${port}`
}

function sniOf({ host, port }: PassthroughRoute): string {
  return formatSni({ mode: 'passthrough', host, port })
}
