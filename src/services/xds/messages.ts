import protobuf from 'protobufjs/light.js'

/**
 * The messages of xDS v3 that we speak, with the numbers of their fields. Source: the public envoy.* v3 API (data-plane-api)
 * and google.protobuf / google.rpc; only fields that we write or read are here, unknown ones are skipped in reading.
 */
type Field = readonly [number: number, type: string]
type Fields = Readonly<Record<string, Field>>

const any = 'google.protobuf.Any'
const duration = 'google.protobuf.Duration'
const uint32 = 'google.protobuf.UInt32Value'
const core = 'envoy.config.core.v3'
const cluster = 'envoy.config.cluster.v3'
const endpoint = 'envoy.config.endpoint.v3'
const listener = 'envoy.config.listener.v3'
const route = 'envoy.config.route.v3'
const discovery = 'envoy.service.discovery.v3'
const http = 'envoy.extensions.filters.network.http_connection_manager.v3'

const tables: Readonly<Record<string, Fields>> = {
  'google.protobuf.Any': { type_url: [1, 'string'], value: [2, 'bytes'] },
  'google.protobuf.Duration': { seconds: [1, 'int64'], nanos: [2, 'int32'] },
  'google.protobuf.UInt32Value': { value: [1, 'uint32'] },
  'google.protobuf.BoolValue': { value: [1, 'bool'] },
  'google.protobuf.Struct': { fields: [1, 'map google.protobuf.Value'] },
  'google.protobuf.Value': {
    null_value: [1, 'int32'],
    number_value: [2, 'double'],
    string_value: [3, 'string'],
    bool_value: [4, 'bool'],
    struct_value: [5, 'google.protobuf.Struct'],
    list_value: [6, 'google.protobuf.ListValue'],
  },
  'google.protobuf.ListValue': { values: [1, 'repeated google.protobuf.Value'] },
  'google.rpc.Status': { code: [1, 'int32'], message: [2, 'string'] },
  'envoy.type.v3.Percent': { value: [1, 'double'] },

  [`${core}.Locality`]: { region: [1, 'string'], zone: [2, 'string'], sub_zone: [3, 'string'] },
  [`${core}.Node`]: {
    id: [1, 'string'],
    cluster: [2, 'string'],
    metadata: [3, 'google.protobuf.Struct'],
    locality: [4, `${core}.Locality`],
    user_agent_name: [6, 'string'],
    user_agent_version: [7, 'string'],
    client_features: [10, 'repeated string'],
  },
  [`${core}.ControlPlane`]: { identifier: [1, 'string'] },
  [`${core}.SocketAddress`]: { protocol: [1, 'int32'], address: [2, 'string'], port_value: [3, 'uint32'] },
  [`${core}.Address`]: { socket_address: [1, `${core}.SocketAddress`] },
  [`${core}.AggregatedConfigSource`]: {},
  [`${core}.ConfigSource`]: { ads: [3, `${core}.AggregatedConfigSource`], resource_api_version: [6, 'int32'] },

  [`${endpoint}.Endpoint`]: { address: [1, `${core}.Address`], hostname: [3, 'string'] },
  [`${endpoint}.LbEndpoint`]: {
    endpoint: [1, `${endpoint}.Endpoint`],
    health_status: [2, 'int32'],
    load_balancing_weight: [4, uint32],
  },
  [`${endpoint}.LocalityLbEndpoints`]: {
    locality: [1, `${core}.Locality`],
    lb_endpoints: [2, `repeated ${endpoint}.LbEndpoint`],
    load_balancing_weight: [3, uint32],
    priority: [5, 'uint32'],
  },
  [`${endpoint}.ClusterLoadAssignment`]: {
    cluster_name: [1, 'string'],
    endpoints: [2, `repeated ${endpoint}.LocalityLbEndpoints`],
  },

  [`${cluster}.EdsClusterConfig`]: { eds_config: [1, `${core}.ConfigSource`], service_name: [2, 'string'] },
  [`${cluster}.LocalityWeighted`]: {},
  [`${cluster}.CommonLbConfig`]: {
    healthy_panic_threshold: [1, 'envoy.type.v3.Percent'],
    locality_weighted_lb_config: [3, `${cluster}.LocalityWeighted`],
    update_merge_window: [4, duration],
  },
  [`${cluster}.RingHashLbConfig`]: {},
  [`${cluster}.OutlierDetection`]: {
    consecutive_5xx: [1, uint32],
    interval: [2, duration],
    base_ejection_time: [3, duration],
    max_ejection_percent: [4, uint32],
    enforcing_consecutive_5xx: [5, uint32],
    enforcing_success_rate: [6, uint32],
    split_external_local_origin_errors: [12, 'bool'],
    consecutive_local_origin_failure: [13, uint32],
    enforcing_local_origin_success_rate: [15, uint32],
    enforcing_failure_percentage: [17, uint32],
  },
  [`${cluster}.Cluster`]: {
    name: [1, 'string'],
    type: [2, 'int32'],
    eds_cluster_config: [3, `${cluster}.EdsClusterConfig`],
    connect_timeout: [4, duration],
    lb_policy: [6, 'int32'],
    outlier_detection: [19, `${cluster}.OutlierDetection`],
    ring_hash_lb_config: [23, `${cluster}.RingHashLbConfig`],
    common_lb_config: [27, `${cluster}.CommonLbConfig`],
    close_connections_on_host_health_failure: [31, 'bool'],
    ignore_health_on_host_removal: [32, 'bool'],
  },

  [`${route}.RouteMatch`]: { prefix: [1, 'string'] },
  [`${route}.RetryPolicy`]: {
    retry_on: [1, 'string'],
    num_retries: [2, uint32],
    host_selection_retry_max_attempts: [6, 'int64'],
  },
  [`${route}.HashPolicy.ConnectionProperties`]: { source_ip: [1, 'bool'] },
  [`${route}.HashPolicy`]: { connection_properties: [3, `${route}.HashPolicy.ConnectionProperties`] },
  [`${route}.RouteAction`]: {
    cluster: [1, 'string'],
    timeout: [8, duration],
    retry_policy: [9, `${route}.RetryPolicy`],
    hash_policy: [15, `repeated ${route}.HashPolicy`],
  },
  [`${route}.Route`]: { match: [1, `${route}.RouteMatch`], route: [2, `${route}.RouteAction`] },
  [`${route}.VirtualHost`]: { name: [1, 'string'], domains: [2, 'repeated string'], routes: [3, `repeated ${route}.Route`] },
  [`${route}.RouteConfiguration`]: { name: [1, 'string'], virtual_hosts: [2, `repeated ${route}.VirtualHost`] },

  [`${http}.Rds`]: { config_source: [1, `${core}.ConfigSource`], route_config_name: [2, 'string'] },
  [`${http}.HttpFilter`]: { name: [1, 'string'], typed_config: [4, any] },
  [`${http}.HttpConnectionManager`]: {
    stat_prefix: [2, 'string'],
    rds: [3, `${http}.Rds`],
    http_filters: [5, `repeated ${http}.HttpFilter`],
  },
  'envoy.extensions.filters.http.router.v3.Router': {},
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy': {
    stat_prefix: [1, 'string'],
    cluster: [2, 'string'],
    max_connect_attempts: [7, uint32],
  },
  [`${listener}.ApiListener`]: { api_listener: [1, any] },
  [`${listener}.Filter`]: { name: [1, 'string'], typed_config: [4, any] },
  [`${listener}.FilterChain`]: { filters: [3, `repeated ${listener}.Filter`] },
  [`${listener}.Listener`]: {
    name: [1, 'string'],
    address: [2, `${core}.Address`],
    filter_chains: [3, `repeated ${listener}.FilterChain`],
    api_listener: [19, `${listener}.ApiListener`],
  },

  [`${discovery}.DiscoveryRequest`]: {
    version_info: [1, 'string'],
    node: [2, `${core}.Node`],
    resource_names: [3, 'repeated string'],
    type_url: [4, 'string'],
    response_nonce: [5, 'string'],
    error_detail: [6, 'google.rpc.Status'],
  },
  [`${discovery}.DiscoveryResponse`]: {
    version_info: [1, 'string'],
    resources: [2, `repeated ${any}`],
    type_url: [4, 'string'],
    nonce: [5, 'string'],
    control_plane: [6, `${core}.ControlPlane`],
  },
  [`${discovery}.DeltaDiscoveryRequest`]: {
    node: [1, `${core}.Node`],
    type_url: [2, 'string'],
    resource_names_subscribe: [3, 'repeated string'],
    resource_names_unsubscribe: [4, 'repeated string'],
    initial_resource_versions: [5, 'map string'],
    response_nonce: [6, 'string'],
    error_detail: [7, 'google.rpc.Status'],
  },
  [`${discovery}.Resource`]: { version: [1, 'string'], resource: [2, any], name: [3, 'string'] },
  [`${discovery}.DeltaDiscoveryResponse`]: {
    system_version_info: [1, 'string'],
    resources: [2, `repeated ${discovery}.Resource`],
    type_url: [4, 'string'],
    nonce: [5, 'string'],
    removed_resources: [6, 'repeated string'],
    control_plane: [7, `${core}.ControlPlane`],
  },
}

