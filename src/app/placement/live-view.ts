import { CodedError, messageOf, UsageError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import { ClusterDirectory } from '../../delivery/federation/clusters/cluster-directory.js'
import type { HubFacts } from '../../delivery/federation/contract.js'
import { freeReplicas, type NodeFacts, type PodFacts } from '../../delivery/placement/capacity/free-replicas.js'
import { podRequests, readAmounts } from '../../delivery/placement/capacity/pod-requests.js'
import { replicaNeeds } from '../../delivery/placement/capacity/replica-needs.js'
import type { ClusterFacts, Taint } from '../../delivery/placement/contract.js'
import { createClusterSecretSource } from '../../dialects/argo-cd/cluster-secret/cluster-secret-source.js'
import { createKarmadaClusterSource } from '../../dialects/karmada/cluster/cluster-source.js'
import { createKubeFedClusterSource } from '../../dialects/kubefed/cluster/cluster-source.js'
import type { Inventory } from '../../inventory/cluster.js'
import { createInventory } from '../../inventory/create-inventory.js'
import { isInCluster } from '../../inventory/in-cluster.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient, ResourceCatalogue } from '../../kube/client/kube-client.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { builtInResources } from '../../kube/schema/resources.js'
import { federationDialects } from '../federation-dialects.js'
import { createSystemClientPorts } from '../system-client-ports.js'
import { systemClock, systemRandom } from '../system-ports.js'
import type { PlacementView } from './explain-placement.js'

export interface LiveView extends PlacementView {
  /** Clusters that do not answer: what they have room for is not known. */
  readonly unread: readonly { readonly name: string; readonly why: string }[]
}

const builtIn = (plural: string) => builtInResources.find((type) => type.group === '' && type.plural === plural) as ResourceType
const nodesType = builtIn('nodes')
const podsType = builtIn('pods')

/** The hub as it stands now, with its clusters, for a reading command: the hub's own code decides here. Writes nothing. */
export async function withLiveView<T>(
  fleet: { readonly hub: KubeClient; readonly namespace: string },
  env: Readonly<Record<string, string | undefined>>,
  use: (view: LiveView) => Promise<T>,
  limitMs = 10_000,
): Promise<T> {
  const { hub, namespace } = fleet
  const ending = new AbortController()
  const { signal } = ending
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const clientPorts = createSystemClientPorts(env)
  try {
    const caches = createCaches({ client: hub, ...ports, signal })
    const inventory = createInventory({
      sources: [
        createClusterSecretSource({ caches, namespace }),
        createKubeFedClusterSource({ hub, caches }),
        createKarmadaClusterSource({ hub, caches }),
      ],
      hub,
      connect: (cluster, connection) => createHttpClient({ name: cluster.name, connection, ports: clientPorts }),
      ...ports,
      signal,
    })
    await inventory.whenReady
    const members = inventory.list().filter(({ server }) => !isInCluster(server))
    const end = systemClock.now() + limitMs
    while (members.some(({ name }) => inventory.state(name).health === 'Pending') && systemClock.now() < end)
      await new Promise((done) => setTimeout(done, 20))
    const bare = await readHub(hub, [])
    const directory = new ClusterDirectory({
      hub,
      inventory,
      notes: () => federationDialects.flatMap((dialect) => dialect.clusterNotes?.(bare) ?? []),
    })
    await Promise.all(members.map(({ name }) => learnApis(directory, inventory, name, signal)))
    directory.refresh()
    const clusters = directory.facts
    const rooms = new Map<string, Promise<Room | undefined>>()
    const unread = members.flatMap(({ name }) => {
      const { health, message } = inventory.state(name)
      return health === 'Healthy' ? [] : [{ name, why: message || health }]
    })
    return await use({
      hub: { ...bare, clusters },
      dialects: federationDialects,
      unread,
      async clustersFor({ object, replicas }) {
        const podSpec = podSpecOf(object)
        if (replicas === undefined || podSpec === undefined) return clusters
        const needs = replicaNeeds(podSpec)
        return await Promise.all(
          clusters.map(async (facts) => {
            if (facts.ready !== true) return facts
            let room = rooms.get(facts.name)
            if (room === undefined) rooms.set(facts.name, (room = readRoom(inventory, facts.name, signal)))
            const known = await room
            return known === undefined ? facts : { ...facts, free: freeReplicas(known.nodes, known.pods, needs).replicas }
          }),
        )
      },
    })
  } finally {
    ending.abort()
  }
}

/** Everything that the dialects ask for; which kinds are sources may follow from what was read. */
async function readHub(hub: KubeClient, clusters: readonly ClusterFacts[]): Promise<HubFacts> {
  const catalogue = await hub.resources()
  const lists = new Map<string, readonly KubeObject[]>()
  const facts = factsOf(catalogue, lists, clusters)
  const keyOf = ({ group, plural }: ResourceType) => `${group}/${plural}`
  for (let round = 0; round < 4; round++) {
    const wanted = federationDialects.flatMap((dialect) => [...dialect.hubKinds, ...dialect.sourceKinds(facts)])
    const missing = new Map(wanted.filter((type) => !lists.has(keyOf(type))).map((type) => [keyOf(type), type]))
    if (missing.size === 0) break
    await Promise.all([...missing].map(async ([key, type]) => lists.set(key, await listAll(hub, type))))
  }
  return facts
}

async function listAll(hub: KubeClient, type: ResourceType): Promise<readonly KubeObject[]> {
  const { items } = await hub.list(type).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
    return { items: [] }
  })
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`
  return items.map((item) => (item.kind === undefined ? { ...item, apiVersion, kind: type.kind } : item))
}

function factsOf(
  catalogue: ResourceCatalogue,
  lists: ReadonlyMap<string, readonly KubeObject[]>,
  clusters: readonly ClusterFacts[],
): HubFacts {
  return {
    objects: (type, { namespace, name } = {}) =>
      (lists.get(`${type.group}/${type.plural}`) ?? []).filter(
        ({ metadata }) =>
          (namespace === undefined || (metadata.namespace ?? '') === namespace) && (name === undefined || metadata.name === name),
      ),
    clusters,
    typeOf: (apiVersion, kind) => catalogue.forKind(apiVersion, kind),
    typeNamed: (group, plural) => catalogue.all.find((type) => type.group === group && type.plural === plural),
    nowMs: systemClock.now(),
  }
}

async function learnApis(directory: ClusterDirectory, inventory: Inventory, name: string, signal: AbortSignal): Promise<void> {
  try {
    if (inventory.state(name).health === 'Healthy') directory.learnApis(name, await inventory.client(name).resources({ signal }))
  } catch {
    // What is not known forbids nothing.
  }
}

interface Room {
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
}

async function readRoom(inventory: Inventory, cluster: string, signal: AbortSignal): Promise<Room | undefined> {
  try {
    const client = inventory.client(cluster)
    const [nodes, pods] = await Promise.all([client.list(nodesType, { signal }), client.list(podsType, { signal })])
    return { nodes: nodes.items.map(nodeOf), pods: pods.items.map(podOf) }
  } catch {
    // A cluster whose room cannot be read has room as far as anybody knows.
    return undefined
  }
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

function podSpecOf({ spec }: KubeObject): Record<string, unknown> | undefined {
  return (spec as { template?: { spec?: Record<string, unknown> } } | undefined)?.template?.spec
}

/** An object of the hub by what kubectl would call its kind. */
export async function findObject(hub: KubeClient, kind: string, namespace: string, name: string): Promise<KubeObject> {
  const type = (await hub.resources()).forName(kind)
  if (type === undefined) {
    throw new UsageError({
      code: 'unknown-kind',
      message: `the hub serves no kind "${kind}"`,
      fix: 'Name it as kubectl would: deployment, deploy, federateddeployments.types.kubefed.io.',
    })
  }
  try {
    const object = await hub.get({ type, name, ...(type.namespaced ? { namespace } : {}) })
    return object.kind === undefined ? { ...object, kind: type.kind } : object
  } catch (error) {
    if (!isNotFound(error)) throw error
    const where = type.namespaced ? `namespace ${namespace}` : 'the hub'
    throw new CodedError({
      code: 'object-not-found',
      message: `there is no ${type.kind} ${name} in ${where}: ${messageOf(error)}`,
      fix: type.namespaced
        ? 'Name its namespace with -n.'
        : `See kubectl get ${type.plural}${groupOf(type.group) ? `.${type.group}` : ''}.`,
      cause: error,
    })
  }
}
