import { isUsable } from '../../apiserver/auth/fleet-ca.js'
import { delayed } from '../../apiserver/members/network/forwarding/delayed.js'
import type { Links } from '../../apiserver/members/network/forwarding/links.js'
import type { Clock } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { ServiceCatalogue } from '../../services/catalogue/catalogue.js'
import type { CreatedCatalogue } from '../../services/catalogue/create-catalogue.js'
import { createCatalogueRoutes, gatewayHostOf } from '../../services/gateway/catalogue-routes.js'
import type { GatewayTls } from '../../services/gateway/contract.js'
import type { EgressRoute, RemoteGateway } from '../../services/gateway/egress-gateway.js'
import { EgressPorts } from '../../services/gateway/egress-ports.js'
import { createGatewayMap } from '../../services/gateway/gateway-map.js'
import type { EgressKey, GatewayMap } from '../../services/gateway/through-gateways.js'
import type { DataDirectory } from '../fleet/data-directory.js'
import { type ClusterGateway, gatewayPort, startClusterGateway } from './cluster-gateway.js'
import { gatewayCertificateDays, issueGatewayTls, openGatewayAuthority } from './gateway-authority.js'
import { formatGatewayMetrics } from './gateway-metrics.js'

export interface FleetGatewaysOptions {
  readonly directory: DataDirectory
  /** An address of the cluster's own; undefined where the machine has none to give. */
  addressOf(cluster: string): string | undefined
  /** The ways between the clusters' networks. */
  readonly links: Links
  readonly clock: Clock
  readonly log: Log
}

interface Held {
  readonly key: EgressKey
  readonly port: number
}

interface Member {
  readonly name: string
  readonly ports: EgressPorts
  /** What consumers were told of, by route. */
  readonly held: Map<string, Held>
  gateway: ClusterGateway | undefined
  tls: GatewayTls | undefined
  /** Starts and stops come one after the other. */
  step: Promise<void>
}

const hour = 3_600_000
const sweepMs = 2_000
const drainMs = 5_000

/**
 * The gateways of an embedded fleet, in its process: every cluster has both of its gateways as soon as the fleet's clusters
 * are in more than one network. They stop with their cluster, and what crosses a way that is cut ends.
 */
export class FleetGateways {
  readonly #options: FleetGatewaysOptions
  readonly #members = new Map<string, Member>()
  readonly #halted = new Set<string>()
  readonly #offs: (() => void)[] = []
  #authority: ReturnType<typeof openGatewayAuthority> | undefined
  #catalogue: ServiceCatalogue | undefined
  #severalNetworks = { revision: -1, yes: false }
  #sweeping = false
  #stopped = false

  constructor(options: FleetGatewaysOptions) {
    this.#options = options
  }

  /** What rankings go by. It says the same whether a gateway runs at the moment or not. */
  mapFor(catalogue: ServiceCatalogue): GatewayMap {
    this.#catalogue = catalogue
    return createGatewayMap(catalogue, {
      has: (cluster) => this.#needs(cluster),
      egress: (consumer, key) => this.#hold(consumer, key),
    })
  }

