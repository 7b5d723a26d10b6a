import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LogicalCluster } from '../../contract.js'
import { isSimulated } from './simulated-node.js'

/** Annotations of a Node that tell its simulated kubelet to fail. */
export const chaos = {
  /** `stopped` or `crashed`: the kubelet posts nothing any more, and nothing on the node starts, ends or is confirmed. */
  state: 'chaos.flotilla.dev/state',
  /** Seconds until the node counts as lost (default 40, as kube-controller-manager has it). */
  graceSeconds: 'chaos.flotilla.dev/grace-seconds',
} as const

export function isDown({ metadata }: KubeObject): boolean {
  const state = metadata.annotations?.[chaos.state]
  return state === 'stopped' || state === 'crashed'
}

export function graceMs({ metadata }: KubeObject): number {
  const seconds = Number(metadata.annotations?.[chaos.graceSeconds] ?? '')
  return metadata.annotations?.[chaos.graceSeconds] !== undefined && seconds >= 0 ? seconds * 1000 : 40_000
}

/** Whether Flotilla plays the kubelet of the node, and that kubelet is up. */
export function isKubeletUp(cluster: LogicalCluster, name: string | undefined): boolean {
  const node = name === undefined ? undefined : cluster.peek('nodes', name)
  return node !== undefined && isSimulated(node) && !isDown(node)
}
