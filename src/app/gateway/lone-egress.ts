import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import type { GatewayStats, GatewayTls } from '../../services/gateway/contract.js'
import { createEgressGateway } from '../../services/gateway/egress-gateway.js'
import { egressService, gatewayLabel, gatewayRoutesAnnotation } from '../../services/gateway/members/gateway-objects.js'
import { parseRouteTable, type RouteTable } from '../../services/gateway/members/route-table.js'
import { serviceType } from '../../services/model/kube-kinds.js'
import { systemClock, systemRandom } from '../system/system-ports.js'

export interface LoneEgressOptions {
  readonly client: KubeClient
  /** Where services of other clusters are offered; each has a port of its own. */
  readonly address: string
  readonly tls: GatewayTls
  readonly log: Log
}

export interface LoneEgress {
  stats(): GatewayStats & { readonly routes: number }
  renew(tls: GatewayTls): void
  drain(graceMs: number): Promise<number>
}

const againMs = 2_000

/**
 * The way out of a real cluster: offers what the hub has written onto the Service of the cluster's egress gateway, and goes on
 * with it while the hub, or the cluster's API, is away.
 */
export async function startLoneEgress(options: LoneEgressOptions): Promise<LoneEgress> {
  const { client, address, log } = options
  const reading = new AbortController()
  const gateway = createEgressGateway({ tls: options.tls, clock: systemClock })
  const open = new Map<number, string>()
  let table: RouteTable = parseRouteTable(undefined)
  const labelSelector = `${gatewayLabel} in (egress,both)`
  const services = await createCaches({ client, clock: systemClock, random: systemRandom, log, signal: reading.signal }).cache(
    serviceType,
    { labelSelector },
  )

  function follow(): void {
    if (reading.signal.aborted) return
    const service = egressService(services.list())
    table = parseRouteTable(service?.metadata.annotations?.[gatewayRoutesAnnotation])
    for (const [port, text] of open) {
      const route = table.routes.get(port)
      if (route !== undefined && `${route.host}:${route.port}` === text) continue
      gateway.close({ address, port })
      open.delete(port)
    }
    for (const [port, { host, port: target }] of table.routes) {
      if (open.has(port)) continue
      open.set(port, `${host}:${target}`)
      gateway.open({ address, port }, { host, port: target, gateways: () => gatewaysAt(port) }).catch((error: unknown) => {
        open.delete(port)
        log.warn('a service of other clusters cannot be offered', { host, port, error: messageOf(error) })
        systemClock.after(againMs, follow)
      })
    }
  }

  function gatewaysAt(port: number) {
    const clusters = table.routes.get(port)?.clusters ?? []
    return clusters.flatMap((cluster) => (table.gateways.get(cluster) ?? []).map((place) => ({ cluster, ...place })))
  }

  services.onChange(follow)
  follow()
  if (egressService(services.list()) === undefined)
    log.warn(`no Service of the cluster has the label ${gatewayLabel}=egress or both: the hub does not know this gateway yet`)
  return {
    stats: () => ({ ...gateway.stats(), routes: open.size }),
    renew: (tls) => gateway.renew(tls),
    drain(graceMs) {
      reading.abort()
      return gateway.drain(graceMs)
    },
  }
}
