import { type Clock, formatMicroTime, formatTime } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound } from '../../../kube/object/status-error.js'
import { type AgentCluster, type AgentClusterStatus, agentClusterType, clusterNamespace } from '../resource-types.js'
import type { AgentClusterSource } from './agent-cluster-source.js'
import type { ClusterNamespaces } from './cluster-namespaces.js'
import type { ConnectedAgent, ConnectedAgents } from './connected-agents.js'

const leases: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
}
const leaseSeconds = 60
const leaseName = 'flotilla-agent'
/** A cluster that joins is approved, connects and says how it is within a moment: that is written down once. */
const gatherMs = 200
/** After so long it is written down as it is, with or without that. */
const settleMs = 5_000

/**
 * Writes down how agents are: the phase of their AgentCluster when it changes, and a Lease in the cluster's namespace every half minute
 * while they are here, by which anybody sees when a cluster was last alive. Those who may not come any more are sent away.
 */
export function keepAgentRecords(options: {
  hub: KubeClient
  namespaces: ClusterNamespaces
  source: AgentClusterSource
  agents: ConnectedAgents
  clock: Clock
  log: Log
  signal: AbortSignal
}): void {
  const { hub, source, agents, clock, log, signal } = options
  const due = new Set<string>()
  const unsettled = new Set<string>()
  let running = false
  let isGathering = false

  /** Its agent will say more in a moment, or come. */
  function isSettling({ status, spec }: AgentCluster, agent: ConnectedAgent | undefined): boolean {
    if (spec.approved !== true) return false
    if (agent !== undefined) return agent.heartbeat === undefined && clock.now() - agent.since < settleMs
    const isNew = status?.phase === 'Offline' && status.message === undefined
    return isNew && clock.now() - Date.parse(status.request?.requestedAt ?? '') < settleMs
  }

  async function record(cluster: string): Promise<void> {
    const known = source.get(cluster)
    if (known === undefined) return
    const agent = agents.get(cluster)
    if (isSettling(known, agent)) {
      if (unsettled.size === 0) clock.after(settleMs, settle)
      unsettled.add(cluster)
      return
    }
    const { phase, message } = phaseOf(known.spec.approved, agent?.heartbeat?.problem, agents.absence(cluster))
    const agentVersion = agent?.heartbeat?.agentVersion ?? known.status?.agentVersion
    const before = known.status ?? {}
    if (before.phase === phase && before.message === message && before.agentVersion === agentVersion) return
    const status: AgentClusterStatus = {
      phase,
      message,
      ...(before.phase === phase ? {} : { since: formatTime(clock.now()) }),
      ...(agentVersion === undefined ? {} : { agentVersion }),
    }
    await hub.patch({ type: agentClusterType, name: cluster, subresource: 'status' }, { kind: 'merge', body: { status } })
  }

  async function renew(cluster: string): Promise<void> {
    const namespace = clusterNamespace(cluster)
    const renewTime = formatMicroTime(clock.now())
    const body = { spec: { holderIdentity: cluster, leaseDurationSeconds: leaseSeconds, renewTime } }
    const target = { type: leases, namespace, name: leaseName }
    try {
      await hub.patch(target, { kind: 'merge', body })
    } catch (error) {
      if (!isNotFound(error)) throw error
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: leaseName, namespace }, ...body }
      await options.namespaces.within(cluster, () => hub.create(leases, lease))
    }
  }

  async function renewOrSay(cluster: string): Promise<void> {
    await renew(cluster).catch((error: unknown) => {
      if (!signal.aborted) log.debug('the lease of an agent cannot be renewed', { cluster, problem: messageOf(error) })
    })
  }

  async function work(): Promise<void> {
    if (running) return
    running = true
    while (due.size > 0 && !signal.aborted) {
      const some = [...due].slice(0, 16)
      for (const cluster of some) due.delete(cluster)
      await Promise.all(
        some.map((cluster) =>
          record(cluster).catch((error: unknown) => {
            if (!signal.aborted && !isNotFound(error))
              log.debug('the state of an agent cannot be written', { cluster, problem: messageOf(error) })
          }),
        ),
      )
    }
    running = false
  }

  const soon = (cluster: string) => {
    due.add(cluster)
    if (isGathering) return
    isGathering = true
    clock.after(gatherMs, () => {
      isGathering = false
      void work()
    })
  }
  const settle = () => {
    for (const cluster of unsettled) due.add(cluster)
    unsettled.clear()
    void work()
  }
  const seen = new WeakSet<ConnectedAgent>()
  agents.onChange((cluster) => {
    soon(cluster)
    const agent = agents.get(cluster)
    if (agent === undefined || seen.has(agent)) return
    seen.add(agent)
    void renewOrSay(cluster)
  })
  source.onCluster((cluster) => {
    if (source.keyOf(cluster) === undefined) agents.expel(cluster, 'the hub has denied or removed this cluster')
    soon(cluster)
  })
  void source.ready.then(() => {
    for (const { name } of source.list()) due.add(name)
    void work()
  })
  const beat = () => {
    if (signal.aborted) return
    const here = agents.list().map((agent) => agent.cluster)
    void (async () => {
      // A few at a time: the leases of a thousand clusters are no burst.
      for (let at = 0; at < here.length && !signal.aborted; at += 16) {
        await Promise.all(here.slice(at, at + 16).map(renewOrSay))
      }
    })()
    clock.after((leaseSeconds / 2) * 1000, beat)
  }
  clock.after(1000, beat)
}

function phaseOf(
  approved: boolean | undefined,
  problem: string | undefined,
  absence: string | undefined,
): { phase: string; message: string } {
  if (approved === false) return { phase: 'Denied', message: 'somebody has denied it' }
  if (approved === undefined) return { phase: 'Pending', message: 'waits for approval' }
  if (absence !== undefined) return { phase: 'Offline', message: absence }
  return { phase: 'Connected', message: problem ?? 'its agent is here' }
}
