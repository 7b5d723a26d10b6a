import type { ClusterChange, LogicalCluster } from '../../contract.js'
import type { ProcessPods } from '../../pods/contract.js'
import type { ClusterQueue, MemberController, Work } from '../contract.js'
import type { Node, Pod } from '../engine/objects.js'
import { isDown } from '../nodes/chaos-state.js'
import { readyStatus } from '../nodes/node-lifecycle.js'
import { isFinished } from '../workloads/pods.js'
import { keyIn } from '../workloads/replica-sets.js'
import { portsTaken, wantsTakenPort } from './host-ports.js'
import { type PodStage, podStatus, stageOf } from './pod-stages.js'

export interface KubeletOptions {
  /** Runs pods as processes of this machine, those of images that it has programs for; without it all are simulated. */
  readonly pods?: ProcessPods
}

/** Which nodes have a kubelet that works, and what is on them. */
export interface NodeAccess {
  isUp(cluster: LogicalCluster, node: string): boolean
  podsOn(cluster: string, node: string): readonly string[]
}

const alwaysUp: NodeAccess = { isUp: () => true, podsOn: () => [] }

/**
 * The simulated kubelet of every node: what is bound to a node runs and is ready at once (or when its annotations say so),
 * pods of Jobs succeed, deletion is confirmed. One write takes a pod from Pending to where it is to be.
 */
export function createKubelet(options: KubeletOptions = {}, nodes: NodeAccess = alwaysUp): MemberController {
  const addresses = new PodAddresses()
  const { pods } = options
  const queues = new Map<string, ClusterQueue>()
  // Probes, ends and starts come in bursts; one write tells of all.
  pods?.onChange((cluster, key) => queues.get(cluster)?.addSoon(key))
  const hear = (change: ClusterChange) => pods?.hear(change)
  return {
    name: 'kubelet',
    watches: {
      pods(change, queue) {
        const pod = change.object as Pod
        if (pods !== undefined) {
          queues.set(change.cluster, queue)
          pods.hear(change)
        }
        if (change.type === 'DELETED') addresses.release(change.cluster, pod.status?.podIP)
        else if (pod.spec.nodeName) {
          if (change.previous === undefined) addresses.claim(change.cluster, pod.status?.podIP)
          queue.add(keyIn(change))
        }
      },
      nodes({ cluster, type, object, previous }, queue) {
        if (type === 'DELETED' || previous === undefined) return
        if (isDown(object)) {
          if (!isDown(previous)) pods?.halt(cluster, object.metadata.name)
          return
        }
        // A kubelet that is up again looks at its pods.
        if (!isDown(previous) && readyStatus(previous) === readyStatus(object)) return
        for (const key of nodes.podsOn(cluster, object.metadata.name)) queue.add(key)
      },
      ...(pods === undefined ? {} : { configmaps: hear, secrets: hear, persistentvolumeclaims: hear }),
    },
    async reconcile(work) {
      const pod = work.cluster.peek('pods', work.key) as Pod | undefined
      if (pod === undefined || !pod.spec.nodeName || !nodes.isUp(work.cluster, pod.spec.nodeName)) return undefined
      const { cluster } = work
      const others = () => nodes.podsOn(cluster.name, pod.spec.nodeName as string)
      if (wantsTakenPort(pod, () => others().map((key) => cluster.peek('pods', key) as Pod | undefined))) {
        return reject(work, pod, portsTaken)
      }
      const isRejected = pod.status?.reason === portsTaken.reason && isFinished(pod)
      const place = (isRejected ? undefined : pods?.placeOf(work.cluster.name, pod)) ?? 'simulated'
      if (place === 'none') return undefined
      if (place === 'process') {
        await pods?.reconcile(work.cluster, pod, work.write)
        return undefined
      }
      return pod.metadata.deletionTimestamp === undefined ? run(work, pod, addresses) : terminate(work, pod)
    },
    forget(cluster) {
      addresses.forget(cluster)
      queues.delete(cluster)
      pods?.forget(cluster)
    },
  }
}

async function reject(work: Work, pod: Pod, { reason, message }: { reason: string; message: string }): Promise<undefined> {
  if (isFinished(pod)) return undefined
  const status = { phase: 'Failed', reason, message, startTime: work.nowText() }
  const written = await work.write.status(pod, { ...pod, status: { ...pod.status, ...status } })
  if (written !== pod) await work.write.warn(written, reason, message.replace('Pod was rejected: ', ''), work.nowText())
  return undefined
}

async function terminate(work: Work, pod: Pod): Promise<undefined> {
  // Finalizers hold it still; what runs in it has ended.
  if ((pod.metadata.deletionGracePeriodSeconds ?? 0) > 0 || !pod.metadata.finalizers?.length) {
    await work.write.delete(pod, { gracePeriodSeconds: 0 })
  }
  return undefined
}

async function run(work: Work, pod: Pod, addresses: PodAddresses): Promise<number | undefined> {
  if (isFinished(pod)) return undefined
  const stage = stageOf(pod, work.now())
  const node = work.cluster.peek('nodes', pod.spec.nodeName as string) as Node | undefined
  const status = podStatus(pod, stage, {
    nowText: work.nowText(),
    hostIP: node?.status?.addresses?.find((address) => address.type === 'InternalIP')?.address ?? '127.0.0.1',
    podIP: simulatedAddress(pod) ?? (pod.spec.hostNetwork ? undefined : addresses.next(work.cluster.name)),
  })
  const written = await work.write.status(pod, { ...pod, status })
  const trouble = troubles[stage.kind]
  if (written !== pod && trouble !== undefined) await work.write.warn(written, trouble.reason, trouble.message, work.nowText())
  return againAfter(stage, work.now())
}

/** The address that it has; that of a process which it was in an earlier run of the fleet is not kept. */
function simulatedAddress({ status }: Pod): string | undefined {
  return status?.podIP?.startsWith('127.') ? undefined : status?.podIP
}

const troubles: { readonly [kind in PodStage['kind']]?: { reason: string; message: string } } = {
  'no-image': { reason: 'Failed', message: 'Error: ImagePullBackOff' },
  crashing: { reason: 'BackOff', message: 'Back-off restarting failed container' },
}

function againAfter(stage: PodStage, now: number): number | undefined {
  return stage.nextAt === undefined ? undefined : Math.max(stage.nextAt - now, 1)
}

const mostAddresses = 65_000

/** Addresses of pods: 10.244.0.0/16 in every cluster, in order, without those in use. */
class PodAddresses {
  readonly #clusters = new Map<string, { last: number; used: Set<string> }>()

  /** Undefined when there are none left. */
  next(cluster: string): string | undefined {
    const pool = this.#pool(cluster)
    for (let tries = 0; tries < mostAddresses; tries++) {
      pool.last = (pool.last + 1) % mostAddresses
      const address = `10.244.${(pool.last + 256) >> 8}.${pool.last & 255}`
      if ((pool.last & 255) === 0 || (pool.last & 255) === 255 || pool.used.has(address)) continue
      pool.used.add(address)
      return address
    }
    return undefined
  }

  claim(cluster: string, address: string | undefined): void {
    if (address !== undefined) this.#pool(cluster).used.add(address)
  }

  release(cluster: string, address: string | undefined): void {
    if (address !== undefined) this.#pool(cluster).used.delete(address)
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
  }

  #pool(cluster: string): { last: number; used: Set<string> } {
    let pool = this.#clusters.get(cluster)
    if (pool === undefined) this.#clusters.set(cluster, (pool = { last: 0, used: new Set() }))
    return pool
  }
}
