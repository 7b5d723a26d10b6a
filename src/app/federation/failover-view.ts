import type { Clock } from '../../base/clock.js'
import { type FailoverSettings, type Observation, safeSettings } from '../../delivery/federation/failover/settings.js'
import { clusterProfileType, managerLabel, managerName } from '../../dialects/cluster-profile/cluster-profile.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { Caches } from '../../kube/informer/cache.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import { leaseType } from '../../services/leases/source-lease.js'
import { configMapType } from '../system/core-types.js'

/** The ConfigMap in the hub's namespace with the settings of failover: `frozen`, `movesPerMinute`, `mostSilentShare`. */
export const failoverConfigName = 'flotilla-failover'
/** On Leases in the hub's namespace: the cluster that their holder looks at. Annotation of the same name with `up` or `down`. */
export const observesLabel = 'flotilla.dev/observes'
export const observedAnnotation = 'flotilla.dev/observed'
/** What was observed longer ago says nothing. */
const freshMs = 60_000

export interface FailoverView {
  settings(): FailoverSettings
  observations(cluster: string): readonly Observation[]
}

/**
 * What the hub holds about failover: the settings, and what others say of clusters: observers by their Leases, other managers by
 * their ClusterProfiles. Until it has been read, failover is frozen.
 */
export function openFailoverView(options: {
  caches: Caches
  inventory: Pick<Inventory, 'state'>
  namespace: string
  clock: Clock
}): FailoverView {
  const { caches, inventory, namespace, clock } = options
  const read: {
    configs?: () => readonly KubeObject[]
    leases?: () => readonly KubeObject[]
    profiles?: () => readonly KubeObject[]
  } = {}
  const open = (name: keyof typeof read, cache: ReturnType<Caches['cache']>) => {
    cache.then(
      (opened) => {
        read[name] = () => opened.list()
      },
      // The hub is stopping.
      () => {},
    )
  }
  open('configs', caches.cache(configMapType, { namespace, fieldSelector: `metadata.name=${failoverConfigName}` }))
  open('leases', caches.cache(leaseType, { namespace, labelSelector: observesLabel }))
  open('profiles', caches.cache(clusterProfileType))
  return {
    settings() {
      if (read.configs === undefined) return { ...safeSettings, frozen: 'its settings have not been read yet' }
      return readSettings(read.configs()[0])
    },
    observations: (cluster) => [
      // Its API server answers, and says that it is not ready.
      ...(inventory.state(cluster).reason === 'NotReady' ? [{ by: 'the cluster itself', down: true }] : []),
      ...(read.leases?.() ?? []).flatMap((lease) => observe(lease, cluster, clock.now())),
      ...(read.profiles?.() ?? []).flatMap((profile) => judge(profile, cluster)),
    ],
  }
}

/** What cannot be read freezes: a typing error must not let loose what somebody wanted to hold. */
export function readSettings(config: KubeObject | undefined): FailoverSettings {
  const data = (config?.['data'] ?? {}) as Readonly<Record<string, unknown>>
  const frozen = data['frozen']
  const settings = { ...safeSettings }
  let wrong: string | undefined
  const number = (key: 'movesPerMinute' | 'mostSilentShare', most: number) => {
    const text = data[key]
    if (text === undefined) return
    const value = Number(text)
    if (typeof text !== 'string' || text.trim() === '' || !(value >= 0 && value <= most))
      wrong = `${key} is ${JSON.stringify(text)} in ConfigMap ${failoverConfigName}: expected a number from 0 to ${most}`
    else Object.assign(settings, { [key]: value })
  }
  number('movesPerMinute', 100_000)
  number('mostSilentShare', 1)
  const reason = typeof frozen === 'string' && frozen !== '' && frozen !== 'false' ? frozen : wrong
  return reason === undefined ? settings : { ...settings, frozen: reason }
}

function observe({ metadata, ...lease }: KubeObject, cluster: string, nowMs: number): Observation[] {
  const spec = (lease['spec'] ?? {}) as { holderIdentity?: string; renewTime?: string }
  if (metadata.labels?.[observesLabel] !== cluster) return []
  const renewedMs = Date.parse(spec.renewTime ?? '')
  // A renewal far in the future would count for ever.
  if (!(Math.abs(nowMs - renewedMs) < freshMs)) return []
  const said = metadata.annotations?.[observedAnnotation]
  if (said !== 'up' && said !== 'down') return []
  return [{ by: `observer ${spec.holderIdentity ?? metadata.name}`, down: said === 'down' }]
}

function judge(profile: KubeObject, cluster: string): Observation[] {
  const manager = profile.metadata.labels?.[managerLabel]
  if (profile.metadata.name !== cluster || manager === undefined || manager === managerName) return []
  const { conditions = [] } = (profile['status'] ?? {}) as { conditions?: readonly Condition[] }
  const healthy = conditions.find(({ type }) => type === 'ControlPlaneHealthy')
  if (healthy?.status !== 'True' && healthy?.status !== 'False') return []
  return [{ by: `ClusterProfile of ${manager}`, down: healthy.status === 'False' }]
}
