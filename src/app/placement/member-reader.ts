import type { NodeFacts, PodFacts } from '../../delivery/placement/capacity/free-replicas.js'
import { podRequests, readAmounts } from '../../delivery/placement/capacity/pod-requests.js'
import type { ClusterFacts, Taint } from '../../delivery/placement/contract.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { builtInResources } from '../../kube/schema/resources.js'

export interface Room {
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
}

const builtIn = (plural: string) => builtInResources.find((type) => type.group === '' && type.plural === plural) as ResourceType
const nodesType = builtIn('nodes')
const podsType = builtIn('pods')
const builtInKinds = new Set(builtInResources.map(({ group, version, kind }) => `${apiVersionOf(group, version)}/${kind}`))

/** Clusters asked at a time, and for how long each. */
const most = 32
const limitMs = 8_000

/** Asks members for what the hub has not published, each thing once. What cannot be learnt is not known: that forbids nothing. */
export class MemberReader {
  readonly #inventory: Inventory
  readonly #signal: AbortSignal
  readonly #rooms = new Map<string, Promise<Room | undefined>>()
  readonly #kinds = new Map<string, Promise<ReadonlySet<string> | undefined>>()
  readonly #waiting: (() => void)[] = []
  #busy = 0

  constructor(inventory: Inventory, signal: AbortSignal) {
    this.#inventory = inventory
    this.#signal = signal
  }

  /** Whether a cluster serves the kind of an object, as the set that placing looks it up in. */
  async serves(
    { name, ready }: ClusterFacts,
    object: KubeObject,
    published: ReadonlySet<string> | undefined,
  ): Promise<ReadonlySet<string> | undefined> {
    const kind = `${object.apiVersion}/${object.kind}`
    if (published === undefined || published.size === 0) return undefined
    // A version that is not served has no kinds; of those that are, the built-in ones have all that Kubernetes has.
    if (!published.has(object.apiVersion)) return new Set()
    if (builtInKinds.has(kind)) return new Set([kind])
    if (ready !== true) return undefined
    return await once(this.#kinds, name, () =>
      this.#ask(name, async (client, signal) => {
        const { all } = await client.resources({ signal })
        return new Set(all.map((type) => `${apiVersionOf(type.group, type.version)}/${type.kind}`))
      }),
    )
  }

  async room(name: string): Promise<Room | undefined> {
    return await once(this.#rooms, name, () =>
      this.#ask(name, async (client, signal) => {
        const [nodes, pods] = await Promise.all([client.list(nodesType, { signal }), client.list(podsType, { signal })])
        return { nodes: nodes.items.map(nodeOf), pods: pods.items.map(podOf) }
      }),
    )
  }

  async #ask<T>(name: string, read: (client: KubeClient, signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    if (this.#busy >= most) await new Promise<void>((go) => this.#waiting.push(go))
    this.#busy++
    try {
      return await read(this.#inventory.client(name), AbortSignal.any([this.#signal, AbortSignal.timeout(limitMs)]))
    } catch {
      return undefined
    } finally {
      this.#busy--
      this.#waiting.shift()?.()
    }
  }
}

function once<T>(known: Map<string, Promise<T>>, name: string, read: () => Promise<T>): Promise<T> {
  let answer = known.get(name)
  if (answer === undefined) known.set(name, (answer = read()))
  return answer
}

function nodeOf(node: KubeObject): NodeFacts {
  const spec = (node['spec'] ?? {}) as { taints?: Taint[]; unschedulable?: boolean }
  const status = (node['status'] ?? {}) as { allocatable?: unknown; conditions?: { type?: string; status?: string }[] }
  const { name, labels } = node.metadata
  return {
    name,
    ...(labels === undefined ? {} : { labels }),
    ...(spec.taints === undefined ? {} : { taints: spec.taints }),
    ...(spec.unschedulable === true ? { cordoned: true } : {}),
    allocatable: readAmounts(status.allocatable),
    ready: status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true,
  }
}

function podOf(pod: KubeObject): PodFacts {
  const spec = (pod['spec'] ?? {}) as Record<string, unknown>
  const { phase } = (pod['status'] ?? {}) as { phase?: string }
  const node = spec['nodeName']
  return {
    ...(typeof node === 'string' && node !== '' ? { node } : {}),
    requests: podRequests(spec),
    ...(phase === 'Succeeded' || phase === 'Failed' ? { finished: true } : {}),
  }
}
