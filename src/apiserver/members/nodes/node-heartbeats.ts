import { formatMicroTime, formatTime } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LogicalCluster, LogicalClusters, ServerPorts } from '../../contract.js'
import type { Node } from '../engine/objects.js'
import { createWriter } from '../engine/writer.js'
import { isDown } from './chaos-state.js'
import { isSimulated, type NodeCondition } from './simulated-node.js'

export interface HeartbeatOptions {
  readonly clusters: LogicalClusters
  readonly ports: ServerPorts
  hasNodes(cluster: string): boolean
  /** Seconds between two renewals of a Lease, when there are few nodes (default 10, as kubelets have it). */
  readonly everySeconds?: number
}

/** Renewals a second, over all clusters: beyond it each Lease is renewed more rarely, and says so. */
const mostEachSecond = 20
const leases = 'leases.coordination.k8s.io'

/**
 * Renews the Leases of all simulated nodes of all clusters, a few each second, with one timer. In a fleet of up to 200 nodes
 * every Lease is renewed each 10 seconds and lasts 40, as with real kubelets; in a larger one both are longer in proportion, so
 * that heartbeats are never more than 20 writes a second. The returned function stops it.
 */
export function startHeartbeats({ clusters, ports, hasNodes, everySeconds = 10 }: HeartbeatOptions): () => void {
  const { clock, log } = ports
  let stopped = false
  let cancel = () => {}
  /** Nodes that are still to come in this round, as cluster and name. */
  const round: [string, string][] = []
  let each = 1
  let lasts = everySeconds * 4
  let nextRound = clock.now() + 1000

  const beginRound = () => {
    for (const cluster of clusters.list()) {
      if (!hasNodes(cluster.name)) continue
      for (const node of cluster.peekAll('nodes'))
        if (isSimulated(node) && !isDown(node)) round.push([cluster.name, node.metadata.name])
    }
    round.reverse()
    const seconds = Math.max(everySeconds, Math.ceil(round.length / mostEachSecond))
    each = Math.ceil(round.length / seconds)
    lasts = seconds * 4
    nextRound = clock.now() + seconds * 1000
  }
  const tick = async () => {
    if (round.length === 0 && clock.now() >= nextRound) beginRound()
    for (let count = 0; count < each && !stopped; count++) {
      const [name, node] = round.pop() ?? []
      const cluster = name === undefined ? undefined : clusters.get(name)
      if (cluster === undefined || node === undefined) continue
      try {
        await renew(cluster, node, { now: clock.now(), lasts })
      } catch (error) {
        log.debug('lease not renewed', { cluster: cluster.name, node, error: messageOf(error) })
      }
    }
  }
  const arm = () => {
    const delay = round.length > 0 ? 1000 : Math.max(1, nextRound - clock.now())
    cancel = clock.after(delay, () => void tick().then(() => stopped || arm()))
  }
  arm()
  return () => {
    stopped = true
    cancel()
  }
}

async function renew(cluster: LogicalCluster, name: string, { now, lasts }: { now: number; lasts: number }): Promise<void> {
  const node = cluster.peek('nodes', name)
  if (node === undefined || isDown(node)) return
  const write = createWriter(cluster, 'kubelet')
  const lease = cluster.peek(leases, `kube-node-lease/${name}`)
  const spec = { holderIdentity: name, leaseDurationSeconds: lasts, renewTime: formatMicroTime(now) }
  await (lease === undefined ? write.create(leaseOf(node, spec)) : write.update({ ...lease, spec }))
  await reportStatus(cluster, name, now)
}

/** The times in the status are brought up to date more rarely than the Lease, as kubelets do when nothing else has changed. */
const statusEveryMs = 300_000

async function reportStatus(cluster: LogicalCluster, name: string, now: number): Promise<void> {
  const node = cluster.peek('nodes', name) as Node | undefined
  const conditions = (node?.status?.conditions ?? []) as NodeCondition[]
  const beat = conditions.find(({ type }) => type === 'Ready')
  if (node === undefined || beat?.status !== 'True' || now - Date.parse(beat.lastHeartbeatTime ?? '') < statusEveryMs) return
  const lastHeartbeatTime = formatTime(now)
  const next = conditions.map((condition) => (condition.lastHeartbeatTime ? { ...condition, lastHeartbeatTime } : condition))
  await createWriter(cluster, 'kubelet').status(node, { ...node, status: { ...node.status, conditions: next } })
}

function leaseOf(node: KubeObject, spec: unknown): KubeObject {
  const { name, uid = '' } = node.metadata
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease', ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
    spec,
  }
}
