import type { GatewayStats } from '../../services/gateway/contract.js'

/** Counters of the gateways of one cluster: the way in, and the way out. */
export interface ClusterGatewayStats {
  readonly cluster: string
  readonly ingress: GatewayStats
  readonly egress: GatewayStats
}

type Told = readonly [labels: string, value: number]

/** The counters in the text format of Prometheus; nothing without gateways. */
export function formatGatewayMetrics(all: readonly ClusterGatewayStats[]): string {
  if (all.length === 0) return ''
  const each = all.flatMap(({ cluster, ingress, egress }) =>
    (
      [
        ['ingress', ingress],
        ['egress', egress],
      ] as const
    ).map(([way, stats]) => ({ labels: `cluster="${cluster}",way="${way}"`, stats })),
  )
  const family = (name: string, type: string, help: string, told: readonly Told[]) =>
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${told.map(([labels, value]) => `${name}{${labels}} ${value}\n`).join('')}`
  return [
    family(
      'flotilla_gateway_open_connections',
      'gauge',
      'Connections through the gateways of a cluster.',
      each.map(({ labels, stats }) => [labels, stats.open]),
    ),
    family(
      'flotilla_gateway_connections_total',
      'counter',
      'Connections that gateways have taken.',
      each.map(({ labels, stats }) => [labels, stats.accepted]),
    ),
    family(
      'flotilla_gateway_refused_total',
      'counter',
      'Connections that ended before an endpoint had taken them.',
      each.flatMap(({ labels, stats }) =>
        Object.entries(stats.refused).map(([reason, count]): Told => [`${labels},reason="${reason}"`, count]),
      ),
    ),
    family(
      'flotilla_gateway_bytes_total',
      'counter',
      'Bytes that have gone through.',
      each.flatMap(({ labels, stats }): Told[] => [
        [`${labels},to="endpoints"`, stats.bytesToEndpoints],
        [`${labels},to="clients"`, stats.bytesToClients],
      ]),
    ),
  ].join('')
}
