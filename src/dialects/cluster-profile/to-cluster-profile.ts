import { formatTime } from '../../base/clock.js'
import type { Cluster, ClusterState } from '../../inventory/cluster.js'
import { isInCluster } from '../../inventory/in-cluster.js'
import { setCondition } from '../../kube/object/condition.js'
import type { Condition } from '../../kube/object/kube-object.js'
import type { ClusterIdentity } from './cluster-identities.js'
import {
  type AccessProvider,
  accessProviderName,
  apiVersionsProperty,
  type ClusterProfile,
  execExtension,
  healthProperty,
  lastSeenProperty,
  managerLabel,
  managerName,
  markNames,
  memberIdLabel,
  type ProfileCluster,
  profileNameOf,
  serverProperty,
} from './cluster-profile.js'

/** The most that a property holds (KEP-4322). */
const maxValue = 1024

/** What the profile of a cluster shall be; `now` is what it is. Pure; equal input gives equal output, so no write follows. */
export function toClusterProfile(options: {
  cluster: Cluster
  state: ClusterState
  namespace: string
  nowMs: number
  now: ClusterProfile | undefined
  identity?: ClusterIdentity | undefined
  /** Other names of the same cluster in the fleet. */
  aliases?: readonly string[]
}): ClusterProfile {
  const { cluster, state, namespace, now, identity, aliases = [] } = options
  const status = state.health === 'Healthy' ? 'True' : state.health === 'Degraded' ? 'False' : 'Unknown'
  const healthy = { type: 'ControlPlaneHealthy', status, reason: state.reason || state.health, message: state.message } as const
  const joined = {
    type: 'Joined',
    status: state.lastSeen === undefined ? 'False' : 'True',
    reason: state.lastSeen === undefined ? 'NeverAnswered' : 'Joined',
    message: state.lastSeen === undefined ? 'it has not answered yet' : `known from ${cluster.source}`,
  } as const
  const time = formatTime(options.nowMs)
  const conditions = setCondition<Condition>(setCondition<Condition>(now?.status?.conditions, healthy, time), joined, time)
  // Names and values of ClusterProperties stay as the cluster has them.
  const own = identity === undefined ? [] : [...identity.properties].sort(([a], [b]) => (a < b ? -1 : 1))
  const observed = identity === undefined ? {} : { lastObservedTime: formatTime(identity.observed) }
  const properties = [
    { name: healthProperty, value: state.health },
    { name: serverProperty, value: cluster.server },
    ...splitValue(apiVersionsProperty, state.apiVersions ?? []),
    ...splitValue(aliasesProperty, aliases),
    ...markNames.map((name) => ({ name, value: (cluster.annotations[name] ?? '').slice(0, maxValue) })),
    ...(state.lastSeen === undefined ? [] : [{ name: lastSeenProperty, value: formatTime(state.lastSeen) }]),
    ...own.flatMap(([name, value]) => (value === '' ? [] : [{ name, value: value.slice(0, maxValue), ...observed }])),
  ].filter(({ value }) => value !== '')
  const access = accessProvidersOf(cluster)
  return {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: {
      name: profileNameOf(cluster.name),
      namespace,
      labels: {
        ...cluster.labels,
        [managerLabel]: managerName,
        ...(identity?.uid === undefined ? {} : { [memberIdLabel]: identity.uid }),
      },
    },
    spec: { displayName: cluster.name, clusterManager: { name: managerName } },
    status: {
      conditions: [...conditions],
      ...(state.version ? { version: { kubernetes: state.version.gitVersion } } : {}),
      properties,
      ...(access.length === 0 ? {} : { accessProviders: access }),
    },
  }
}

/** Names under which the fleet knows the same cluster besides. */
export const aliasesProperty = 'flotilla.dev/also-known-as'

/** A list that is too long for one property goes on in `name-2`, `name-3` ... */
function splitValue(name: string, items: readonly string[]): { name: string; value: string }[] {
  const parts: string[] = []
  for (const item of items) {
    const last = parts[parts.length - 1]
    if (last !== undefined && last.length + 1 + item.length <= maxValue) parts[parts.length - 1] = `${last},${item}`
    else parts.push(item.slice(0, maxValue))
  }
  return parts.map((value, index) => ({ name: index === 0 ? name : `${name}-${index + 1}`, value }))
}

/** The items of a list that stands in one property or in several. */
export function joinedValue(properties: readonly { name: string; value: string }[] | undefined, name: string): string[] {
  return (properties ?? [])
    .filter((each) => each.name === name || (each.name.startsWith(`${name}-`) && /^\d+$/.test(each.name.slice(name.length + 1))))
    .flatMap(({ value }) => value.split(','))
    .filter((item) => item !== '')
}

/** How to reach it, without any secret: who may, gets credentials from the plugin. */
function accessProvidersOf({ name, connection, server, isPulled }: Cluster): AccessProvider[] {
  // The tunnel of an agent is the hub’s alone.
  if (connection === undefined || isPulled === true || isInCluster(server)) return []
  const { tls, proxyUrl } = connection
  const proxy = proxyUrl === undefined ? undefined : withoutPassword(proxyUrl)
  const cluster: ProfileCluster = {
    server: connection.server,
    ...(tls.serverName === undefined ? {} : { 'tls-server-name': tls.serverName }),
    ...(tls.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(tls.caPem === undefined ? {} : { 'certificate-authority-data': Buffer.from(tls.caPem).toString('base64') }),
    ...(proxy === undefined ? {} : { 'proxy-url': proxy }),
    extensions: [{ name: execExtension, extension: { clusterName: name } }],
  }
  return [{ name: accessProviderName, cluster }]
}

function withoutPassword(text: string): string | undefined {
  try {
    const url = new URL(text)
    return url.username === '' && url.password === '' ? text : undefined
  } catch {
    return undefined
  }
}
