import type { FleetService, OutlierDetection, Ranking, ServicePort } from '../model/service-model.js'
import { type Message, messageTypes, packed } from './messages.js'
import { clusterName, type ServiceTarget, targetName } from './resource-names.js'

/** Resources come over the stream that names them. `2` is V3. */
const overThisStream: Message = { ads: {}, resource_api_version: 2 }

function httpManager(statPrefix: string, routes: string): Message {
  return packed(messageTypes.httpConnectionManager, {
    stat_prefix: statPrefix,
    rds: { config_source: overThisStream, route_config_name: routes },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: packed(messageTypes.router, {}) }],
  })
}

/** What a gRPC client's `xds:///NAME` starts from: no listener of a server, but what leads to the routes. */
export function buildApiListener(name: string, target: ServiceTarget): Message {
  return { name, api_listener: { api_listener: httpManager(target.host, targetName(target)) } }
}

export interface SocketPlace {
  readonly address: string
  readonly port: number
}

/** A proxy's listener for all HTTP services by their host names. */
export function buildHttpListener(name: string, { address, port }: SocketPlace, routes: string): Message {
  return {
    name,
    address: { socket_address: { address, port_value: port } },
    filter_chains: [
      { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: httpManager(name, routes) }] },
    ],
  }
}

/** A proxy's listener that leads to one service, byte for byte. */
export function buildTcpListener(name: string, { address, port }: SocketPlace, target: ServiceTarget): Message {
  const proxy = packed(messageTypes.tcpProxy, {
    stat_prefix: name,
    cluster: clusterName(target),
    // Another endpoint is tried before a connection is given up.
    max_connect_attempts: { value: 3 },
  })
  return {
    name,
    address: { socket_address: { address, port_value: port } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.tcp_proxy', typed_config: proxy }] }],
  }
}

function virtualHost(target: ServiceTarget, service: FleetService, domains: readonly string[]): Message {
  return {
    name: targetName(target),
    domains,
    routes: [
      {
        match: { prefix: '' },
        route: {
          cluster: clusterName(target),
          // Streams may be long: only the client knows how long it wants to wait.
          timeout: { seconds: 0 },
          // Nothing that an endpoint may have begun to work on is sent twice.
          retry_policy: {
            retry_on: 'connect-failure,refused-stream',
            num_retries: { value: 3 },
            host_selection_retry_max_attempts: 3,
          },
          ...(service.sessionAffinity.type === 'ClientIP'
            ? { hash_policy: [{ connection_properties: { source_ip: true } }] }
            : {}),
        },
      },
    ],
  }
}

/** The routes of one target, whatever the client calls it. */
export function buildRoutes(target: ServiceTarget, service: FleetService): Message {
  return { name: targetName(target), virtual_hosts: [virtualHost(target, service, ['*'])] }
}

/** The routes of a proxy's HTTP listener: each service by its names, with and without the port. */
export function buildAllRoutes(
  name: string,
  services: readonly { target: ServiceTarget; service: FleetService; only: boolean }[],
): Message {
  const taken = new Set<string>()
  const hosts = services.map(({ target, service, only }) => {
    const { namespace, name: short } = service.service
    const names = [target.host, `${short}.${namespace}.svc`, `${short}.${namespace}`]
    const wanted = names.flatMap((each) => [`${each}:${target.port}`, ...(only || target.port === 80 ? [each] : [])])
    // A domain may stand once in a configuration: the first service has it.
    const domains = wanted.filter((domain) => !taken.has(domain) && taken.add(domain))
    return domains.length === 0 ? undefined : virtualHost(target, service, domains)
  })
  return { name, virtual_hosts: hosts.filter((host) => host !== undefined) }
}

/**
 * How a client reaches the endpoints of a target. gRPC knows success rate and failure percentage as outlier detection only
 * and has the first on by default; both are turned off, so that consecutive errors, which Envoy counts, are the one rule.
 */
export function buildCluster(target: ServiceTarget, service: FleetService, outliers: OutlierDetection | undefined): Message {
  const name = clusterName(target)
  const sticky = service.sessionAffinity.type === 'ClientIP'
  return {
    name,
    type: 3,
    eds_cluster_config: { eds_config: overThisStream, service_name: name },
    connect_timeout: { seconds: 1 },
    lb_policy: sticky ? 2 : 0,
    ...(sticky ? { ring_hash_lb_config: {} } : {}),
    outlier_detection: {
      consecutive_5xx: { value: outliers?.consecutiveErrors ?? 5 },
      interval: durationOf(outliers?.intervalMs ?? 1000),
      base_ejection_time: durationOf(outliers?.baseEjectionMs ?? 5000),
      max_ejection_percent: { value: outliers?.maxEjectionPercent ?? 100 },
      enforcing_consecutive_5xx: { value: 100 },
      enforcing_success_rate: { value: 0 },
      enforcing_failure_percentage: { value: 0 },
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: { value: outliers?.consecutiveErrors ?? 2 },
      enforcing_local_origin_success_rate: { value: 0 },
    },
    // Weights of localities count; with a threshold of 0, endpoints that were put aside are not used because many were.
    // Envoy would keep what it has learned of a host's health for up to a second when the hosts have just changed.
    common_lb_config: {
      healthy_panic_threshold: { value: outliers?.minHealthPercent ?? 0 },
      locality_weighted_lb_config: {},
      update_merge_window: { seconds: 0 },
    },
    close_connections_on_host_health_failure: true,
    ignore_health_on_host_removal: true,
  }
}

function durationOf(ms: number): Message {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 }
}

