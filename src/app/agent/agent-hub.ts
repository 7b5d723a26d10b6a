import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ServerPorts } from '../../apiserver/contract.js'
import { type AgentClusterSource, createAgentClusterSource } from '../../areas/agent/hub/agent-cluster-source.js'
import { AgentDesk } from '../../areas/agent/hub/agent-desk.js'
import { keepAgentRecords } from '../../areas/agent/hub/agent-upkeep.js'
import { ClusterNamespaces } from '../../areas/agent/hub/cluster-namespaces.js'
import { ConnectedAgents } from '../../areas/agent/hub/connected-agents.js'
import { createPulledMember } from '../../areas/agent/hub/pulled-member.js'
import { WorkWriter } from '../../areas/agent/hub/work-writer.js'
import { Works } from '../../areas/agent/hub/works.js'
import { type CertifyAgent, createJoinDesk } from '../../areas/agent/join/join-desk.js'
import { workType } from '../../areas/agent/resource-types.js'
import type { Link } from '../../areas/agent/tunnel/link.js'
import { Tunnel } from '../../areas/agent/tunnel/tunnel.js'
import type { Work } from '../../areas/agent/work.js'
import type { Member } from '../../delivery/federation/contract.js'
import type { Cluster, Inventory } from '../../inventory/cluster.js'
import { ForwardTransport } from '../../kube/client/forward-transport.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { Caches } from '../../kube/informer/cache.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { namespaceType } from '../system/core-types.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { openAgentAuthority } from './agent-authority.js'
import { listenForAgents } from './agent-front.js'
import { publishFront } from './front-record.js'

export interface AgentHubOptions {
  readonly hub: KubeClient
  /** Where tokens and the authority are. */
  readonly namespace: string
  readonly caches: Caches
  readonly ports: ServerPorts
  readonly signal: AbortSignal
}

/** The hub's side of agents: who they are, where they are, and what is meant for them. */
export interface AgentHub {
  readonly source: AgentClusterSource
  readonly agents: ConnectedAgents
  /** A stream to the API server of a cluster whose agent is here. */
  dial(cluster: string): Duplex
  /** The wire to such a cluster, for requests of others; undefined for clusters that are reached by their URL. */
  forward(cluster: Cluster): ForwardTransport | undefined
  /** A cluster that fetches what is meant for it, as the federation's engine writes to it. */
  member(cluster: string): Member
  /** Takes a connection of an agent whose cluster is known. */
  accept(cluster: string, link: Link, certify: CertifyAgent): void
  /** Lets agents come. The port, when it was 0, is the one that was free. */
  listen(options: AgentListenOptions, inventory: Inventory): Promise<AgentPlace>
}

export interface AgentListenOptions {
  readonly host: string
  readonly port: number
  /** How agents reach this place from outside (default: the host and the port). */
  readonly url?: string
  /** Certificates of agents hold for so long (default 7 days; renewed after two thirds). */
  readonly certificateMs?: number
}

export interface AgentPlace {
  readonly port: number
  readonly url: string
  readonly caPem: string
  readonly caHash: string
}

const weekMs = 7 * 86_400_000

/** Resolves when the hub's Works are read. */
export async function createAgentHub(options: AgentHubOptions): Promise<AgentHub> {
  const { hub, namespace, caches, ports, signal } = options
  const { clock, random, log } = ports
  const source = createAgentClusterSource({ caches })
  const works = new Works(await caches.cache<Work>(workType))
  const namespaces = new ClusterNamespaces({ hub, isUsed: (cluster) => works.list(cluster).length > 0 })
  const writer = new WorkWriter({ hub, namespaces, clock, random, log, signal })
  const agents = new ConnectedAgents({ clock, log, signal })
  const { metadata } = await hub.get({ type: namespaceType, name: 'kube-system' }).catch((error: unknown) => {
    if (isNotFound(error)) return { metadata: { uid: 'flotilla' } }
    throw error
  })
  // No credentials come from here: agents add their own.
  const clientPorts = createSystemClientPorts({}, log)
  keepAgentRecords({ hub, namespaces, source, agents, clock, log, signal })
  const accept = (cluster: string, link: Link, certify: CertifyAgent) => {
    const keyOf = (name: string) => source.keyOf(name)
    const desk = new AgentDesk({ works, writer, agents, certify, hubUid: metadata.uid ?? '', keyOf, log })
    const tunnel = new Tunnel({
      link,
      side: 'hub',
      clock,
      // An agent needs a handful: its Works, a report, a sign of life.
      limits: { theirStreams: 16 },
      onStream: (stream) => server.emit('connection', stream),
    })
    const server = desk.serve(agents.add(cluster, tunnel))
  }
  return {
    source,
    accept,
    agents,
    dial: (cluster) => agents.dial(cluster),
    forward(cluster) {
      if (!cluster.isPulled || cluster.connection === undefined) return undefined
      return new ForwardTransport(cluster.name, cluster.connection, clientPorts, () => agents.dial(cluster.name))
    },
    member: (cluster) => createPulledMember({ cluster, works, writer, agent: agents.sight(cluster), clock }),
    async listen({ host, port, url, certificateMs = weekMs }, inventory) {
      const authority = await openAgentAuthority({ hub, namespace, clock, lifetimeMs: certificateMs })
      const keyOf = (cluster: string) => source.keyOf(cluster)
      const names = [...new Set([hostOf(url), host, 'localhost', '127.0.0.1'])].filter(
        (name): name is string => name !== undefined && name !== '' && name !== '0.0.0.0' && name !== '::',
      )
      const front = await listenForAgents({
        host,
        port,
        certificate: () => authority.issueServer(names),
        caPem: authority.caPem,
        join: createJoinDesk({
          hub,
          namespace,
          certify: authority.certify,
          isTaken(name) {
            const taken = inventory.find({ name })
            return taken === undefined || taken.isPulled ? undefined : taken.source
          },
          clock,
          log,
        }),
        keyOf,
        accept: (cluster, link) => accept(cluster, link, authority.certify),
        clock,
        log,
      })
      const closeFront = () => front.close()
      if (signal.aborted) closeFront()
      else signal.addEventListener('abort', closeFront, { once: true })
      const place = {
        port: front.port,
        url: url ?? `https://${isIP(host) === 6 ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${front.port}`,
        caPem: authority.caPem,
        caHash: authority.caHash,
      }
      await publishFront(hub, namespace, place)
      return place
    },
  }
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).hostname.replace(/^\[|\]$/g, '')
}
