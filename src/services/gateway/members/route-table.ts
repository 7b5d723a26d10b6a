import { compareText } from '../../../base/compare-text.js'
import { isObject } from '../../../base/json.js'
import type { Place } from '../dial.js'
import { firstEgressPort, lastEgressPort, mostEgressRoutes } from '../egress-ports.js'
import { formatPlace, parsePlace } from './gateway-objects.js'

/** What an egress gateway offers at one of its ports. */
export interface TableRoute {
  readonly host: string
  readonly port: number
  /** The cluster that is meant, then those that are tried when it does not answer. */
  readonly clusters: readonly string[]
}

/** What the hub tells the egress gateway of a cluster, kept in an annotation that the gateway reads from its own cluster. */
export interface RouteTable {
  /** By the port of the egress gateway. */
  readonly routes: ReadonlyMap<number, TableRoute>
  /** Gateways of other clusters, by cluster. */
  readonly gateways: ReadonlyMap<string, readonly Place[]>
}

const hostPattern = /^[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}\.svc\.(clusterset|cluster)\.local$/
const clusterPattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

/** The same table gives the same text. */
export function formatRouteTable({ routes, gateways }: RouteTable): string {
  const sorted = [...routes].sort(([a], [b]) => a - b)
  const ofRoute = ({ host, port, clusters }: TableRoute) => [`${host}:${port}`, ...clusters].join(' ')
  return JSON.stringify({
    routes: Object.fromEntries(sorted.map(([port, route]) => [port, ofRoute(route)])),
    gateways: Object.fromEntries(
      [...gateways].sort(([a], [b]) => compareText(a, b)).map(([cluster, places]) => [cluster, places.map(formatPlace)]),
    ),
  })
}

/** What cannot be understood of a table is left out of it. */
export function parseRouteTable(text: string | undefined): RouteTable {
  const routes = new Map<number, TableRoute>()
  const gateways = new Map<string, Place[]>()
  const found = parsed(text)
  for (const [key, value] of Object.entries(isObject(found['routes']) ? found['routes'] : {})) {
    const at = /^\d{5}$/.test(key) ? Number(key) : 0
    if (at < firstEgressPort || at > lastEgressPort || typeof value !== 'string' || routes.size >= mostEgressRoutes) continue
    const [target = '', ...clusters] = value.split(' ')
    const colon = target.lastIndexOf(':')
    const [host, port] = [target.slice(0, colon), Number(target.slice(colon + 1))]
    if (!hostPattern.test(host) || !Number.isInteger(port) || port < 1 || port > 65_535) continue
    if (clusters.length === 0 || !clusters.every((cluster) => clusterPattern.test(cluster))) continue
    routes.set(at, { host, port, clusters })
  }
  for (const [cluster, places] of Object.entries(isObject(found['gateways']) ? found['gateways'] : {})) {
    if (!clusterPattern.test(cluster) || !Array.isArray(places)) continue
    const known = places.flatMap((place) => (typeof place === 'string' ? (parsePlace(place) ?? []) : []))
    if (known.length > 0) gateways.set(cluster, known)
  }
  return { routes, gateways }
}

function parsed(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
