import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterInfo, Outcome } from './allocate-cidr.js'

/** Where the broker keeps which block is whose, in its own namespace. */
export const recordName = 'submariner-globalnet-info'
const key = 'clusterinfo'

/** The broker's settings, with Submariner's defaults. */
export interface BrokerSettings {
  readonly enabled: boolean
  readonly range: string
  readonly defaultSize: number
}

export const defaultRange = '242.0.0.0/8'
export const defaultClusterSize = 65_536

export function readBroker(broker: KubeObject): BrokerSettings {
  const spec = isObject(broker['spec']) ? broker['spec'] : {}
  const { globalnetEnabled, globalnetCIDRRange, defaultGlobalnetClusterSize } = spec
  return {
    enabled: globalnetEnabled === true,
    range: typeof globalnetCIDRRange === 'string' && globalnetCIDRRange !== '' ? globalnetCIDRRange : defaultRange,
    defaultSize:
      typeof defaultGlobalnetClusterSize === 'number' && defaultGlobalnetClusterSize > 0
        ? defaultGlobalnetClusterSize
        : defaultClusterSize,
  }
}

/** The record, in the order in which clusters came. */
export function readRecord(configMap: KubeObject | undefined): Outcome<readonly ClusterInfo[]> {
  const data = isObject(configMap?.['data']) ? configMap['data'] : {}
  const text = typeof data[key] === 'string' && data[key] !== '' ? data[key] : '[]'
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value) && value.every(isClusterInfo))
      return { value: value.map(({ cluster_id, global_cidr }) => ({ cluster_id, global_cidr: global_cidr ?? [] })) }
  } catch {
    // Said below.
  }
  return { error: `error unmarshalling "${key}" data from ConfigMap "${recordName}"` }
}

/** The ConfigMap as `subctl` writes it; what else is in it stays. */
export function writeRecord(
  existing: KubeObject | undefined,
  namespace: string,
  settings: BrokerSettings,
  clusters: readonly ClusterInfo[],
): KubeObject {
  const data = isObject(existing?.['data']) ? existing['data'] : {}
  const globalnet = settings.enabled
    ? {
        globalnetEnabled: 'true',
        globalnetCidrRange: JSON.stringify(settings.range),
        globalnetClusterSize: String(settings.defaultSize),
      }
    : { globalnetEnabled: 'false' }
  return {
    ...(existing ?? {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: recordName, namespace, labels: { component: 'submariner-globalnet' } },
    }),
    // What was decided once holds: the range of a record that has clusters is theirs.
    data: { ...globalnet, ...data, [key]: clusters.length === 0 ? '[]' : JSON.stringify(clusters, null, '\t') },
  } as KubeObject
}

/** Go writes a list without entries as null. */
function isClusterInfo(value: unknown): value is Omit<ClusterInfo, 'global_cidr'> & { global_cidr: readonly string[] | null } {
  if (!isObject(value)) return false
  const { cluster_id: id, global_cidr: cidrs } = value
  return typeof id === 'string' && (cidrs === null || (Array.isArray(cidrs) && cidrs.every((each) => typeof each === 'string')))
}
