import type { FleetFacts } from '../model/service-dialect.js'
import type { Consumer, Locality } from '../model/service-model.js'
import type { SocketPlace } from './build-resources.js'
import type { Message } from './messages.js'

/** Who has opened a stream. */
export interface ClientNode {
  readonly id: string
  /** `grpc-node-js 1.14`, `envoy`. */
  readonly agent: string
  readonly consumer: Consumer
  /** Where a proxy shall listen for HTTP. */
  readonly http: SocketPlace
  /** Where a proxy shall listen for one service each. */
  readonly tcp: readonly { readonly place: SocketPlace; readonly target: string }[]
}

const mostTcpListeners = 1000
const mostLabels = 100

/**
 * Reads a node as clients send it. `cluster` names a cluster of the fleet (else metadata CLUSTER_ID); a locality, if given,
 * counts over that of the cluster. Metadata: NETWORK, LABELS, and `flotilla: {http: "127.0.0.1:15080", tcp: {"127.0.0.1:6379":
 * "cache.shop:6379"}}` for proxies.
 */
export function readClientNode(node: Message, facts: FleetFacts): ClientNode {
  const metadata = plainStruct(node.metadata as Message | undefined)
  const named = [text(node.cluster), text(metadata.CLUSTER_ID)].find((name) => name !== '' && facts.cluster(name) !== undefined)
  const cluster = named === undefined ? undefined : facts.cluster(named)
  const given = node.locality as Message | null | undefined
  const own: Locality = { region: text(given?.region), zone: text(given?.zone), subZone: text(given?.sub_zone) }
  const locality = own.region !== '' || own.zone !== '' ? own : (cluster?.locality ?? own)
  const settings = record(metadata.flotilla)
  return {
    id: text(node.id),
    agent: [text(node.user_agent_name), text(node.user_agent_version)].filter((part) => part !== '').join(' '),
    consumer: {
      cluster: cluster?.name ?? '',
      locality,
      network: text(metadata.NETWORK) || (cluster?.network ?? ''),
      labels: Object.fromEntries(
        Object.entries(record(metadata.LABELS))
          .slice(0, mostLabels)
          .flatMap(([key, value]) => (typeof value === 'string' ? [[key.slice(0, 317), value]] : [])),
      ),
    },
    http: socketPlace(text(settings.http)) ?? { address: '127.0.0.1', port: 15_080 },
    tcp: Object.entries(record(settings.tcp))
      .slice(0, mostTcpListeners)
      .flatMap(([where, target]) => {
        const place = socketPlace(where)
        return place === undefined || typeof target !== 'string' || target.length > 512 ? [] : [{ place, target }]
      }),
  }
}

/** Clients with the same key see the same. */
export function viewKeyOf({ consumer, http, tcp }: ClientNode): string {
  return JSON.stringify([consumer, http, tcp])
}

function socketPlace(value: string): SocketPlace | undefined {
  const found = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/.exec(value)
  if (found === null) return undefined
  const port = Number(found[2])
  return port > 0 && port < 65_536 ? { address: found[1]!, port } : undefined
}

/** google.protobuf.Struct as plain values, as deep as settings go. */
function plainStruct(struct: Message | undefined, depth = 0): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null)
  if (depth > 8) return result
  for (const [key, value] of Object.entries(record(struct?.fields))) result[key] = plainValue(value as Message, depth)
  return result
}

function plainValue(value: Message, depth: number): unknown {
  if (value.struct_value) return plainStruct(value.struct_value as Message, depth + 1)
  const words = text(value.string_value)
  return words !== '' ? words : value.number_value || value.bool_value || ''
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Shown in terminals: without control characters. */
export function text(value: unknown, most = 1024): string {
  return typeof value === 'string' ? value.slice(0, most).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ') : ''
}
