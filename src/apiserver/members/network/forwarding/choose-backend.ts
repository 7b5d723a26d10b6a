import type { Backend, Front } from './service-plan.js'

/** Where a connection comes from; fields are undefined for callers that are on no node, such as a shell of this machine. */
export interface Caller {
  readonly node: string | undefined
  readonly zone: string | undefined
}

/**
 * The endpoints that a connection may go to, as kube-proxy on the caller's node would have them (pkg/proxy/topology.go):
 * ready ones, or when there are none those that still serve while they end; with policy Local only those of the node; with
 * hints for zones those of the caller's zone, provided that every ready endpoint has hints and one is for that zone.
 *
 * A caller on no node has no local endpoints: to it, and to a load balancer, which sends to the nodes that have some, Local
 * means all.
 */
export function usableBackends(front: Pick<Front, 'backends' | 'policy' | 'kind' | 'node'>, caller: Caller): readonly Backend[] {
  const { backends } = front
  const node = front.kind === 'node' ? front.node : caller.node
  if (front.policy === 'Local' && node !== undefined && (front.kind === 'internal' || front.kind === 'node')) {
    return readyOrEnding(backends.filter((backend) => backend.node === node))
  }
  const usable = readyOrEnding(backends)
  if (front.policy === 'Local' || caller.zone === undefined || !usable[0]?.ready) return usable
  const near = usable.filter((backend) => backend.zones.includes(caller.zone!))
  return near.length > 0 && usable.every((backend) => backend.zones.length > 0) ? near : usable
}

function readyOrEnding(backends: readonly Backend[]): readonly Backend[] {
  const ready = backends.filter((backend) => backend.ready)
  return ready.length > 0 ? ready : backends.filter((backend) => backend.serving && backend.terminating)
}
