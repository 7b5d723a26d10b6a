import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterChange, NetworkOf } from '../../contract.js'
import { parseRange } from '../../registry/allocation/ipv4.js'
import type { MemberController, Work } from '../contract.js'
import { idOf, resolveId } from '../engine/owner-index.js'
import { addressAt } from './address-plan.js'

/**
 * What a cloud would give: an address for every Service of type LoadBalancer and every Ingress. Addresses are of the cluster's
 * range for load balancers, or without a network of its own of 172.18.255.0/24 and up.
 */
export function createInfrastructure(networkOf: NetworkOf = () => undefined): MemberController {
  const addresses = new Addresses(networkOf)
  const hear = (change: ClusterChange): boolean => {
    for (const { ip } of ingressOf(change.object)) {
      if (ip !== undefined) addresses.set(change.cluster, ip, change.type !== 'DELETED')
    }
    return change.type !== 'DELETED'
  }
  return {
    name: 'infrastructure',
    manager: 'cloud-controller-manager',
    watches: {
      services(change, queue) {
        if (hear(change) && wantsAddress(change.object) !== hasAddress(change.object))
          queue.add(idOf(change.groupResource, change.object))
      },
      'ingresses.networking.k8s.io'(change, queue) {
        if (hear(change) && !hasAddress(change.object)) queue.add(idOf(change.groupResource, change.object))
      },
    },
    async reconcile(work) {
      const object = resolveId(work.cluster, work.key)
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined
      await expose(work, object, addresses)
      return undefined
    },
    forget: (cluster) => addresses.forget(cluster),
  }
}

interface LoadBalancerStatus {
  loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] }
}

function ingressOf(object: KubeObject): { ip?: string; hostname?: string }[] {
  return (object['status'] as LoadBalancerStatus | undefined)?.loadBalancer?.ingress ?? []
}

function hasAddress(object: KubeObject): boolean {
  return ingressOf(object).length > 0
}

function wantsAddress(object: KubeObject): boolean {
  if (object.kind !== 'Service') return true
  const spec = object['spec'] as { type?: string; loadBalancerClass?: string }
  return spec.type === 'LoadBalancer' && spec.loadBalancerClass === undefined
}

async function expose(work: Work, object: KubeObject, addresses: Addresses): Promise<void> {
  const wants = wantsAddress(object)
  if (wants === hasAddress(object)) return
  const asked = (object['spec'] as { loadBalancerIP?: string } | undefined)?.loadBalancerIP
  const ip = wants ? (asked ?? addresses.next(work.cluster.name)) : undefined
  // All are in use: as in a cloud that gives no more, it waits.
  if (wants && ip === undefined) return
  const ingress = wants ? [{ ip, ...(object.kind === 'Service' ? { ipMode: 'VIP' } : {}) }] : []
  const status = { ...(object['status'] as object), loadBalancer: wants ? { ingress } : {} }
  await work.write.status(object, { ...object, status })
}

/** Addresses of load balancers, in order, without those in use. */
class Addresses {
  readonly #clusters = new Map<string, Set<string>>()
  readonly #networkOf: NetworkOf

  constructor(networkOf: NetworkOf) {
    this.#networkOf = networkOf
  }

  /** Undefined when the cluster's range has no free one. */
  next(cluster: string): string | undefined {
    const used = this.#of(cluster)
    const range = this.#networkOf(cluster)?.loadBalancerRange
    const most = range === undefined ? Number.POSITIVE_INFINITY : parseRange(range).size - 2
    for (let number = 0; number < most; number++) {
      const address = range
        ? addressAt(range, number + 1)
        : `172.${18 + Math.floor(number / 250 / 256)}.${(255 - Math.floor(number / 250)) & 255}.${1 + (number % 250)}`
      if (used.has(address)) continue
      used.add(address)
      return address
    }
    return undefined
  }

  set(cluster: string, address: string, used: boolean): void {
    if (used) this.#of(cluster).add(address)
    else this.#of(cluster).delete(address)
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
  }

  #of(cluster: string): Set<string> {
    let used = this.#clusters.get(cluster)
    if (used === undefined) this.#clusters.set(cluster, (used = new Set()))
    return used
  }
}
