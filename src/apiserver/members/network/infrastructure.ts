import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterChange } from '../../contract.js'
import type { MemberController, Work } from '../contract.js'
import { idOf, resolveId } from '../engine/owner-index.js'

/**
 * What a cloud would give: an address for every Service of type LoadBalancer and every Ingress, and storage for every
 * claim. Addresses are of 172.18.255.0/24 and up; behind claims there is nothing.
 */
export function createInfrastructure(): MemberController {
  const addresses = new Addresses()
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
      persistentvolumeclaims(change, queue) {
        if (change.type === 'ADDED') queue.add(idOf(change.groupResource, change.object))
      },
    },
    async reconcile(work) {
      const object = resolveId(work.cluster, work.key)
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined
      if (object.kind === 'PersistentVolumeClaim') await bind(work, object)
      else await expose(work, object, addresses)
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
  const ingress = wants
    ? [{ ip: asked ?? addresses.next(work.cluster.name), ...(object.kind === 'Service' ? { ipMode: 'VIP' } : {}) }]
    : []
  const status = { ...(object['status'] as object), loadBalancer: wants ? { ingress } : {} }
  await work.write.status(object, { ...object, status })
}

async function bind(work: Work, claim: KubeObject): Promise<void> {
  const spec = claim['spec'] as
    | { accessModes?: string[]; resources?: { requests?: Record<string, string> }; volumeName?: string }
    | undefined
  const status = { phase: 'Bound', accessModes: spec?.accessModes ?? [], capacity: spec?.resources?.requests ?? {} }
  if (!equalJson((claim['status'] as { phase?: string } | undefined)?.phase, 'Bound')) {
    await work.write.status(claim, { ...claim, status })
  }
}

/** Addresses of load balancers, in order, without those in use. */
class Addresses {
  readonly #clusters = new Map<string, Set<string>>()

  next(cluster: string): string {
    const used = this.#of(cluster)
    for (let number = 0; ; number++) {
      const address = `172.${18 + Math.floor(number / 250 / 256)}.${(255 - Math.floor(number / 250)) & 255}.${1 + (number % 250)}`
      if (used.has(address)) continue
      used.add(address)
      return address
    }
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
