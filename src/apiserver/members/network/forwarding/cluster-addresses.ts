import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { ClusterNetwork } from '../../../contract.js'
import type { Node, Pod } from '../../engine/objects.js'
import { isWithin } from '../address-plan.js'
import type { NodeAddress } from './service-plan.js'

/** Whose a cluster's loopback addresses are: those of nodes, and of pods that run as processes. */
export class ClusterAddresses {
  readonly #network: ClusterNetwork
  readonly #nodeOfPod = new Map<string, { pod: string; node: string }>()
  readonly #addressOfNode = new Map<string, string>()

  constructor(network: ClusterNetwork) {
    this.#network = network
  }

  /** In the order they came about. */
  get nodes(): NodeAddress[] {
    return [...this.#addressOfNode].map(([node, address]) => ({ node, address }))
  }

  /** Undefined for addresses that are not on any node. */
  nodeOf(address: string): string | undefined {
    const pod = this.#nodeOfPod.get(address)
    if (pod !== undefined) return pod.node
    for (const [node, own] of this.#addressOfNode) if (own === address) return node
    return undefined
  }

  hearPod(object: KubeObject, gone: boolean): void {
    const { metadata, spec, status } = object as Pod
    const address = status?.podIP
    // Nearly all pods are simulated.
    if (address === undefined || !address.startsWith('127.') || !isWithin(this.#network.podRange, address)) return
    const pod = metadata.uid ?? metadata.name
    if (!gone && spec.nodeName !== undefined) this.#nodeOfPod.set(address, { pod, node: spec.nodeName })
    // The address may be another pod's by now.
    else if (this.#nodeOfPod.get(address)?.pod === pod) this.#nodeOfPod.delete(address)
  }

  /** True when the addresses of nodes have changed. */
  hearNode(object: KubeObject, gone: boolean): boolean {
    const { name } = object.metadata
    const before = this.#addressOfNode.get(name)
    const internal = (object as Node).status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    const address = !gone && internal !== undefined && isWithin(this.#network.nodeRange, internal) ? internal : undefined
    if (address === before) return false
    if (address === undefined) this.#addressOfNode.delete(name)
    else this.#addressOfNode.set(name, address)
    return true
  }
}