/**
 * The endpoints of a target in the order of a ranking. As clients demand: priorities from 0 without gaps, every group with a
 * locality and a weight, no (locality, priority) and no address twice, numeric addresses.
 */
export function buildEndpoints(target: ServiceTarget, port: ServicePort, ranking: Ranking): Message {
  const seen = new Set<string>()
  /** How many groups stand in a place already. */
  const places = new Map<string, number>()
  const levels = new Map<number, Message[]>()
  for (const group of [...ranking.groups].sort((a, b) => a.priority - b.priority)) {
    const endpoints: Message[] = []
    for (const { endpoint, weight, ports } of group.endpoints) {
      const address = endpoint.addresses[0]
      const number = ports.find((each) => each.port.port === port.port && each.port.protocol === port.protocol)?.targetPort
      if (address === undefined || number === undefined || !isNumeric(address) || seen.has(`${address}:${number}`)) continue
      seen.add(`${address}:${number}`)
      endpoints.push({
        endpoint: { address: { socket_address: { address, port_value: number } } },
        load_balancing_weight: { value: Math.max(1, Math.round(weight)) },
      })
    }
    if (endpoints.length === 0) continue
    const { region, zone, subZone } = group.locality
    const place = [group.priority, region, zone, subZone].join('\n')
    const before = places.get(place) ?? 0
    places.set(place, before + 1)
    // A second cluster in the same place is told apart by a sub-zone of its own.
    const own = before === 0 ? [subZone] : [subZone, group.cluster ?? `group-${before}`]
    const apart = own.filter((part) => part !== '').join('/')
    const level = levels.get(group.priority) ?? []
    levels.set(group.priority, level)
    level.push({
      locality: { region, zone, sub_zone: apart },
      lb_endpoints: endpoints,
      load_balancing_weight: { value: Math.max(1, Math.round(group.weight)) },
    })
  }
  const priorities = [...levels.keys()].sort((a, b) => a - b)
  return {
    cluster_name: clusterName(target),
    endpoints: priorities.flatMap((level, priority) => levels.get(level)!.map((group) => ({ ...group, priority }))),
  }
}

function isNumeric(address: string): boolean {
  return address.includes(':') || /^\d{1,3}(\.\d{1,3}){3}$/.test(address)
}
