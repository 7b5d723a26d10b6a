import { formatMicroTime } from '../../base/clock.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { SliceSource } from '../catalogue/source-of-slice.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'

export const leaseType: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
}

export type Lease = KubeObject & {
  spec?: {
    holderIdentity?: string
    leaseDurationSeconds?: number
    acquireTime?: string
    renewTime?: string
  }
}

/** Every cluster has it. */
export const leaseNamespace = 'kube-system'
const names = multiClusterNames
export const leaseSelector = `${names.ownerLabel}=${names.owner},${names.sourceClusterLabel}`

/**
 * What a cluster that imports services holds for each cluster whose endpoints it was given: when the connection with that one
 * was last known to be alive (KEP-1645, endpoint TTL), readable without the hub.
 */
export interface SourceLease {
  readonly source: SliceSource
  readonly renewedMs: number
  readonly durationMs: number
}

const longestMs = 7 * 86_400_000

export function leaseName({ id }: SliceSource): string {
  return `flotilla-source-${id}`
}

export function newLease(source: SliceSource, durationMs: number, nowMs: number): Lease {
  const now = formatMicroTime(nowMs)
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName(source),
      namespace: leaseNamespace,
      labels: { [names.ownerLabel]: names.owner, [names.sourceClusterLabel]: source.id },
      ...(source.id === source.name ? {} : { annotations: { [names.sourceNameAnnotation]: source.name } }),
    },
    spec: { holderIdentity: names.owner, leaseDurationSeconds: Math.ceil(durationMs / 1000), acquireTime: now, renewTime: now },
  }
}

/** Undefined for what is no lease of a source. A renewal in the future, or for ever, is taken for one of now, or of a week. */
export function readLease({ metadata, spec }: Lease, nowMs: number): SourceLease | undefined {
  const id = metadata.labels?.[names.sourceClusterLabel]
  const renewedMs = Date.parse(String(spec?.renewTime))
  const seconds = spec?.leaseDurationSeconds
  if (id === undefined || id === '' || !Number.isFinite(renewedMs)) return undefined
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined
  return {
    source: { id, name: metadata.annotations?.[names.sourceNameAnnotation] ?? id },
    renewedMs: Math.min(renewedMs, nowMs),
    durationMs: Math.min(seconds * 1000, longestMs),
  }
}

export function isExpired({ renewedMs, durationMs }: SourceLease, nowMs: number): boolean {
  return nowMs - renewedMs > durationMs
}
