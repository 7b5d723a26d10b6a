import type { Socket } from 'node:net'
import type { Clock } from '../../../../base/clock.js'
import type { Log } from '../../../../base/log.js'
import type { Random } from '../../../../base/random.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { ClusterNetwork, LogicalCluster, LogicalClusters, NetworkOf } from '../../../contract.js'
import type { MemberController, Work } from '../../contract.js'
import { keyIn } from '../../workloads/replica-sets.js'
import { apiServiceAddressOf, clusterNumberOf, isWithin } from '../address-plan.js'
import { boundPort, type LoopbackAbilities } from '../bound-port.js'
import { recordBoundPorts } from '../bound-ports-record.js'
import { isInCidr } from '../cidr.js'
import { BackendPicker, type PickerPorts } from './backend-picker.js'
import type { Caller } from './choose-backend.js'
import { ClusterAddresses } from './cluster-addresses.js'
import { openHealthFront } from './health-front.js'
import { Links } from './links.js'
import {
  type ForwardedService,
  type Front,
  isManagedSlice,
  planService,
  type Reach,
  type Slice,
  serviceNameOf,
} from './service-plan.js'
import { type OpenFront, openTcpFront } from './tcp-front.js'
import { openUdpFront } from './udp-front.js'

export interface ForwardingOptions {
  readonly clusters: Pick<LogicalClusters, 'get'>
  readonly networkOf: NetworkOf
  /** Where a cluster's API is served: the endpoint of the Service `kubernetes`. */
  readonly apiAddressOf?: (cluster: string) => { readonly host: string; readonly port: number } | undefined
  readonly abilities: LoopbackAbilities
  /** What is wrong between clusters (default: nothing). */
  readonly links?: Links
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Forwarding {
  readonly controller: MemberController
  /** Listeners that are open now, over all clusters. */
  readonly openCount: number
  /** Closes all listeners and ends all connections. */
  stop(): void
}

/** A port that something else has may become free. */
const tryAgainMs = 20_000

/** Open fronts of a Service by `127.0.32.7:80/TCP`. */
type OpenService = Map<string, OpenFront>

interface ClusterState {
  readonly network: ClusterNetwork
  readonly addresses: ClusterAddresses
  /** Slices of a Service with an endpoint that leads anywhere. */
  readonly slices: Map<string, Set<string>>
  readonly open: Map<string, OpenService>
}

/**
 * What kube-proxy does in a real cluster: every address and port of a Service is a listener of this process that connects its
 * clients with the Service's endpoints. A Service costs nothing until it has an endpoint that leads anywhere.
 */
export function createForwarding(options: ForwardingOptions): Forwarding {
  const states = new Map<string, ClusterState>()
  const sockets = new Set<Socket>()
  const links = options.links ?? new Links()
  const bound = (port: number) => boundPort(port, options.abilities)
  let stopped = false
  const stateOf = (cluster: string): ClusterState | undefined => {
    let state = states.get(cluster)
    if (state !== undefined) return state
    const network = options.abilities.addresses ? options.networkOf(cluster) : undefined
    if (network === undefined) return undefined
    state = { network, addresses: new ClusterAddresses(network), slices: new Map(), open: new Map() }
    states.set(cluster, state)
    return state
  }
  const forget = (cluster: string) => {
    for (const fronts of states.get(cluster)?.open.values() ?? []) for (const front of fronts.values()) front.close()
    states.delete(cluster)
  }
  const controller: MemberController = {
    name: 'service-proxy',
    watches: {
      services(change, queue) {
        const state = stateOf(change.cluster)
        const key = keyIn(change)
        if (state !== undefined && (state.slices.has(key) || state.open.has(key))) queue.add(key)
      },
      'endpointslices.discovery.k8s.io'(change, queue) {
        const state = stateOf(change.cluster)
        if (state === undefined) return
        for (const key of hearSlice(state, change.object, change.type === 'DELETED', reachOf(options, change.cluster, state))) {
          queue.add(key)
        }
      },
      pods: (change) => stateOf(change.cluster)?.addresses.hearPod(change.object, change.type === 'DELETED'),
      nodes(change, queue) {
        const state = stateOf(change.cluster)
        if (state === undefined) return
        if (state.addresses.hearNode(change.object, change.type === 'DELETED'))
          for (const key of state.open.keys()) queue.add(key)
      },
    },
    async reconcile(work) {
      const state = stateOf(work.cluster.name)
      return state === undefined || stopped ? undefined : reconcileService(work, state)
    },
    forget,
  }

  async function reconcileService(work: Work, state: ClusterState): Promise<number | undefined> {
    const { cluster, key } = work
    const service = cluster.peek('services', key) as ForwardedService | undefined
    const fronts =
      service === undefined || service.metadata.deletionTimestamp !== undefined
        ? []
        : planService(service, slicesOf(cluster, key, state), state.addresses.nodes, reachOf(options, cluster.name, state))
    const wanted = new Map(fronts.map((front) => [`${front.address}:${front.port}/${front.protocol}`, front]))
    const open = state.open.get(key) ?? new Map<string, OpenFront>()
    for (const [place, front] of open) {
      if (wanted.has(place)) continue
      front.close()
      open.delete(place)
    }
    const substitutes: Record<string, number> = {}
    let failed: { place: string; error: NodeJS.ErrnoException } | undefined
    const ports: PickerPorts = {
      clock: options.clock,
      random: options.random,
      callerOf: (address) => callerOf(cluster, state, address),
    }
    for (const [place, front] of wanted) {
      if (bound(front.port) !== front.port) substitutes[front.port] = bound(front.port)
      const present = open.get(place)
      present?.picker.update(front)
      present?.refresh()
      if (present !== undefined) continue
      try {
        const opened = await openFront(front, ports, key)
        // A deleted cluster, or the end, came between.
        if (stopped || states.get(cluster.name) !== state) opened.close()
        else open.set(place, opened)
      } catch (error) {
        failed = { place, error: error as NodeJS.ErrnoException }
      }
    }
    if (stopped || states.get(cluster.name) !== state) {
      // Those that were opened before it: nobody else knows of them.
      for (const front of open.values()) front.close()
      return undefined
    }
    if (open.size === 0) state.open.delete(key)
    else state.open.set(key, open)
    if (service === undefined) return undefined
    await recordBoundPorts(work, service, substitutes)
    if (failed === undefined) return undefined
    const { place, error } = failed
    options.log.warn('a Service cannot be served', { cluster: cluster.name, service: key, at: place, error: error.message })
    const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message
    await work.write.warn(service, 'PortNotBound', `${place} does not forward: ${why}`, work.nowText())
    return tryAgainMs
  }

  const openFront = (front: Front, ports: PickerPorts, service: string): Promise<OpenFront> => {
    const picker = new BackendPicker(front, ports)
    const place = { address: front.address, port: bound(front.port) }
    if (front.kind === 'health') return openHealthFront(picker, place, service)
    return front.protocol === 'TCP'
      ? openTcpFront(picker, place, sockets, bound, links)
      : openUdpFront(picker, place, options.clock, bound, links)
  }

  return {
    controller,
    get openCount() {
      let count = 0
      for (const state of states.values()) for (const fronts of state.open.values()) count += fronts.size
      return count
    },
    stop() {
      stopped = true
      for (const cluster of [...states.keys()]) forget(cluster)
      for (const socket of sockets) socket.destroy()
    },
  }
}

function reachOf(options: ForwardingOptions, cluster: string, { network }: ClusterState): Reach {
  const number = clusterNumberOf(apiServiceAddressOf(network))
  return {
    leads(address, port, managed) {
      if (clusterNumberOf(address) !== undefined) return true
      if (address.startsWith('127.')) {
        const api = options.apiAddressOf?.(cluster)
        return api?.host === address && api.port === port
      }
      // A pod elsewhere is simulated. An address that a user wrote may well be there.
      return !managed && !isInCidr('10.244.0.0/16', address)
    },
    binds: (address) =>
      isWithin(network.serviceRange, address) ||
      isWithin(network.nodeRange, address) ||
      isWithin(network.loadBalancerRange, address) ||
      // What is kept free of the cluster's own part; the other parts are other clusters'.
      (clusterNumberOf(address) === number && !isWithin(network.podRange, address)),
  }
}

/** Notes whether the slice has endpoints that lead anywhere; the keys of Services that have to be looked at. */
function hearSlice(state: ClusterState, object: KubeObject, gone: boolean, reach: Reach): string[] {
  const slice = object as Slice
  const { name, namespace = '' } = slice.metadata
  const owner = serviceNameOf(slice)
  const keys: string[] = []
  const key = owner === undefined ? undefined : `${namespace}/${owner}`
  // The label may have been another one before.
  for (const [known, names] of key !== undefined && !gone && state.slices.get(key)?.has(name) ? [] : state.slices) {
    if (known === key || !known.startsWith(`${namespace}/`) || !names.delete(name)) continue
    if (names.size === 0) state.slices.delete(known)
    keys.push(known)
  }
  if (key === undefined) return keys
  const names = state.slices.get(key)
  if (!gone && leadsAnywhere(slice, reach)) {
    if (names === undefined) state.slices.set(key, new Set([name]))
    else names.add(name)
    return [...keys, key]
  }
  if (names?.delete(name)) {
    if (names.size === 0) state.slices.delete(key)
    keys.push(key)
  }
  return keys
}

function leadsAnywhere(slice: Slice, reach: Reach): boolean {
  const managed = isManagedSlice(slice)
  for (const { addresses } of slice.endpoints ?? []) {
    const address = addresses?.[0]
    if (address === undefined) continue
    for (const { port } of slice.ports ?? []) if (port && reach.leads(address, port, managed)) return true
  }
  return false
}

function slicesOf(cluster: LogicalCluster, key: string, state: ClusterState): Slice[] {
  const namespace = key.slice(0, key.indexOf('/'))
  const found: Slice[] = []
  for (const name of [...(state.slices.get(key) ?? [])].sort()) {
    const slice = cluster.peek('endpointslices.discovery.k8s.io', `${namespace}/${name}`)
    if (slice !== undefined) found.push(slice as Slice)
  }
  return found
}

function callerOf(cluster: LogicalCluster, state: ClusterState, address: string): Caller {
  const node = state.addresses.nodeOf(address)
  const labels = node === undefined ? undefined : cluster.peek('nodes', node)?.metadata.labels
  return { node, zone: labels?.['topology.kubernetes.io/zone'] }
}
