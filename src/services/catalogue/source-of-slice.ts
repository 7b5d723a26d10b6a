import type { KubeObject } from '../../kube/object/kube-object.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'

/** A cluster whose endpoints stand in slices of others: the id that they are labelled with, and its name in the fleet. */
export interface SliceSource {
  readonly id: string
  readonly name: string
}

/** The name of the cluster whose endpoints the slice holds. */
export function sourceOf({ metadata }: KubeObject): string {
  const { sourceNameAnnotation, sourceClusterLabel } = multiClusterNames
  return metadata.annotations?.[sourceNameAnnotation] ?? metadata.labels?.[sourceClusterLabel] ?? ''
}

/** Counts the slices of each source as they come and go. */
export class SliceSources {
  readonly #counts = new Map<string, { readonly source: SliceSource; count: number }>()
  #list: readonly SliceSource[] | undefined

  add(slice: KubeObject): void {
    const source = { id: slice.metadata.labels?.[multiClusterNames.sourceClusterLabel] ?? '', name: sourceOf(slice) }
    if (source.id === '') return
    const known = this.#counts.get(keyOf(source))
    if (known !== undefined) known.count++
    else {
      this.#counts.set(keyOf(source), { source, count: 1 })
      this.#list = undefined
    }
  }

  drop(slice: KubeObject): void {
    const key = keyOf({ id: slice.metadata.labels?.[multiClusterNames.sourceClusterLabel] ?? '', name: sourceOf(slice) })
    const known = this.#counts.get(key)
    if (known === undefined || --known.count > 0) return
    this.#counts.delete(key)
    this.#list = undefined
  }

  list(): readonly SliceSource[] {
    this.#list ??= [...this.#counts.values()].map(({ source }) => source)
    return this.#list
  }
}

function keyOf({ id, name }: SliceSource): string {
  return `${id} ${name}`
}
