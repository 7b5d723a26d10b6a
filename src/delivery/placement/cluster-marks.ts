import type { ClusterFacts, Taint } from './contract.js'

/** Annotations on what a cluster came from (its Secret, its KubeFedCluster ...): `flotilla cluster cordon|taint` writes them. */
export const cordonedAnnotation = 'flotilla.dev/cordoned'
/** As kubectl writes taints, with commas: `dedicated=gpu:NoSchedule,drain:NoExecute`. */
export const taintsAnnotation = 'flotilla.dev/taints'
/** What a replica costs there, in a unit that is the same for all clusters. */
export const priceAnnotation = 'flotilla.dev/price'

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const

/** What labels and annotations of a cluster say about placement: place, taints, cordon, price. What cannot be read says nothing. */
export function readClusterMarks(cluster: {
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}): Pick<ClusterFacts, 'labels' | 'region' | 'zones' | 'provider' | 'taints' | 'cordoned' | 'price'> {
  const { labels = {}, annotations = {} } = cluster
  const region = labels['topology.kubernetes.io/region'] ?? labels['region']
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['zone']
  const provider = labels['flotilla.dev/provider'] ?? labels['provider']
  const taints = parseTaints(annotations[taintsAnnotation] ?? '')
  const price = Number(annotations[priceAnnotation] ?? Number.NaN)
  return {
    labels,
    ...(region ? { region } : {}),
    ...(zone ? { zones: [zone] } : {}),
    ...(provider ? { provider } : {}),
    ...(taints.length === 0 ? {} : { taints }),
    ...(annotations[cordonedAnnotation] === 'true' ? { cordoned: true } : {}),
    ...(Number.isFinite(price) && price >= 0 && annotations[priceAnnotation] !== '' ? { price } : {}),
  }
}

/** `key[=value]:Effect` with commas between; what is none of that is left out. */
export function parseTaints(text: string): Taint[] {
  return text.split(',').flatMap((part): Taint[] => {
    const [, key, value, effect] = /^([^=:\s]+)(?:=([^:\s]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(part.trim()) ?? []
    if (key === undefined || effect === undefined) return []
    return [{ key, ...(value === undefined || value === '' ? {} : { value }), effect }]
  })
}

export function formatTaints(taints: readonly Taint[]): string {
  return taints.map(({ key, value, effect }) => `${key}${value === undefined ? '' : `=${value}`}:${effect}`).join(',')
}
