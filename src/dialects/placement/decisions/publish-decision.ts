import type { HubFacts, HubWrite } from '../../../delivery/federation/contract.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { placementDecisionType } from '../resource-types.js'
import { clusterProfileType, decisionIndexLabel, decisionKeyLabel, placementKeyLabel } from './follow-decision.js'

/** Decisions in one PlacementDecision (KEP-5313). */
const sliceSize = 100
export const schedulerName = 'flotilla'

/** PlacementDecisions that name the clusters of a source, under a key that others find them by. The source owns them. */
export function publishDecision(source: KubeObject, key: string, clusters: readonly string[], hub: HubFacts): HubWrite[] {
  const profiles = profilesByCluster(hub)
  const decisions = clusters.map((cluster) => ({ clusterProfileRef: profiles.get(cluster) ?? { name: cluster } }))
  const { namespace = '', name: owner, uid } = source.metadata
  const slices = Math.max(1, Math.ceil(decisions.length / sliceSize))
  const writes: HubWrite[] = []
  for (let index = 0; index < slices; index++) {
    const name = sliceName(key, index)
    writes.push({
      write: 'apply',
      ref: { type: placementDecisionType, namespace, name },
      object: {
        apiVersion: 'multicluster.x-k8s.io/v1alpha1',
        kind: 'PlacementDecision',
        metadata: {
          name,
          namespace,
          labels: {
            [decisionKeyLabel]: labelValue(key),
            [decisionIndexLabel]: String(index),
            [placementKeyLabel]: labelValue(key),
          },
          ...(uid === undefined
            ? {}
            : {
                ownerReferences: [{ apiVersion: source.apiVersion, kind: source.kind, name: owner, uid, controller: true }],
              }),
        },
        decisions: decisions.slice(index * sliceSize, (index + 1) * sliceSize),
        schedulerName,
      },
    })
  }
  return [...writes, ...dropSlices(source, hub, new Set(writes.map(({ ref }) => ref.name)))]
}

/** Slices of a source that it has no more. */
export function dropSlices(source: KubeObject, hub: HubFacts, kept: ReadonlySet<string> = new Set()): HubWrite[] {
  const { namespace = '' } = source.metadata
  return hub.objects(placementDecisionType, { namespace }).flatMap((slice): HubWrite[] => {
    const ours = slice['schedulerName'] === schedulerName && isOwnedBy(slice, source) && !kept.has(slice.metadata.name)
    return ours ? [{ write: 'delete', ref: { type: placementDecisionType, namespace, name: slice.metadata.name } }] : []
  })
}

/** Who has the first slice of a key, where that is not the source: it may not be published under that key. */
export function holderOfKey(source: KubeObject, key: string, hub: HubFacts): string | undefined {
  const [slice] = hub.objects(placementDecisionType, { namespace: source.metadata.namespace ?? '', name: sliceName(key, 0) })
  if (slice === undefined || isOwnedBy(slice, source)) return undefined
  const owner = slice.metadata.ownerReferences?.[0]
  return owner === undefined ? `scheduler ${String(slice['schedulerName'] ?? '')}` : `${owner.kind} ${owner.name}`
}

/** Kinds of several groups may be called the same. By name, not by uid: a hub that was restored still knows its own. */
export function isOwnedBy(slice: KubeObject, { apiVersion, kind, metadata }: KubeObject): boolean {
  const owner = slice.metadata.ownerReferences?.[0]
  return owner?.kind === kind && owner.name === metadata.name && groupOf(owner.apiVersion) === groupOf(apiVersion)
}

function sliceName(key: string, index: number): string {
  return `${key}-${index}`
}

function profilesByCluster(hub: HubFacts): Map<string, { namespace: string; name: string }> {
  const profiles = new Map<string, { namespace: string; name: string }>()
  for (const profile of hub.objects(clusterProfileType)) {
    const { displayName } = (profile['spec'] ?? {}) as { displayName?: string }
    const { name, namespace = '' } = profile.metadata
    if (!profiles.has(displayName ?? name)) profiles.set(displayName ?? name, { namespace, name })
  }
  return profiles
}

/** Names of objects may be longer than values of labels. */
function labelValue(name: string): string {
  return name.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '')
}
