import type { Locality } from '../model/service-model.js'

export interface BootstrapOptions {
  /** `127.0.0.1:18000` */
  readonly server: string
  readonly cluster: string
  readonly locality: Locality
  readonly client: 'grpc' | 'envoy'
  /** Envoy: changes only. gRPC clients know the state of the world alone. */
  readonly delta: boolean
  /** Envoy: where it listens for HTTP, and for one service each. */
  readonly http: string
  readonly tcp: Readonly<Record<string, string>>
  /** Paths of PEM files: mutual TLS. gRPC clients in Node have none in their bootstrap. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string }
}

/** The file with which a client finds the discovery service and says where it is. */
export function makeBootstrap(options: BootstrapOptions): object {
  return options.client === 'grpc' ? grpcBootstrap(options) : envoyBootstrap(options)
}

function localityOf({ region, zone }: Locality) {
  return { region, zone }
}

function grpcBootstrap({ server, cluster, locality }: BootstrapOptions): object {
  return {
    xds_servers: [{ server_uri: server, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
    // Clients refuse a node without a locality, be it empty.
    node: { id: `${cluster}-grpc`, cluster, locality: localityOf(locality) },
  }
}

function envoyBootstrap({ server, cluster, locality, delta, http, tcp, tls }: BootstrapOptions): object {
  const cut = server.lastIndexOf(':')
  const place = { socket_address: { address: server.slice(0, cut), port_value: Number(server.slice(cut + 1)) } }
  const ads = { ads: {}, resource_api_version: 'V3' }
  const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
  return {
    node: { id: `${cluster}-envoy`, cluster, locality: localityOf(locality), metadata: { flotilla: { http, tcp } } },
    dynamic_resources: {
      ads_config: {
        api_type: delta ? 'DELTA_GRPC' : 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'flotilla' } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: {
      clusters: [
        {
          name: 'flotilla',
          type: 'STATIC',
          load_assignment: { cluster_name: 'flotilla', endpoints: [{ lb_endpoints: [{ endpoint: { address: place } }] }] },
          typed_extension_protocol_options: {
            [options]: {
              '@type': `type.googleapis.com/${options}`,
              explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } } },
            },
          },
          ...(tls === undefined
            ? {}
            : {
                transport_socket: {
                  name: 'envoy.transport_sockets.tls',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
                    common_tls_context: {
                      tls_certificates: [{ certificate_chain: { filename: tls.cert }, private_key: { filename: tls.key } }],
                      validation_context: { trusted_ca: { filename: tls.ca } },
                    },
                  },
                },
              }),
        },
      ],
    },
  }
}