  /** Follows the clusters of the fleet from now on. */
  start(catalogue: CreatedCatalogue): void {
    this.#catalogue = catalogue
    this.#offs.push(
      catalogue.onCluster((_name, what) => {
        if (what !== 'reach') this.#sweepSoon()
      }),
      catalogue.onChange(() => this.#sweepSoon()),
    )
    this.#sweep()
    const renew = () => {
      void this.#renewAll().finally(() => {
        if (!this.#stopped) this.#offs.push(this.#options.clock.after(6 * hour, renew))
      })
    }
    this.#offs.push(this.#options.clock.after(6 * hour, renew))
  }

  /** The cluster is lost: connections through its gateways are reset. */
  halt(cluster: string): void {
    this.#halted.add(cluster)
    const member = this.#members.get(cluster)
    if (member !== undefined) this.#stopMember(member, 0)
  }

  resume(cluster: string): void {
    if (this.#halted.delete(cluster)) this.#sweep()
  }

  /** What the gateways that run now have counted since they started, in the text format of Prometheus. */
  metrics(): string {
    return formatGatewayMetrics(
      [...this.#members.values()].flatMap(({ name, gateway }) =>
        gateway === undefined ? [] : [{ cluster: name, ...gateway.stats() }],
      ),
    )
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const off of this.#offs.splice(0)) off()
    await Promise.all([...this.#members.values()].map((member) => this.#stopMember(member, 0)))
  }

  /** Whether the cluster is one of several networks, and can have a gateway. */
  #needs(cluster: string): boolean {
    const catalogue = this.#catalogue
    if (catalogue?.facts.cluster(cluster) === undefined) return false
    if (this.#severalNetworks.revision !== catalogue.revision) {
      const { clusters } = catalogue.facts
      this.#severalNetworks = {
        revision: catalogue.revision,
        yes: clusters.some(({ network }) => network !== clusters[0]?.network),
      }
    }
    return this.#severalNetworks.yes && this.#options.addressOf(cluster) !== undefined
  }

  #member(name: string): Member {
    let member = this.#members.get(name)
    if (member === undefined) {
      member = { name, ports: new EgressPorts(), held: new Map(), gateway: undefined, tls: undefined, step: Promise.resolve() }
      this.#members.set(name, member)
    }
    return member
  }

  #hold(consumer: string, key: EgressKey): { addresses: readonly string[]; port: number } | undefined {
    const address = this.#options.addressOf(consumer)
    if (address === undefined || !this.#needs(consumer)) return undefined
    const member = this.#member(consumer)
    const name = `${gatewayHostOf(key.service)}:${key.port.port} ${key.cluster}`
    const port = member.ports.hold(name)
    if (port === undefined) return undefined
    if (!member.held.has(name)) {
      const held = { key, port }
      member.held.set(name, held)
      if (member.gateway !== undefined) this.#offer(member, held)
    }
    return { addresses: [address], port }
  }

  #offer(member: Member, held: Held): void {
    member.gateway?.offer(held.port, this.#route(member.name, held.key)).catch((error: unknown) => {
      this.#options.log.warn('a gateway cannot offer a service', { cluster: member.name, error: messageOf(error) })
    })
  }

  #route(consumer: string, key: EgressKey): EgressRoute {
    return {
      host: gatewayHostOf(key.service),
      port: key.port.port,
      gateways: () => this.#gatewaysFor(consumer, key),
    }
  }

  /** The cluster that is meant, then the others that the consumer would use, in its order. */
  #gatewaysFor(consumer: string, { service, cluster }: EgressKey): RemoteGateway[] {
    const { addressOf, links } = this.#options
    const catalogue = this.#catalogue
    const view = catalogue?.facts.cluster(consumer)
    const now = catalogue?.get(service.service, service.reach)
    const own = addressOf(consumer)
    if (catalogue === undefined || view === undefined || now === undefined || own === undefined) return []
    const { groups } = catalogue.rank(now, catalogue.consumerIn(view))
    const others = groups.flatMap(({ endpoints }) =>
      endpoints.flatMap((each) => (each.endpoint.addresses[0] === own ? [each.cluster] : [])),
    )
    return [...new Set([cluster, ...others])].flatMap((name) => {
      const address = addressOf(name)
      const reachable = address !== undefined && this.#needs(name) && !links.fault([own, address]).cut
      return reachable ? [{ cluster: name, address, port: gatewayPort }] : []
    })
  }

  #sweepSoon(): void {
    if (this.#sweeping || this.#stopped) return
    this.#sweeping = true
    // The first gateway is wanted at once; what is over may stay a while.
    this.#options.clock.after(this.#members.size === 0 ? 0 : sweepMs / 20, () => {
      this.#sweeping = false
      if (!this.#stopped) this.#sweep()
    })
  }

  #sweep(): void {
    const catalogue = this.#catalogue
    if (catalogue === undefined) return
    for (const { name } of catalogue.facts.clusters) {
      if (this.#needs(name) && !this.#halted.has(name)) this.#startMember(this.#member(name))
    }
    for (const member of this.#members.values()) {
      if (!this.#needs(member.name)) this.#stopMember(member, drainMs)
      for (const [name, { key, port }] of member.held) {
        const offers = catalogue.get(key.service.service, key.service.reach)?.offers ?? []
        if (offers.some((offer) => offer.cluster === key.cluster)) continue
        member.held.delete(name)
        member.ports.free(name)
        member.gateway?.withdraw(port)
      }
    }
  }

  #startMember(member: Member): void {
    const { addressOf, clock, links, log } = this.#options
    member.step = member.step.then(async () => {
      const address = addressOf(member.name)
      const catalogue = this.#catalogue
      if (member.gateway !== undefined || this.#stopped || this.#halted.has(member.name)) return
      if (address === undefined || catalogue === undefined) return
      try {
        member.tls = await this.#issue(member.name)
        member.gateway = await startClusterGateway({
          address,
          tls: member.tls,
          routes: createCatalogueRoutes({ catalogue, cluster: member.name }),
          clock,
          cross(gateway, end) {
            const way = [address, gateway.address]
            const { latencyMs } = links.fault(way)
            return { left: links.cross(way, end), ...(latencyMs > 0 ? { slow: () => delayed(latencyMs) } : {}) }
          },
        })
        for (const held of member.held.values()) this.#offer(member, held)
      } catch (error) {
        log.warn('the gateway of a cluster cannot be started', { cluster: member.name, error: messageOf(error) })
      }
    })
  }

  #stopMember(member: Member, graceMs: number): Promise<void> {
    member.step = member.step.then(async () => {
      const { gateway } = member
      member.gateway = undefined
      await gateway?.stop(graceMs)
    })
    return member.step
  }

  async #issue(cluster: string): Promise<GatewayTls> {
    this.#authority ??= openGatewayAuthority(this.#options.directory, this.#options.clock)
    return issueGatewayTls(await this.#authority, cluster)
  }

  async #renewAll(): Promise<void> {
    for (const member of this.#members.values()) {
      const { gateway, tls } = member
      if (gateway === undefined || tls === undefined) continue
      const pair = { certPem: tls.cert, keyPem: tls.key }
      if (isUsable(pair, tls.ca, this.#options.clock, gatewayCertificateDays / 3)) continue
      member.tls = await this.#issue(member.name)
      gateway.renew(member.tls)
    }
  }
}
