import { chaos } from '../../apiserver/members/nodes/chaos-state.js'
import { CodedError } from '../../base/errors.js'
import { equalJson } from '../../base/json.js'
import { type ClusterProfile, clusterProfileType } from '../../dialects/cluster-profile/cluster-profile.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { hasReason, isNotFound } from '../../kube/object/status-error.js'
import { clusterChaos, type LinkChaos, noChaos, readClusterChaos, readLinkTexts, type WantedChaos } from './chaos-annotations.js'
import { formatDuration, formatFault, noOutage, type Outage } from './outage.js'

export const nodeType: ResourceType = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }
const podType: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }

type Annotations = Readonly<Record<string, string | null>>

/** Makes the kubelet of a node fail. `graceSeconds`: until the node counts as lost (default 40). */
export async function failNode(
  cluster: KubeClient,
  name: string,
  { state, graceSeconds }: { state: 'stopped' | 'crashed'; graceSeconds?: number },
): Promise<void> {
  await annotate(
    cluster,
    nodeType,
    { name },
    {
      [chaos.state]: state,
      [chaos.graceSeconds]: graceSeconds === undefined ? null : String(graceSeconds),
    },
  )
}

export async function healNode(cluster: KubeClient, name: string): Promise<void> {
  await annotate(cluster, nodeType, { name }, { [chaos.state]: null, [chaos.graceSeconds]: null })
}

