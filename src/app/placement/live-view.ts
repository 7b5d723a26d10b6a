import { createAgentClusterSource } from '../../areas/agent/hub/agent-cluster-source.js'
import { agentClusterType } from '../../areas/agent/resource-types.js'
import { CodedError, messageOf, UsageError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import { ClusterDirectory } from '../../delivery/federation/clusters/cluster-directory.js'
import type { HubFacts } from '../../delivery/federation/contract.js'
import { roomNeeded } from '../../delivery/federation/engine/room-needed.js'
import { freeReplicas } from '../../delivery/placement/capacity/free-replicas.js'
import type { ClusterFacts } from '../../delivery/placement/contract.js'
import { createClusterSecretSource } from '../../dialects/argo-cd/cluster-secret/cluster-secret-source.js'
import {
  apiVersionsProperty,
  type ClusterProfile,
  clusterProfileType,
  healthProperty,
  managerLabel,
  managerName,
} from '../../dialects/cluster-profile/cluster-profile.js'
import { aliasesProperty, joinedValue } from '../../dialects/cluster-profile/to-cluster-profile.js'
import { createKarmadaClusterSource } from '../../dialects/karmada/cluster/cluster-source.js'
import { createKubeFedClusterSource } from '../../dialects/kubefed/cluster/cluster-source.js'
import type { ClusterState, Inventory, InventorySource } from '../../inventory/cluster.js'
import { inCluster, isInCluster, normalizeServer } from '../../inventory/in-cluster.js'
import { mergeSources } from '../../inventory/merge-sources.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient, ResourceCatalogue } from '../../kube/client/kube-client.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import { findCondition } from '../../kube/object/condition.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { readableCaches } from '../access/readable-caches.js'
import { federationDialects } from '../federation/federation-dialects.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import type { PlacementView } from './explain-placement.js'
import { MemberReader } from './member-reader.js'

export interface LiveView extends PlacementView {
  /** Clusters that do not answer: what they have room for is not known. */
  readonly unread: readonly { readonly name: string; readonly why: string }[]
  /** Its clusters, as the hub says that they are. */
  readonly inventory: Inventory
}

/** The hub as it stands now, with its clusters, for a reading command: the hub's own code decides here. Writes nothing. */
export async function withLiveView<T>(
  fleet: { readonly hub: KubeClient; readonly namespace: string },
  env: Readonly<Record<string, string | undefined>>,
  use: (view: LiveView) => Promise<T>,
): Promise<T> {
  const { hub, namespace } = fleet
  const ending = new AbortController()
  const clients = new Map<string, KubeClient>()
  const { signal } = ending
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const clientPorts = createSystemClientPorts(env)
  try {
    const served = await hub.resources()
    const caches = readableCaches(createCaches({ client: hub, ...ports, signal }), hub)
    const sources: InventorySource[] = [
      createClusterSecretSource({ caches, namespace }),
      createKubeFedClusterSource({ hub, caches }),
      createKarmadaClusterSource({ hub, caches }),
      // Their tunnels end at the hub: here they are names with labels, which is enough to decide.
      ...(served.forKind('flotilla.dev/v1alpha1', agentClusterType.kind) === undefined
        ? []
        : [createAgentClusterSource({ caches })]),
    ]
    await Promise.all(sources.map(({ ready }) => ready))
    const known = mergeSources(sources.map((source) => source.list())).clusters
    const byName = new Map(known.map((cluster) => [cluster.name, cluster]))
    const members = known.filter(({ server }) => !isInCluster(server))
    const bare = await readHub(hub, [])
    const profiles = await readProfiles(hub, namespace)
    // How clusters are is what the hub says of them: whoever asks here may stand where he reaches none. None is connected to unless
    // it must be asked for its room.
    const inventory: Inventory = {
      list: () => known,
      find({ name, server = '' }) {
        const found = name === undefined ? known.find((each) => each.server === normalizeServer(server)) : byName.get(name)
        return found ?? (name === inCluster.name || (name === undefined && isInCluster(server)) ? inCluster : undefined)
      },
      state: (name) => profiles.get(name)?.state ?? { health: 'Pending', reason: 'NotPublished', message: '', since: 0 },
      client(name) {
        const cluster = byName.get(name)
        if (cluster === undefined ? name === inCluster.name : isInCluster(cluster.server)) return hub
        if (cluster?.connection === undefined)
          throw new CodedError({ code: 'no-connection', message: `there is no way to reach cluster ${name} from here` })
        let client = clients.get(name)
        if (client === undefined)
          clients.set(name, (client = createHttpClient({ name, connection: cluster.connection, ports: clientPorts })))
        return client
      },
      onChange: () => () => {},
      ready: true,
    }
    const directory = new ClusterDirectory({
      hub,
      inventory,
      notes: () => federationDialects.flatMap((dialect) => dialect.clusterNotes?.(bare) ?? []),
    })
    directory.refresh()
    const clusters = directory.facts
    const reader = new MemberReader(inventory, signal)
    const unread = members.flatMap(({ name }) => {
      const { health, message } = inventory.state(name)
      return health === 'Healthy' || health === 'Pending' ? [] : [{ name, why: message || health }]
    })
    return await use({
      hub: { ...bare, clusters },
      dialects: federationDialects,
      unread,
      inventory,
      async clustersFor(read) {
        const { object } = read.workload
        const needs = roomNeeded(read)?.needs
        return await Promise.all(
          clusters.map(async (facts): Promise<ClusterFacts> => {
            const apis = await reader.serves(facts, object, profiles.get(facts.name)?.apiVersions)
            const room = needs === undefined || facts.ready !== true ? undefined : await reader.room(facts.name)
            return {
              ...facts,
              ...(apis === undefined ? {} : { apis }),
              ...(room === undefined || needs === undefined ? {} : { free: freeReplicas(room.nodes, room.pods, needs).replicas }),
            }
          }),
        )
      },
    })
  } finally {
    ending.abort()
    for (const client of clients.values()) client.close()
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

interface Published {
  readonly state: ClusterState
  readonly apiVersions: ReadonlySet<string>
}

/** What the hub has published of its clusters, by name. */
async function readProfiles(hub: KubeClient, namespace: string): Promise<ReadonlyMap<string, Published>> {
  const profiles = new Map<string, Published>()
  const { items } = await hub
    .list<ClusterProfile>(clusterProfileType, { namespace, labelSelector: `${managerLabel}=${managerName}` })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error
      return { items: [] as ClusterProfile[] }
    })
  for (const { metadata, spec, status } of items) {
    const health = status?.properties?.find(({ name }) => name === healthProperty)?.value ?? 'Pending'
    const condition = findCondition(status?.conditions, 'ControlPlaneHealthy')
    const published: Published = {
      state: {
        health: health as ClusterState['health'],
        reason: condition?.reason ?? '',
        message: condition?.message ?? '',
        since: Date.parse(condition?.lastTransitionTime ?? '') || 0,
      },
      apiVersions: new Set(joinedValue(status?.properties, apiVersionsProperty)),
    }
    for (const name of [spec.displayName ?? metadata.name, ...joinedValue(status?.properties, aliasesProperty)])
      profiles.set(name, published)
  }
  return profiles
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
