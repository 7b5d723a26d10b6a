import type { LogicalClusters, ServerPorts } from '../../apiserver/contract.js'
import { messageOf } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { EmbeddedApi } from '../embedded-api.js'
import { type ClusterChaos, noChaos } from './chaos-annotations.js'
import { createFaultyClient, type Faults } from './faulty-client.js'
import { followChaos } from './follow-chaos.js'

export interface FleetChaos {
  /** The client of a member in this process, with all that is wrong on the way to it. */
  through(cluster: string, client: KubeClient): KubeClient
  stop(): void
}

export interface FleetChaosOptions {
  readonly clusters: LogicalClusters
  readonly hub: string
  readonly api: Pick<EmbeddedApi, 'serve' | 'refuse' | 'delay'>
  addressOf(cluster: string): { host: string; port: number } | undefined
  readonly ports: ServerPorts
}

/** Makes the clusters of an embedded fleet fail as the annotations on the hub say: for sockets and for clients in this process. */
export function createFleetChaos({ clusters, hub, api, addressOf, ports }: FleetChaosOptions): FleetChaos {
  const present = new Map<string, ClusterChaos>()
  const ways = new Map<string, Set<Faults>>()
  /** Listeners open and close one step after the other. */
  const steps = new Map<string, Promise<void>>()

  const stop = followChaos(clusters, hub, (cluster, chaos) => {
    const before = present.get(cluster) ?? noChaos
    present.set(cluster, chaos)
    for (const way of ways.get(cluster) ?? []) setWay(way, chaos)
    api.delay(cluster, chaos.latencyMs)
    const address = addressOf(cluster)
    if (address === undefined || before.apiCut === chaos.apiCut) return
    const step = (steps.get(cluster) ?? Promise.resolve())
      .then(() => (chaos.apiCut ? api.refuse(cluster) : api.serve(cluster, address)))
      .catch((error: unknown) => ports.log.warn('a cluster could not be cut or healed', { cluster, error: messageOf(error) }))
    steps.set(cluster, step)
  })
  return {
    through(cluster, client) {
      const faulty = createFaultyClient(
        client,
        () => ports.random.number(),
        (delayMs, run) => void ports.clock.after(delayMs, run),
      )
      setWay(faulty.faults, present.get(cluster) ?? noChaos)
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
    stop,
  }
}

function setWay(way: Faults, chaos: ClusterChaos): void {
  if (chaos.apiCut || chaos.hubCut) way.cut()
  else way.heal()
  way.latencyMs = chaos.latencyMs
}