/** Takes a node away: cordons it, evicts what PodDisruptionBudgets let go, and deletes it. `now` skips the first two. */
export async function removeNode(
  cluster: KubeClient,
  name: string,
  options: { now: boolean; wait(ms: number): Promise<void>; timeoutMs: number },
): Promise<{ evicted: number }> {
  let evicted = 0
  if (!options.now) {
    await cluster.patch(
      { type: nodeType, name },
      { kind: 'merge', body: { spec: { unschedulable: true } } },
      { fieldManager: manager },
    )
    for (let waited = 0; ; waited += 1000) {
      const { items } = await cluster.list(podType, { fieldSelector: `spec.nodeName=${name}` })
      const left = items.filter((pod) => !pod.metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet'))
      if (left.length === 0) break
      if (waited >= options.timeoutMs) {
        throw new CodedError({
          code: 'node-not-empty',
          message: `${left.length} pods are still on ${name} after ${options.timeoutMs / 1000} s, first ${left[0]?.metadata.namespace}/${left[0]?.metadata.name}`,
          fix: 'Look at their PodDisruptionBudgets, or take the node away with --now.',
        })
      }
      for (const pod of left) if (!pod.metadata.deletionTimestamp && (await evict(cluster, pod))) evicted++
      await options.wait(1000)
    }
  }
  await cluster.delete({ type: nodeType, name })
  return { evicted }
}

/** False when a budget keeps the pod for now. */
async function evict(cluster: KubeClient, { metadata }: KubeObject): Promise<boolean> {
  const { name, namespace = '' } = metadata
  const body = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } })
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`
  try {
    await cluster.raw('POST', path, { body, contentType: 'application/json' })
    return true
  } catch (error) {
    if (hasReason(error, 'TooManyRequests')) return false
    if (isNotFound(error)) return true
    throw error
  }
}

/** Ends a pod at once, as if its machine had dropped it. */
export async function killPod(cluster: KubeClient, namespace: string, name: string): Promise<void> {
  await cluster.delete({ type: podType, namespace, name }, { gracePeriodSeconds: 0 })
}

/** What is to be wrong with a cluster from now on; what is not named stays as it is. */
export interface ClusterChange {
  readonly state?: 'stopped' | null
  readonly api?: Outage
  readonly network?: Outage
  readonly latencyMs?: number | null
}

export async function failCluster(hub: KubeClient, namespace: string, cluster: string, change: ClusterChange): Promise<void> {
  const { metadata } = memberProfile(await profilesOf(hub, namespace), cluster)
  const outage = (value: Outage) => formatFault({ outage: value, latencyMs: 0 }) || null
  await annotate(
    hub,
    clusterProfileType,
    { namespace, name: metadata.name },
    {
      ...(change.state === undefined ? {} : { [clusterChaos.state]: change.state }),
      ...(change.api === undefined ? {} : { [clusterChaos.api]: outage(change.api) }),
      ...(change.network === undefined ? {} : { [clusterChaos.network]: outage(change.network) }),
      ...(change.latencyMs === undefined
        ? {}
        : { [clusterChaos.latency]: change.latencyMs === null ? null : String(change.latencyMs) }),
    },
  )
}

export const healed: ClusterChange = { state: null, api: noOutage, network: noOutage, latencyMs: null }

/** What is to be wrong between two members from now on; what is not named stays as it is. */
export async function failLink(
  hub: KubeClient,
  namespace: string,
  [a, b]: readonly [string, string],
  change: Partial<LinkChaos>,
): Promise<void> {
  const profiles = await profilesOf(hub, namespace)
  const [first, second] = [memberProfile(profiles, a), memberProfile(profiles, b)]
  if (a === b) {
    throw new CodedError({
      code: 'no-chaos-here',
      message: `${a} and ${b} are the same cluster`,
      fix: 'Name two members.',
    })
  }
  // Either of the two may have it.
  const known = readClusterChaos(first).links[b] ?? readClusterChaos(second).links[a] ?? { outage: noOutage, latencyMs: 0 }
  await writeLink(hub, namespace, first, b, formatFault({ ...known, ...change }))
  await writeLink(hub, namespace, second, a, '')
}

/** Empty: the link is whole. */
async function writeLink(
  hub: KubeClient,
  namespace: string,
  profile: ClusterProfile,
  other: string,
  fault: string,
): Promise<void> {
  const before = readLinkTexts(profile.metadata.annotations?.[clusterChaos.links])
  if ((before[other] ?? '') === fault) return
  const { [other]: _, ...rest } = before
  const links = fault === '' ? rest : { ...rest, [other]: fault }
  const text = Object.keys(links).length === 0 ? null : JSON.stringify(links)
  await annotate(hub, clusterProfileType, { namespace, name: profile.metadata.name }, { [clusterChaos.links]: text })
}

function memberProfile(profiles: readonly ClusterProfile[], cluster: string): ClusterProfile {
  const isHub = cluster === 'in-cluster' || cluster === 'hub'
  const profile = profiles.find((each) => nameOf(each) === cluster)
  if (profile !== undefined && !isHub) return profile
  throw new CodedError({
    code: 'no-chaos-here',
    message: isHub ? 'the hub cannot be made to fail' : `there is no ClusterProfile of ${cluster}`,
    fix: 'Name a member of an embedded fleet: see `flotilla cluster list`. The hub must stay reachable, or nothing could heal it.',
  })
}

export interface ChaosRow {
  readonly cluster: string
  /** `node/node-1`, or `cluster`. */
  readonly what: string
  readonly state: string
}

/** Everything that is made to fail. A cluster that does not answer is listed without its nodes. */
export async function listChaos(
  hub: KubeClient,
  namespace: string,
  member: (name: string) => Promise<KubeClient | undefined>,
): Promise<ChaosRow[]> {
  const rows: ChaosRow[] = []
  for (const profile of await profilesOf(hub, namespace)) {
    const cluster = nameOf(profile)
    const found = readClusterChaos(profile)
    for (const state of describe(found)) rows.push({ cluster, what: 'cluster', state })
    for (const [other, link] of Object.entries(found.links))
      rows.push({ cluster, what: `link/${other}`, state: describeLink(link) })
    if (found.stopped || found.api.kind !== 'none') continue
    const client = await member(cluster)
    if (client === undefined) continue
    const nodes = await client.list(nodeType).catch(() => ({ items: [] as KubeObject[] }))
    for (const { metadata } of nodes.items) {
      const state = metadata.annotations?.[chaos.state]
      if (state !== undefined) rows.push({ cluster, what: `node/${metadata.name}`, state })
    }
  }
  return rows
}

function describe(found: WantedChaos): string[] {
  return [
    ...(found.stopped ? ['stopped: nothing of it runs'] : []),
    ...(found.api.kind === 'none' ? [] : [`${outageText(found.api)}: its API answers nobody`]),
    ...(found.hub.kind === 'none' ? [] : [`${outageText(found.hub)} off from the hub`]),
    ...(found.latencyMs > 0 ? [`slow: ${found.latencyMs} ms`] : []),
  ]
}

function describeLink({ outage, latencyMs }: LinkChaos): string {
  return [...(outage.kind === 'none' ? [] : [outageText(outage)]), ...(latencyMs > 0 ? [`slow: ${latencyMs} ms`] : [])].join(', ')
}

function outageText(outage: Outage): string {
  return outage.kind === 'flap'
    ? `cut for ${formatDuration(outage.downMs)} of every ${formatDuration(outage.downMs + outage.upMs)}`
    : 'cut'
}

/** Heals all clusters and nodes, or those of one cluster; tells how many things it mended. */
export async function healAll(
  hub: KubeClient,
  namespace: string,
  member: (name: string) => Promise<KubeClient | undefined>,
  only?: string,
): Promise<number> {
  let count = 0
  const wanted = only === 'hub' ? 'in-cluster' : only
  const all = await profilesOf(hub, namespace)
  const profiles = all.filter((each) => wanted === undefined || nameOf(each) === wanted)
  if (wanted !== undefined && profiles.length === 0) {
    throw new CodedError({
      code: 'no-chaos-here',
      message: `there is no ClusterProfile of ${wanted}`,
      fix: 'Name a cluster of the fleet (`flotilla cluster list`), or none to heal everything.',
    })
  }
  for (const profile of profiles) {
    const cluster = nameOf(profile)
    const { links, ...rest } = readClusterChaos(profile)
    if (!equalJson({ ...rest, links: {} }, noChaos)) {
      await failCluster(hub, namespace, cluster, healed)
      count++
    }
    count += Object.keys(links).length
    if (profile.metadata.annotations?.[clusterChaos.links] !== undefined) {
      await annotate(hub, clusterProfileType, { namespace, name: profile.metadata.name }, { [clusterChaos.links]: null })
    }
    // Links that the other side's profile holds.
    for (const other of wanted === undefined ? [] : all) {
      if (readClusterChaos(other).links[cluster] === undefined) continue
      await writeLink(hub, namespace, other, cluster, '')
      count++
    }
    const client = await member(cluster)
    const nodes = await client?.list(nodeType).catch(() => undefined)
    for (const { metadata } of nodes?.items ?? []) {
      if (metadata.annotations?.[chaos.state] === undefined) continue
      await healNode(client as KubeClient, metadata.name)
      count++
    }
  }
  return count
}

const manager = 'flotilla-chaos'

async function profilesOf(hub: KubeClient, namespace: string): Promise<readonly ClusterProfile[]> {
  return (await hub.list<ClusterProfile>(clusterProfileType, { namespace })).items
}

function nameOf(profile: ClusterProfile): string {
  return profile.spec.displayName ?? profile.metadata.name
}

async function annotate(
  client: KubeClient,
  type: ResourceType,
  target: { name: string; namespace?: string },
  annotations: Annotations,
): Promise<void> {
  await client.patch({ type, ...target }, { kind: 'merge', body: { metadata: { annotations } } }, { fieldManager: manager })
}
