import type { LogicalClusters, ServerPorts } from '../../apiserver/contract.js'
import type { LinkFault, Links } from '../../apiserver/members/network/forwarding/links.js'
import type { Members } from '../../apiserver/members/start-members.js'
import { sleep } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { EmbeddedApi } from '../fleet/embedded-api.js'
import { createFaultyClient, type Faults } from './faulty-client.js'
import { type ClusterChaos, followChaos, wholeCluster } from './follow-chaos.js'

export interface FleetChaos {
  /** The client of a member in this process, with all that is wrong on the way to it. */
  through(cluster: string, client: KubeClient): KubeClient
  /** Whether the way from the hub to it, or all of it, is cut. */
  isCut(cluster: string): boolean
  stop(): void
}

export interface FleetChaosOptions {
  readonly clusters: LogicalClusters
  readonly hub: string
  readonly api: Pick<EmbeddedApi, 'serve' | 'refuse' | 'delay'>
  /** What looks after the clusters, and stops with them. */
  readonly members: Pick<Members, 'halt' | 'resume'>
  /** The ways between the clusters' networks, which everything that forwards asks. */
  readonly links: Links
  addressOf(cluster: string): { host: string; port: number } | undefined
  /** Its number in the address plan. */
  numberOf(cluster: string): number | undefined
  readonly ports: ServerPorts
}

const tryAgainMs = 1000

/** Makes the clusters of an embedded fleet fail as the annotations on the hub say: for sockets and for clients in this process. */
export function createFleetChaos(options: FleetChaosOptions): FleetChaos {
  const { clusters, hub, api, members, addressOf, ports } = options
  const present = new Map<string, ClusterChaos>()
  const ways = new Map<string, Set<Faults>>()
  /** Listeners open and close one step after the other. */
  const steps = new Map<string, Promise<void>>()

  /** Either of two clusters may say what is wrong between them. */
  const setLinks = (cluster: string, before: ClusterChaos, chaos: ClusterChaos) => {
    const number = options.numberOf(cluster)
    for (const other of new Set([...Object.keys(before.links), ...Object.keys(chaos.links)])) {
      const otherNumber = options.numberOf(other)
      if (number === undefined || otherNumber === undefined || number === otherNumber) continue
      options.links.set(number, otherNumber, worse(chaos.links[other], present.get(other)?.links[cluster]))
    }
  }
  let ended = false
  /** While a cluster was silent, another program may have taken its port: it is asked for until it is free, or nobody wants it any more. */
  const serve = async (cluster: string, address: { host: string; port: number }) => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await api.serve(cluster, address)
      } catch (error) {
        if (attempt === 0) ports.log.warn('a cluster is not back yet', { cluster, error: messageOf(error) })
        await sleep(ports.clock, tryAgainMs)
        if (ended || isSilent(present.get(cluster) ?? wholeCluster)) return
      }
    }
  }
  const unfollow = followChaos(
    clusters,
    hub,
    (cluster, chaos) => {
      const before = present.get(cluster) ?? wholeCluster
      present.set(cluster, chaos)
      for (const way of ways.get(cluster) ?? []) setWay(way, chaos)
      setLinks(cluster, before, chaos)
      api.delay(cluster, chaos.latencyMs)
      const address = addressOf(cluster)
      if (address === undefined) return
      if (chaos.stopped && !before.stopped) members.halt(cluster)
      if (!chaos.stopped && before.stopped) members.resume(cluster)
      if (isSilent(before) === isSilent(chaos)) return
      const step = (steps.get(cluster) ?? Promise.resolve())
        .then(async () => {
          if (isSilent(chaos)) await api.refuse(cluster)
          else await serve(cluster, address)
        })
        .catch((error: unknown) => ports.log.warn('a cluster could not be cut or healed', { cluster, error: messageOf(error) }))
      steps.set(cluster, step)
    },
    ports.clock,
  )
  return {
    through(cluster, client) {
      const faulty = createFaultyClient(
        client,
        () => ports.random.number(),
        (delayMs, run) => void ports.clock.after(delayMs, run),
      )
      setWay(faulty.faults, present.get(cluster) ?? wholeCluster)
      const known = ways.get(cluster) ?? new Set()
      ways.set(cluster, known.add(faulty.faults))
      return {
        ...faulty.client,
        close() {
          known.delete(faulty.faults)
          client.close()
        },
      }
    },
    isCut(cluster) {
      const { hubCut, ...chaos } = present.get(cluster) ?? wholeCluster
      return hubCut || isSilent(chaos)
    },
    stop() {
      ended = true
      unfollow()
    },
  }
}

function isSilent({ stopped, apiCut }: Pick<ClusterChaos, 'stopped' | 'apiCut'>): boolean {
  return stopped || apiCut
}

/** How the hub reaches a member. */
export function setWay(way: Faults, chaos: ClusterChaos): void {
  if (isSilent(chaos) || chaos.hubCut) way.cut()
  else way.heal()
  way.latencyMs = chaos.latencyMs
}

function worse(a: LinkFault | undefined, b: LinkFault | undefined): LinkFault {
  return { cut: (a?.cut || b?.cut) ?? false, latencyMs: Math.max(a?.latencyMs ?? 0, b?.latencyMs ?? 0) }
}