const root = build()
const types = new Map<string, protobuf.Type>()

/** Looked up once: a name is found by walking the tree of packages. */
function typeOf(name: string): protobuf.Type {
  let found = types.get(name)
  if (found === undefined) types.set(name, (found = root.lookupType(name)))
  return found
}

function build(): protobuf.Root {
  const made = new protobuf.Root()
  for (const [fullName, fields] of Object.entries(tables)) {
    const path = fullName.split('.')
    const type = new protobuf.Type(path.pop()!)
    for (const [name, [number, kind]] of Object.entries(fields)) {
      const [word, of] = kind.split(' ')
      if (word === 'map') type.add(new protobuf.MapField(name, number, 'string', qualified(of!)))
      else if (word === 'repeated') type.add(new protobuf.Field(name, number, qualified(of!), 'repeated'))
      else type.add(new protobuf.Field(name, number, qualified(kind)))
    }
    made.define(path).add(type)
  }
  made.resolveAll()
  return made
}

function qualified(type: string): string {
  return type.includes('.') ? `.${type}` : type
}

/** A message as a plain object: fields by the names above, 64-bit numbers as numbers. */
export type Message = Readonly<Record<string, unknown>>

export function encodeMessage(type: string, message: Message): Buffer {
  const found = typeOf(type)
  return Buffer.from(found.encode(found.fromObject(message)).finish())
}

/** Throws for bytes that are no such message. Absent fields have their defaults. */
export function decodeMessage(type: string, bytes: Uint8Array): Message {
  const found = typeOf(type)
  return found.toObject(found.decode(bytes), { longs: Number, defaults: true })
}

/** A message packed into google.protobuf.Any. */
export function packed(type: string, message: Message): Message {
  return { type_url: `${typePrefix}${type}`, value: encodeMessage(type, message) }
}

export const typePrefix = 'type.googleapis.com/'

export const messageTypes = {
  listener: `${listener}.Listener`,
  route: `${route}.RouteConfiguration`,
  cluster: `${cluster}.Cluster`,
  endpoints: `${endpoint}.ClusterLoadAssignment`,
  httpConnectionManager: `${http}.HttpConnectionManager`,
  router: 'envoy.extensions.filters.http.router.v3.Router',
  tcpProxy: 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
  request: `${discovery}.DiscoveryRequest`,
  response: `${discovery}.DiscoveryResponse`,
  deltaRequest: `${discovery}.DeltaDiscoveryRequest`,
  deltaResponse: `${discovery}.DeltaDiscoveryResponse`,
} as const
