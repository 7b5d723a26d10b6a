import type { KubeObject } from '../../../../kube/object/kube-object.js'

/** Where a pod of an Indexed Job says which index it is for. */
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'

/** The index of a pod; undefined when it has none that counts. */
export function indexOf(pod: KubeObject, completions: number): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation]
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const index = Number(text)
  return index < completions ? index : undefined
}

/** `0-2,5` */
export function formatIndexes(sorted: readonly number[]): string {
  const parts: string[] = []
  for (let at = 0; at < sorted.length; ) {
    let end = at
    while (sorted[end + 1] === (sorted[end] as number) + 1) end++
    parts.push(end > at + 1 ? `${sorted[at]}-${sorted[end]}` : sorted.slice(at, end + 1).join())
    at = end + 1
  }
  return parts.join(',')
}

/** What is written so, as far as it is below `completions`; parts that cannot be read are passed over. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    const limits = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (limits === null) continue
    const last = Math.min(Number(limits[2] ?? limits[1]), completions - 1)
    for (let index = Number(limits[1]); index <= last; index++) indexes.add(index)
  }
  return indexes
}

export function sorted(indexes: Iterable<number>): number[] {
  return [...indexes].sort((a, b) => a - b)
}
