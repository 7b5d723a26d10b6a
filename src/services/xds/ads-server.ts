import grpc from '@grpc/grpc-js'
import type { Clock } from '../../base/clock.js'
import { CodedError, messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { ServiceCatalogue } from '../catalogue/catalogue.js'
import { AdsStream, BadDiscoveryRequest, type XdsClientDetails, type XdsClientStatus } from './ads-stream.js'
import { readClientNode } from './client-node.js'
import { ClientView } from './client-view.js'
import { decodeMessage, type Message, messageTypes } from './messages.js'
import type { NamingOptions } from './resource-names.js'

export interface AdsServerOptions {
  readonly catalogue: ServiceCatalogue
  readonly clock: Clock
  readonly log: Log
  readonly naming?: Partial<NamingOptions>
  /** Streams at a time (default 10,000). */
  readonly maxStreams?: number
}

/** Certificates in PEM. Clients must have one of the same authority. */
export interface AdsTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface AdsServer {
  /** Listens; with `tls` undefined in clear text, which is for loopback alone. Resolves to the port. */
  listen(place: { address: string; port: number }, tls: AdsTls | undefined): Promise<number>
  /** The clients that are connected now, by node. */
  status(): readonly XdsClientStatus[]
  /** Of one of them, by the id of its stream; undefined when it has gone. */
  details(id: number): XdsClientDetails | undefined
  close(): void
}

const service = '/envoy.service.discovery.v3.AggregatedDiscoveryService'
/** Who is connected, as JSON: no part of xDS, for `flotilla xds status`. */
export const statusMethod = '/flotilla.xds.v1.Status/Get'
const mostRequestBytes = 4 * 1024 * 1024

type Stream = grpc.ServerDuplexStream<Message, Buffer>

/** The aggregated discovery service (xDS v3, state of the world and delta) over the catalogue: each client gets the fleet as it looks from where it is. */
export function createAdsServer(options: AdsServerOptions): AdsServer {
  const { catalogue, clock, log } = options
  const naming: NamingOptions = { clusterDomain: 'cluster.local', setDomain: 'clusterset.local', ...options.naming }
  const most = options.maxStreams ?? 10_000
  const streams = new Set<AdsStream>()
  let lastId = 0
  const views = new Map<string, { view: ClientView; users: number }>()
  const server = new grpc.Server({
    'grpc.max_receive_message_length': mostRequestBytes,
    'grpc.max_concurrent_streams': 100,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  })

  function serve(call: Stream, protocol: XdsClientStatus['protocol']): void {
    if (streams.size >= most) {
      call.emit('error', { code: grpc.status.RESOURCE_EXHAUSTED, details: `${most} discovery streams are open` })
      return
    }
    let taken = ''
    const stream = new AdsStream({
      id: ++lastId,
      protocol,
      peer: call.getPeer(),
      clock,
      readNode: (node) => readClientNode(node, catalogue.facts),
      viewOf(node, key) {
        taken = key
        const known = views.get(key)
        if (known !== undefined) {
          known.users++
          return known.view
        }
        const view = new ClientView(catalogue, node, naming)
        views.set(key, { view, users: 1 })
        return view
      },
      send(message) {
        const more = call.write(message)
        // Who does not read is not heard either: each request would be one more answer to keep.
        if (!more) call.pause()
        return more
      },
    })
    streams.add(stream)
    const leave = () => {
      if (!streams.delete(stream)) return
      stream.close()
      const view = views.get(taken)
      if (view !== undefined && --view.users === 0) views.delete(taken)
    }
    call.on('data', (request: Message) => {
      try {
        stream.receive(request)
      } catch (error) {
        leave()
        if (!(error instanceof BadDiscoveryRequest))
          log.error('a discovery request cannot be answered', { peer: call.getPeer(), error: messageOf(error) })
        const details = error instanceof BadDiscoveryRequest ? error.message : 'the request cannot be answered'
        call.emit('error', { code: grpc.status.INVALID_ARGUMENT, details })
      }
    })
    call.on('drain', () => {
      stream.resume()
      call.resume()
    })
    call.on('end', () => {
      leave()
      call.end()
    })
    call.on('error', leave)
    call.on('cancelled', leave)
    call.on('close', leave)
  }

  const method = (name: string, requestType: string) => ({
    path: `${service}/${name}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: (message: Buffer) => message,
    requestDeserialize: (bytes: Buffer) => decodeMessage(requestType, bytes),
    responseSerialize: (message: Buffer) => message,
    responseDeserialize: (bytes: Buffer) => bytes,
  })
  server.addService(
    {
      StreamAggregatedResources: method('StreamAggregatedResources', messageTypes.request),
      DeltaAggregatedResources: method('DeltaAggregatedResources', messageTypes.deltaRequest),
    },
    {
      StreamAggregatedResources: (call: Stream) => serve(call, 'state of the world'),
      DeltaAggregatedResources: (call: Stream) => serve(call, 'delta'),
    },
  )
  const status = () =>
    [...streams].flatMap((stream) => stream.status() ?? []).sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : 0))
  const same = (bytes: Buffer) => bytes
  const get = { path: statusMethod, requestStream: false, responseStream: false }
  server.addService(
    { Get: { ...get, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same } },
    {
      Get: (_call: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, Buffer.from(JSON.stringify(status()))),
    },
  )
  const stop = catalogue.onChange((changed) => {
    for (const stream of streams) stream.changed(changed)
  })
  return {
    listen({ address, port }, tls) {
      const credentials =
        tls === undefined
          ? grpc.ServerCredentials.createInsecure()
          : grpc.ServerCredentials.createSsl(
              Buffer.from(tls.ca),
              [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }],
              true,
            )
      return new Promise((done, failed) => {
        server.bindAsync(`${address}:${port}`, credentials, (error, bound) => {
          if (error === null) done(bound)
          else {
            const fix = 'Free the port, or choose another one.'
            failed(
              new CodedError({
                code: 'xds-not-listening',
                message: `xDS cannot be served at ${address}:${port}: ${error.message}`,
                fix,
              }),
            )
          }
        })
      })
    },
    status,
    details(id) {
      for (const stream of streams) if (stream.id === id) return stream.details()
      return undefined
    },
    close() {
      stop()
      server.forceShutdown()
      for (const stream of streams) stream.close()
      streams.clear()
      views.clear()
    },
  }
}
