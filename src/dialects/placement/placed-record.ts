import { isObject } from '../../base/json.js'
import type { Eviction } from '../../delivery/federation/contract.js'
import type { PlacementDecision } from '../../delivery/placement/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { placedAnnotation } from './placement-kind.js'

/** Moves under way, as JSON. */
export const movingAnnotation = 'flotilla.dev/placement-moving'

/** The decision in force as text: `east=3,west=2`; without numbers for what has no replicas. */
export function formatPlaced(decision: PlacementDecision): string {
  return decision.clusters
    .filter(({ selected }) => selected)
    .map(({ cluster, replicas }) => (replicas === undefined ? encodeName(cluster) : `${encodeName(cluster)}=${replicas}`))
    .join(',')
}

/** What the object's annotation says; undefined where it says nothing. What cannot be read is left out. */
export function parsePlaced(object: KubeObject): Record<string, number> | undefined {
  const text = object.metadata.annotations?.[placedAnnotation]
  if (text === undefined) return undefined
  const replicas: Record<string, number> = {}
  for (const part of text.split(',')) {
    const [, cluster, count] = /^([^=]+)(?:=(\d{1,9}))?$/.exec(part.trim()) ?? []
    if (cluster !== undefined) Object.defineProperty(replicas, decodeName(cluster), field(Number(count ?? 0)))
  }
  return replicas
}

/** Evictions on record; none where they cannot be read. */
export function parseMoving(object: KubeObject): readonly Eviction[] {
  const text = object.metadata.annotations?.[movingAnnotation]
  if (text === undefined) return []
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list.filter(isEviction) : []
  } catch {
    return []
  }
}

function isEviction(value: unknown): value is Eviction {
  return (
    isObject(value) &&
    typeof value['cluster'] === 'string' &&
    typeof value['since'] === 'number' &&
    ['Directly', 'Gracefully', 'Never'].includes(String(value['purge']))
  )
}

/** Clusters of Argo CD have any name. */
function encodeName(cluster: string): string {
  return cluster.replace(/[%,=\s]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function decodeName(text: string): string {
  return text.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function field(value: number): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true }
}
