import type { Clock } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { Cache } from '../../../kube/informer/cache.js'
import { createCaches } from '../../../kube/informer/create-caches.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { freeReplicas, type NodeFacts, type PodFacts } from '../../placement/capacity/free-replicas.js'
import { podRequests, readAmounts } from '../../placement/capacity/pod-requests.js'
import type { ReplicaNeeds } from '../../placement/capacity/replica-needs.js'
import type { Taint } from '../../placement/contract.js'

export interface ClusterCapacityOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** Room has become free or was taken. Must only enqueue. */
  readonly onChange: () => void
}

const nodeType: ResourceType = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }
const podType: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
/** Until then what was decided shows as pods of its own. */
const reservedMs = 20_000
const mostReserved = 1000

/** The room of one cluster: watches its nodes and pods from when it is first asked, and keeps of each only what room depends on. */
export class ClusterCapacity {
  readonly #options: ClusterCapacityOptions
  /** Epoch ms when somebody first asked. */
  readonly askedAt: number
  #nodes: Cache | undefined
  #pods: Cache | undefined
  readonly #answers = new Map<string, number>()
  #reserved: { readonly until: number; readonly pods: readonly PodFacts[] }[] = []

  constructor(options: ClusterCapacityOptions) {
    this.#options = options
    this.askedAt = options.clock.now()
    const { client, clock, random, log, signal, onChange } = options
    const transform = (object: KubeObject, type: ResourceType) => (type.kind === 'Pod' ? trimPod(object) : trimNode(object))
    const caches = createCaches({ client, clock, random, log, signal, transform })
    Promise.all([caches.cache(nodeType), caches.cache(podType)]).then(
      ([nodes, pods]) => {
        this.#nodes = nodes
        this.#pods = pods
        const changed = () => {
          this.#answers.clear()
          onChange()
        }
        nodes.onChange(changed)
        pods.onChange(changed)
        changed()
      },
      () => {},
    )
  }

  /** How many more replicas fit; undefined until the cluster has been read. `key`: the same for the same needs. */
  free(needs: ReplicaNeeds, key: string): number | undefined {
    if (this.#nodes === undefined || this.#pods === undefined) return undefined
    const now = this.#options.clock.now()
    if (this.#reserved.some(({ until }) => until <= now)) {
      this.#reserved = this.#reserved.filter(({ until }) => until > now)
      this.#answers.clear()
    }
    let answer = this.#answers.get(key)
    if (answer === undefined) {
      const nodes = this.#nodes.list().map((object) => object['facts'] as NodeFacts)
      const pods = this.#pods.list().map((object) => object['facts'] as PodFacts)
      answer = freeReplicas(nodes, [...pods, ...this.#reserved.flatMap((each) => each.pods)], needs).replicas
      this.#answers.set(key, answer)
    }
    return answer
  }

  /** So many replicas are on their way there. */
  reserve(needs: ReplicaNeeds, replicas: number): void {
    const pods = Array.from({ length: Math.min(replicas, mostReserved) }, (): PodFacts => ({ requests: needs.requests }))
    this.#reserved.push({ until: this.#options.clock.now() + reservedMs, pods })
    this.#answers.clear()
  }
}

function trimPod(pod: KubeObject): KubeObject {
  const spec = isObject(pod['spec']) ? pod['spec'] : {}
  const phase = isObject(pod['status']) ? pod['status']['phase'] : undefined
  const facts: PodFacts = {
    ...(typeof spec['nodeName'] === 'string' && spec['nodeName'] !== '' ? { node: spec['nodeName'] } : {}),
    requests: podRequests(spec),
    ...(phase === 'Succeeded' || phase === 'Failed' ? { finished: true } : {}),
  }
  return { ...identityOf(pod), facts }
}

function trimNode(node: KubeObject): KubeObject {
  const spec = isObject(node['spec']) ? node['spec'] : {}
  const status = isObject(node['status']) ? node['status'] : {}
  const conditions = Array.isArray(status['conditions']) ? status['conditions'].filter(isObject) : []
  const taints = Array.isArray(spec['taints']) ? (spec['taints'].filter(isObject) as unknown as Taint[]) : []
  const facts: NodeFacts = {
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    taints,
    allocatable: readAmounts(status['allocatable']),
    ready: conditions.some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True'),
    ...(spec['unschedulable'] === true ? { cordoned: true } : {}),
  }
  return { ...identityOf(node), facts }
}

function identityOf({ apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } }: KubeObject): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  }
}
