import grpc from '@grpc/grpc-js'
import { decodeMessage, encodeMessage, type Message, messageTypes } from '../src/services/xds/messages.js'

/** Many discovery streams in one process, each over a connection of its own. Told what to do by its parent. */
export type ClientsOrder =
  | {
      readonly kind: 'open'
      readonly port: number
      readonly nodes: readonly { id: string; cluster: string }[]
      readonly names: readonly string[]
    }
  | { readonly kind: 'await'; readonly address: string }

/** `opened`: every stream has its first endpoints; `arrived`: every stream has the address. */
export type ClientsAnswer = { readonly kind: 'opened' | 'arrived'; readonly cpuMs: number }

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'
const typeUrl = (type: string) => `type.googleapis.com/${type}`

const waiting = new Map<string, number>()
let streams = 0

process.on('message', (order: ClientsOrder) => {
  if (order.kind === 'await') waiting.set(order.address, streams)
  else void open(order)
})

async function open({ port, nodes, names }: Extract<ClientsOrder, { kind: 'open' }>): Promise<void> {
  streams = nodes.length
  await Promise.all(nodes.map((node) => openOne(port, node, names)))
  answer('opened')
}

function openOne(port: number, node: { id: string; cluster: string }, names: readonly string[]): Promise<void> {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  const call = client.makeBidiStreamRequest(
    path,
    (message: Message) => encodeMessage(messageTypes.request, message),
    (bytes) => bytes,
  )
  return new Promise((done, fail) => {
    call.on('error', fail)
    call.on('data', (bytes: Buffer) => {
      const { type_url, nonce, version_info } = decodeMessage(messageTypes.response, bytes)
      // As clients do: what was received is accepted.
      call.write({ type_url, response_nonce: nonce, version_info, resource_names: names })
      if (type_url !== typeUrl(messageTypes.endpoints)) return
      done()
      for (const [address, left] of waiting) {
        if (!bytes.includes(address)) continue
        waiting.set(address, left - 1)
        if (left > 1) continue
        waiting.delete(address)
        answer('arrived')
      }
    })
    call.write({ node, type_url: typeUrl(messageTypes.cluster), resource_names: names })
    call.write({ type_url: typeUrl(messageTypes.endpoints), resource_names: names })
  })
}

function answer(kind: ClientsAnswer['kind']): void {
  const { user, system } = process.cpuUsage()
  process.send?.({ kind, cpuMs: (user + system) / 1000 } satisfies ClientsAnswer)
}
