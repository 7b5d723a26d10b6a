import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { Inventory } from '../../../inventory/cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { isConflict } from '../../../kube/object/status-error.js'
import { serviceOfSlice } from '../../catalogue/cluster-view.js'
import type { CreatedCatalogue } from '../../catalogue/create-catalogue.js'
import { type EndpointSlice, endpointSliceType, serviceType } from '../../model/kube-kinds.js'
import { serviceKey } from '../../model/service-name.js'
import { gatewayHostOf } from '../catalogue-routes.js'
import type { Place } from '../dial.js'
import { EgressPorts } from '../egress-ports.js'
import { createGatewayMap } from '../gateway-map.js'
import type { EgressKey, GatewayMap } from '../through-gateways.js'
import { egressService, formatPlace, gatewayLabel, gatewayRoutesAnnotation, ingressPlaces } from './gateway-objects.js'
import { formatRouteTable, parseRouteTable, type RouteTable, type TableRoute } from './route-table.js'

export interface MemberGatewaysOptions {
  readonly catalogue: CreatedCatalogue
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Tells the egress gateways of members what to offer. Without it nothing is written: for commands that only look. */
  readonly write?: { readonly inventory: Inventory; readonly log: Log }
}

interface Found {
  readonly ingress: readonly Place[]
  readonly egress: { readonly service: KubeObject; readonly addresses: readonly string[] } | undefined
}

interface Consumer {
  readonly ports: EgressPorts
  readonly held: Map<string, { readonly key: EgressKey; readonly port: number }>
  /** What an earlier hub has told the gateway, until somebody asks for it or it is over. */
  readonly earlier: Map<string, { readonly route: TableRoute; readonly port: number }>
}

const none: Found = { ingress: [], egress: undefined }
const gatherMs = 50
const againMs = 5_000
/** What an earlier hub offered and nobody has asked for by then is over. */
const earlierMs = 60_000
/** API servers store 256 KiB of annotations for an object. */
const mostText = 200_000

/**
 * The gateways of a fleet's own clusters, found by the label of their Services. What a cluster's egress gateway is to offer is
 * written onto its Service: the gateway reads its own cluster and nothing else, and works on while the hub is away.
 */
