import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterChange, ClusterNetwork, NetworkOf } from '../../contract.js'
import type { MemberController, Work } from '../contract.js'
import type { Node } from '../engine/objects.js'
import { isDown } from './chaos-state.js'
import { defaultInstanceType, type InstanceType } from './instance-types.js'
import { isReported, isSimulated, podRangeOf, poolNode, reportedStatus } from './simulated-node.js'

export interface NodePoolOptions {
  /** Simulated nodes of a cluster (default 3). */
  readonly count?: number
  /** Their types, in order; wins over `count`. */
  readonly machines?: readonly InstanceType[]
  /** Those of one cluster, when it has others than the rest. */
  readonly machinesOf?: (cluster: string) => readonly InstanceType[] | undefined
  /** Where a cluster's nodes are; undefined: in a region of the cluster's name. */
  readonly regionOf?: (cluster: string) => string | undefined
  readonly networkOf?: NetworkOf
}

const createPrefix = 'create/'

/**
 * Gives every member its simulated nodes, and plays the kubelet of every simulated Node, whoever made it: registers what the
 * machine has and says that it is ready. Nodes of the pool that a user deletes stay deleted until the process starts again.
 */
export function createNodePool(options: NodePoolOptions = {}): MemberController {
  const usual = options.machines ?? Array<InstanceType>(options.count ?? 3).fill(defaultInstanceType)
  const machinesOf = (cluster: string) => options.machinesOf?.(cluster) ?? usual
  const numbers = new NodeNumbers()
  return {
    name: 'node-pool',
    manager: 'kubelet',
    watches: {
      // Namespace kube-system is the first sign of life of a cluster.
      namespaces({ cluster, object, type }: ClusterChange, queue) {
        if (object.metadata.name !== 'kube-system' || type !== 'ADDED') return
        for (let index = 1; index <= machinesOf(cluster).length; index++) queue.add(`${createPrefix}${index}`)
      },
      nodes({ cluster, type, object }, queue) {
        const { name } = object.metadata
        if (type === 'DELETED') numbers.release(cluster, name)
        else if (isSimulated(object) && !isDown(object) && !isReported(object as Node)) queue.add(name)
      },
    },
    async reconcile(work) {
      const network = options.networkOf?.(work.cluster.name)
      if (work.key.startsWith(createPrefix)) {
        const n = Number(work.key.slice(createPrefix.length))
        const type = machinesOf(work.cluster.name)[n - 1] ?? defaultInstanceType
        await create(work, n, type, { numbers, network }, options.regionOf?.(work.cluster.name))
      } else await register(work, { numbers, network })
      return undefined
    },
    forget: (cluster) => numbers.forget(cluster),
  }
}

interface Numbering {
  readonly numbers: NodeNumbers
  readonly network: ClusterNetwork | undefined
}

/** With all that its kubelet would report, in one write. */
async function create(
  work: Work,
  n: number,
  type: InstanceType,
  { numbers, network }: Numbering,
  region: string | undefined,
): Promise<void> {
  const node = poolNode(work.cluster.name, n, type, region)
  if (work.cluster.peek('nodes', node.metadata.name) !== undefined) return
  const number = numbers.of(work.cluster.name, node.metadata.name)
  const at = { nowText: work.nowText(), number, network, cluster: work.cluster }
  say(work, await work.write.create({ ...node, status: reportedStatus(node as Node, at) }), true)
}

async function register(work: Work, { numbers, network }: Numbering): Promise<void> {
  let node = work.cluster.peek('nodes', work.key) as Node | undefined
  if (node === undefined || isDown(node) || isReported(node)) return
  const number = numbers.of(work.cluster.name, work.key)
  const range = podRangeOf(number)
  if (!node.spec?.podCIDR && range.podCIDR) node = await work.write.update({ ...node, spec: { ...node.spec, ...range } })
  const at = { nowText: work.nowText(), number, network, cluster: work.cluster }
  const first = !node.status?.conditions?.some(({ type }) => type === 'Ready')
  const written = await work.write.status(node, { ...node, status: reportedStatus(node, at) as NonNullable<Node['status']> })
  say(work, written, first)
}

function say(work: Work, node: KubeObject, first: boolean): void {
  const { name } = node.metadata
  const record = (reason: string, message: string, component: string) =>
    void work.write.record(node, { reason, message, component }, work.nowText())
  if (first) {
    record('Starting', 'Starting kubelet.', 'kubelet')
    record('RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`, 'node-controller')
  }
  record('NodeReady', `Node ${name} status is now: NodeReady`, 'kubelet')
}

/** Which number each simulated node of a cluster has: addresses follow from it. Those of the pool are in their names. */
class NodeNumbers {
  readonly #clusters = new Map<string, { byName: Map<string, number>; used: Set<number>; next: number }>()

  of(cluster: string, name: string): number {
    let known = this.#clusters.get(cluster)
    if (known === undefined) this.#clusters.set(cluster, (known = { byName: new Map(), used: new Set(), next: 1 }))
    const found = known.byName.get(name)
    if (found !== undefined) return found
    const own = Number(/^node-([1-9]\d{0,4})$/.exec(name)?.[1] ?? 0)
    let number = own
    if (number === 0 || known.used.has(number)) {
      while (known.used.has(known.next)) known.next++
      number = known.next
    }
    known.byName.set(name, number)
    known.used.add(number)
    return number
  }

  release(cluster: string, name: string): void {
    const known = this.#clusters.get(cluster)
    const number = known?.byName.get(name)
    if (known === undefined || number === undefined) return
    known.byName.delete(name)
    known.used.delete(number)
    known.next = Math.min(known.next, number)
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
  }
}
