import { agentServer } from '../../areas/agent/hub/agent-cluster-source.js'
import { type AgentCluster, agentClusterType } from '../../areas/agent/resource-types.js'
import { CodedError, messageOf, UsageError } from '../../base/errors.js'
import { formatClusterSecret } from '../../dialects/argo-cd/cluster-secret/format-cluster-secret.js'
import { parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import { applicationType } from '../../dialects/argo-cd/kinds/resource-types.js'
import {
  apiVersionsProperty,
  type ClusterProfile,
  clusterProfileType,
  healthProperty,
  lastSeenProperty,
  managerLabel,
  managerName,
  memberIdLabel,
  serverProperty,
} from '../../dialects/cluster-profile/cluster-profile.js'
import { aliasesProperty, joinedValue } from '../../dialects/cluster-profile/to-cluster-profile.js'
import { mcsCrds } from '../../dialects/mcs/crds.js'
import { formatYaml } from '../../formats/yaml/format-yaml.js'
import type { Cluster } from '../../inventory/cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { matchesLabels, parseLabelSelector } from '../../kube/object/selector.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { connectKubeconfigFile } from '../access/kubeconfig-files.js'
import { installDefinitions } from '../hub/install-hub.js'
import { secretType } from '../system/core-types.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'

/** A cluster as the command line shows it. */
export interface FleetCluster {
  readonly name: string
  readonly server: string
  readonly labels: Readonly<Record<string, string>>
  readonly health: string
  readonly message: string
  readonly version: string | undefined
  /** Epoch ms. */
  readonly lastSeen: number | undefined
  readonly applications: number
  /** API versions that the cluster serves; empty until it was asked. */
  readonly apiVersions: readonly string[]
  readonly source: string
  /** It keeps what it has and takes nothing new. */
  readonly cordoned: boolean
  /** As `flotilla cluster taint` writes them; '' for none. */
  readonly taints: string
}

interface FleetHub {
  readonly hub: KubeClient
  readonly namespace: string
}

const clusterSecrets = 'argocd.argoproj.io/secret-type=cluster'

/** All clusters of the fleet, by name; the hub itself last. Read from the hub's API alone. */
export async function listFleetClusters(fleet: FleetHub, selector?: string): Promise<FleetCluster[]> {
  const { hub, namespace } = fleet
  const [secrets, profiles, applications, agents] = await Promise.all([
    hub.list(secretType, { namespace, labelSelector: clusterSecrets }),
    hub.list<ClusterProfile>(clusterProfileType, { namespace }).catch((error) => {
      if (!isNotFound(error)) throw error
      return { items: [] as ClusterProfile[] }
    }),
    hub.list<Application>(applicationType, { namespace }),
    listAgentClusters(hub),
  ])
  // A cluster with several names has one profile.
  const byProfile = new Map(
    profiles.items.flatMap((profile) => {
      const aliases = joinedValue(profile.status?.properties, aliasesProperty)
      return [...aliases, profile.spec.displayName ?? profile.metadata.name].map((name) => [name, profile] as const)
    }),
  )
  const clusters = secrets.items.map((secret) => parseClusterSecret(secret))
  const known = new Set(clusters.map((cluster) => cluster.name))
  const rows = clusters.map((cluster) => toRow(cluster, byProfile.get(cluster.name), applications.items))
  for (const agent of agents) {
    const { name } = agent.metadata
    if (known.has(name)) continue
    const of = { name, server: agentServer(name), labels: agent.metadata.labels ?? {}, source: `AgentCluster ${name}` }
    const row = toRow(of, byProfile.get(name), applications.items)
    const { phase = 'Pending', message = 'waits for approval' } = agent.status ?? {}
    rows.push(agent.spec.approved === true ? row : { ...row, health: phase, message })
  }
  const listed = new Set(rows.map(({ name }) => name))
  for (const profile of profiles.items) {
    const found = clusterOf(profile)
    if (found === undefined || found.names.some((name) => listed.has(name))) continue
    rows.push(toRow(found.cluster, profile, applications.items))
  }
  rows.sort((a, b) => (a.name < b.name ? -1 : 1))
  const local = byProfile.get('in-cluster')
  if (local && !known.has('in-cluster')) rows.push(toRow(inCluster, local, applications.items))
  if (selector === undefined) return rows
  const parsed = parseLabelSelector(selector)
  return rows.filter((row) => matchesLabels(parsed, row.labels))
}

/** A cluster that came in by another kind (KubeFedCluster, Karmada's Cluster): what its profile tells of it, and all its names. */
function clusterOf(
  profile: ClusterProfile,
): { names: string[]; cluster: Pick<Cluster, 'name' | 'server' | 'labels' | 'source'> } | undefined {
  const { spec, metadata, status } = profile
  const name = spec.displayName ?? metadata.name
  if (spec.clusterManager.name !== managerName || name === inCluster.name) return undefined
  const { [managerLabel]: _, [memberIdLabel]: __, ...labels } = metadata.labels ?? {}
  const joined = status?.conditions?.find(({ type }) => type === 'Joined')?.message ?? ''
  const source = /^known from (.*)$/.exec(joined)?.[1] ?? `ClusterProfile ${metadata.name}`
  const server = status?.properties?.find((property) => property.name === serverProperty)?.value ?? ''
  return { names: [name, ...joinedValue(status?.properties, aliasesProperty)], cluster: { name, server, labels, source } }
}

/** Approved or not. */
export async function listAgentClusters(hub: KubeClient): Promise<AgentCluster[]> {
  try {
    return (await hub.list<AgentCluster>(agentClusterType)).items
  } catch (error) {
    // A hub of before has none.
    if (isNotFound(error)) return []
    throw error
  }
}

const inCluster: Pick<Cluster, 'name' | 'server' | 'labels' | 'source' | 'problem'> = {
  name: 'in-cluster',
  server: 'https://kubernetes.default.svc',
  labels: {},
  source: 'the hub itself',
}

function toRow(
  cluster: Pick<Cluster, 'name' | 'server' | 'labels' | 'source' | 'problem'>,
  profile: ClusterProfile | undefined,
  applications: readonly Application[],
): FleetCluster {
  const properties = new Map((profile?.status?.properties ?? []).map((property) => [property.name, property.value]))
  const condition = profile?.status?.conditions?.find((each) => each.type === 'ControlPlaneHealthy')
  const lastSeen = properties.get(lastSeenProperty)
  return {
    name: cluster.name,
    server: cluster.server,
    labels: Object.fromEntries(Object.entries(cluster.labels).filter(([key]) => key !== 'argocd.argoproj.io/secret-type')),
    health: cluster.problem ? 'Degraded' : (properties.get(healthProperty) ?? 'Pending'),
    message: cluster.problem?.message ?? condition?.message ?? '',
    version: profile?.status?.version?.kubernetes,
    lastSeen: lastSeen === undefined ? undefined : Date.parse(lastSeen),
    applications: applications.filter((app) => pointsAt(app, cluster)).length,
    apiVersions: joinedValue(profile?.status?.properties, apiVersionsProperty),
    source: cluster.source,
    cordoned: properties.get('flotilla.dev/cordoned') === 'true',
    taints: properties.get('flotilla.dev/taints') ?? '',
  }
}

function pointsAt(app: Application, cluster: { name: string; server: string }): boolean {
  const { name, server } = app.spec.destination
  return name !== undefined && name !== '' ? name === cluster.name : server?.replace(/\/+$/, '') === cluster.server
}

/** Registers a cluster by what a kubeconfig says of it. Returns what to print. */
export async function addFleetCluster(
  fleet: FleetHub,
  options: {
    name: string
    kubeconfig: string
    context: string | undefined
    labels: Record<string, string>
    project: string | undefined
    dryRun: boolean
    check: boolean
    /** Serves ServiceExport and ServiceImport on it. */
    installApis: boolean
  },
): Promise<{ text: string; version: string | undefined }> {
  const { name } = options
  if (!/^[a-z0-9]([-a-z0-9.]{0,240}[a-z0-9])?$/.test(name)) {
    throw new UsageError({
      code: 'bad-cluster-name',
      message: `"${name}" is no name for a cluster`,
      fix: 'Use lower-case letters, digits, dashes and dots.',
    })
  }
  const { client, connection, context } = await connectKubeconfigFile(
    { path: options.kubeconfig, context: options.context, name },
    createSystemClientPorts(process.env),
  )
  let version: string | undefined
  try {
    if (options.check) version = (await client.version()).gitVersion
    if (options.installApis && !options.dryRun) await installDefinitions(client, mcsCrds)
  } catch (error) {
    throw new CodedError({
      code: 'cluster-does-not-answer',
      message: `the cluster of context ${context} does not answer at ${connection.server}: ${messageOf(error)}`,
      fix: 'Check the context with kubectl, or add it anyway with --skip-check.',
      cause: error,
    })
  } finally {
    client.close()
  }
  const secret = formatClusterSecret({
    name,
    namespace: fleet.namespace,
    connection,
    labels: options.labels,
    project: options.project ?? '',
  })
  if (options.dryRun) return { text: formatYaml(masked(secret)), version }
  await fleet.hub.create(secretType, secret)
  return { text: `cluster ${name} added (Secret ${fleet.namespace}/${secret.metadata.name})`, version }
}

/** Credentials never reach a terminal. */
function masked(secret: KubeObject): KubeObject {
  const data = {
    ...(secret.data as Record<string, string> | undefined),
    ...(secret.stringData as Record<string, string> | undefined),
  }
  return { ...secret, data: undefined, stringData: { ...data, config: '<masked>' } }
}

/** Edits labels of a cluster's Secret as `kubectl label` does. Returns what to print. */
export async function labelFleetCluster(
  fleet: FleetHub,
  cluster: FleetCluster,
  edits: { set: Record<string, string>; remove: readonly string[]; overwrite: boolean; dryRun: boolean },
): Promise<string> {
  for (const [key, value] of Object.entries(edits.set)) {
    const now = cluster.labels[key]
    if (now !== undefined && now !== value && !edits.overwrite) {
      throw new UsageError({
        code: 'label-exists',
        message: `'${key}' already has a value (${now}), and --overwrite is false`,
        fix: 'Add --overwrite to change it.',
      })
    }
  }
  const labels: Record<string, string | null> = { ...edits.set }
  for (const key of edits.remove) labels[key] = null
  await fleet.hub.patch(targetOf(fleet, cluster), { kind: 'merge', body: { metadata: { labels } } }, { dryRun: edits.dryRun })
  return `cluster ${cluster.name} labeled${edits.dryRun ? ' (dry run)' : ''}`
}

export async function removeFleetCluster(fleet: FleetHub, cluster: FleetCluster, dryRun: boolean): Promise<void> {
  await fleet.hub.delete(targetOf(fleet, cluster), { dryRun })
}

function targetOf(fleet: FleetHub, cluster: FleetCluster) {
  const agent = /^AgentCluster (.+)$/.exec(cluster.source)?.[1]
  if (agent !== undefined) return { type: agentClusterType, name: agent }
  const name = /^Secret [^/]+\/(.+)$/.exec(cluster.source)?.[1]
  if (name !== undefined) return { type: secretType, namespace: fleet.namespace, name }
  throw new UsageError({
    code: 'cluster-has-no-secret',
    message: `${cluster.name} is not kept as a Secret (${cluster.source}), so there is nothing to change`,
    fix:
      cluster.name === inCluster.name
        ? 'The hub itself always belongs to the fleet; give it labels by a cluster Secret for https://kubernetes.default.svc.'
        : `Change ${cluster.source} on the hub with kubectl; what flotilla kubefed join has made goes with flotilla kubefed unjoin.`,
  })
}