export function createMemberGateways(options: MemberGatewaysOptions): GatewayMap {
  const { catalogue, clock, signal, write } = options
  const found = new Map<string, Found>()
  const consumers = new Map<string, Consumer>()
  const dirty = new Set<string>()
  const startedMs = clock.now()
  let waiting = false

  function at(cluster: string): Found {
    let known = found.get(cluster)
    if (known === undefined) {
      const view = catalogue.facts.cluster(cluster)
      if (view === undefined) return none
      const services = view.objects(serviceType).filter(({ metadata }) => metadata.labels?.[gatewayLabel] !== undefined)
      const service = egressService(services)
      known = {
        ingress: ingressPlaces(services),
        egress: service === undefined ? undefined : { service, addresses: addressesOf(view.slices(nameOf(service))) },
      }
      found.set(cluster, known)
    }
    return known
  }

  function consumerOf(name: string, service: KubeObject): Consumer {
    let consumer = consumers.get(name)
    if (consumer === undefined) {
      consumer = { ports: new EgressPorts(), held: new Map(), earlier: new Map() }
      consumers.set(name, consumer)
      for (const [port, route] of parseRouteTable(service.metadata.annotations?.[gatewayRoutesAnnotation]).routes) {
        const key = `${route.host}:${route.port} ${route.clusters[0]}`
        if (consumer.ports.restore(key, port)) consumer.earlier.set(key, { route, port })
      }
    }
    return consumer
  }

  function hold(name: string, key: EgressKey): { addresses: readonly string[]; port: number } | undefined {
    const { egress } = at(name)
    if (egress === undefined || egress.addresses.length === 0) return undefined
    const consumer = consumerOf(name, egress.service)
    const route = `${gatewayHostOf(key.service)}:${key.port.port} ${key.cluster}`
    const port = consumer.ports.hold(route)
    if (port === undefined) return undefined
    if (!consumer.held.has(route)) {
      consumer.held.set(route, { key, port })
      consumer.earlier.delete(route)
      mark(name)
    }
    return { addresses: egress.addresses, port }
  }

  function mark(name: string, delayMs = gatherMs): void {
    if (write === undefined) return
    dirty.add(name)
    if (waiting) return
    waiting = true
    clock.after(delayMs, () => {
      waiting = false
      const names = [...dirty]
      dirty.clear()
      if (!signal.aborted) for (const each of names) void tell(each)
    })
  }

  /** Brings the annotation of a cluster's egress gateway to what it is to offer now. */
  async function tell(name: string): Promise<void> {
    const { egress } = at(name)
    const consumer = consumers.get(name)
    const view = catalogue.facts.cluster(name)
    if (write === undefined || egress === undefined || consumer === undefined || view === undefined) return
    if (view.reach !== 'reachable') return
    const text = formatRouteTable(tableOf(name, consumer, egress.addresses))
    const { metadata } = egress.service
    if (metadata.annotations?.[gatewayRoutesAnnotation] === text) return
    const { inventory, log } = write
    if (text.length > mostText) {
      log.error('an egress gateway would have to offer more than a Service can hold', { cluster: name })
      return
    }
    const body = { metadata: { annotations: { [gatewayRoutesAnnotation]: text }, resourceVersion: metadata.resourceVersion } }
    try {
      const target = { type: serviceType, namespace: metadata.namespace ?? '', name: metadata.name }
      const fieldManager = 'flotilla-services'
      await inventory.client(name).patch(target, { kind: 'merge', body }, { fieldManager, signal })
    } catch (error) {
      if (signal.aborted) return
      if (!isConflict(error))
        log.warn('an egress gateway cannot be told what to offer', { cluster: name, error: messageOf(error) })
      clock.after(isConflict(error) ? 10 * gatherMs : againMs, () => mark(name))
    }
  }

  function tableOf(name: string, consumer: Consumer, addresses: readonly string[]): RouteTable {
    const routes = new Map<number, TableRoute>()
    const view = catalogue.facts.cluster(name)!
    for (const [route, { key, port }] of consumer.held) {
      const now = catalogue.get(key.service.service, key.service.reach)
      if (now?.offers.some((offer) => offer.cluster === key.cluster) !== true) {
        consumer.held.delete(route)
        consumer.ports.free(route)
        continue
      }
      const { groups } = catalogue.rank(now, catalogue.consumerIn(view))
      const others = groups.flatMap(({ endpoints }) =>
        endpoints.flatMap(({ cluster, endpoint }) => (addresses.includes(endpoint.addresses[0] ?? '') ? [cluster] : [])),
      )
      const clusters = [...new Set([key.cluster, ...others])]
      routes.set(port, { host: gatewayHostOf(key.service), port: key.port.port, clusters })
    }
    for (const [key, { route, port }] of consumer.earlier) {
      const isOver = clock.now() - startedMs > earlierMs && !catalogue.isUnread(route.clusters[0]!)
      if (!isOver) routes.set(port, route)
      else {
        consumer.earlier.delete(key)
        consumer.ports.free(key)
      }
    }
    const gateways = new Map<string, readonly Place[]>()
    const before = parseRouteTable(at(name).egress?.service.metadata.annotations?.[gatewayRoutesAnnotation]).gateways
    for (const cluster of new Set([...routes.values()].flatMap(({ clusters }) => clusters))) {
      // Where a cluster's gateway is stays known while the cluster has not been read.
      const places = catalogue.facts.cluster(cluster) === undefined ? (before.get(cluster) ?? []) : at(cluster).ingress
      if (places.length > 0) gateways.set(cluster, places)
    }
    return { routes, gateways }
  }

  /** Something of a cluster's gateways has changed: rankings may, and what others are told. */
  function forget(cluster: string): void {
    const textOf = ({ ingress, egress }: Found) => JSON.stringify([ingress, egress?.addresses])
    const before = textOf(found.get(cluster) ?? none)
    found.delete(cluster)
    if (textOf(at(cluster)) !== before) {
      catalogue.rerank()
      for (const name of consumers.keys()) mark(name)
    } else if (consumers.has(cluster)) mark(cluster)
  }

  const offs = [
    catalogue.onMember(({ name }, { kind }, { object, previous }) => {
      if (kind === serviceType.kind) {
        const isGateway = [object, previous].some((each) => each?.metadata.labels?.[gatewayLabel] !== undefined)
        if (isGateway) forget(name)
      } else if (kind === endpointSliceType.kind) {
        const service = found.get(name)?.egress?.service
        if (service !== undefined && serviceOfSlice(object).includes(serviceKey(nameOf(service)))) forget(name)
      }
    }),
    catalogue.onCluster((name, what) => {
      if (what === 'left') {
        consumers.delete(name)
        found.delete(name)
        for (const each of consumers.keys()) mark(each)
      } else if (what === 'reach') {
        if (consumers.has(name)) mark(name)
      } else forget(name)
    }),
    catalogue.onChange((changed) => {
      const keys = changed === 'all' ? undefined : new Set(changed.map(serviceKey))
      for (const [name, { held }] of consumers) {
        const touched = keys === undefined || [...held.values()].some(({ key }) => keys.has(serviceKey(key.service.service)))
        if (touched) mark(name)
      }
    }),
  ]
  const later = clock.after(earlierMs + 1000, () => {
    for (const name of consumers.keys()) mark(name)
  })
  signal.addEventListener(
    'abort',
    () => {
      for (const off of [...offs, later]) off()
    },
    { once: true },
  )
  return {
    ...createGatewayMap(catalogue, { has: (cluster) => at(cluster).ingress.length > 0, egress: hold }),
    placesOf: (cluster) => at(cluster).ingress.map(formatPlace),
  }
}

function nameOf({ metadata }: KubeObject): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? '', name: metadata.name }
}

/** Of those that are ready, else of all: gateways that restart are not gone. */
function addressesOf(slices: readonly KubeObject[]): string[] {
  const endpoints = (slices as readonly EndpointSlice[]).flatMap(({ addressType, endpoints: each }) =>
    addressType === 'IPv4' || addressType === 'IPv6' ? (each ?? []) : [],
  )
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false)
  const addresses = (ready.length > 0 ? ready : endpoints).flatMap(({ addresses: [first] }) => first ?? [])
  const [family] = addresses.map((address) => address.includes(':'))
  return [...new Set(addresses.filter((address) => address.includes(':') === family))].sort()
}
