import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterChange } from '../../contract.js'

/**
 * Objects by a term `key=value` in their namespace: pods by their labels, or Services by what they select. Kept by the feed
 * of changes, so that nobody has to look through a whole namespace.
 */
export class LabelIndex {
  readonly #clusters = new Map<string, Map<string, Set<string>>>()
  readonly #labelsOf: (object: KubeObject) => Readonly<Record<string, string>> | undefined

  constructor(labelsOf: (object: KubeObject) => Readonly<Record<string, string>> | undefined) {
    this.#labelsOf = labelsOf
  }

  hear({ cluster, type, object, previous }: ClusterChange): void {
    const before = this.#labelsOf(type === 'DELETED' ? object : (previous ?? object))
    const after = type === 'DELETED' ? undefined : this.#labelsOf(object)
    if (type === 'MODIFIED' && sameLabels(before, after)) return
    const { name, namespace = '' } = object.metadata
    const terms = this.#of(cluster)
    if (type !== 'ADDED') for (const term of termsOf(namespace, before)) drop(terms, term, name)
    for (const term of termsOf(namespace, after)) {
      const names = terms.get(term)
      if (names === undefined) terms.set(term, new Set([name]))
      else names.add(name)
    }
  }

  /** Names of the objects with all these labels or more; the rarest term is looked up, so the caller checks the rest. */
  candidates(cluster: string, namespace: string, labels: Readonly<Record<string, string>>): Iterable<string> {
    const terms = this.#clusters.get(cluster)
    let fewest: ReadonlySet<string> | undefined
    for (const term of termsOf(namespace, labels)) {
      const names = terms?.get(term)
      if (names === undefined) return []
      if (fewest === undefined || names.size < fewest.size) fewest = names
    }
    return fewest ?? []
  }

  /** Names of the objects with any of these labels, each once. */
  withAny(cluster: string, namespace: string, labels: Readonly<Record<string, string>> | undefined): Iterable<string> {
    const terms = this.#clusters.get(cluster)
    const found = new Set<string>()
    for (const term of termsOf(namespace, labels)) for (const name of terms?.get(term) ?? []) found.add(name)
    return found
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
  }

  #of(cluster: string): Map<string, Set<string>> {
    let known = this.#clusters.get(cluster)
    if (known === undefined) this.#clusters.set(cluster, (known = new Map()))
    return known
  }
}

function termsOf(namespace: string, labels: Readonly<Record<string, string>> | undefined): string[] {
  return labels === undefined ? [] : Object.keys(labels).map((key) => `${namespace}\0${key}=${labels[key]}`)
}

export function sameLabels(
  a: Readonly<Record<string, string>> | undefined,
  b: Readonly<Record<string, string>> | undefined,
): boolean {
  if (a === b) return true
  const keys = Object.keys(a ?? {})
  return keys.length === Object.keys(b ?? {}).length && keys.every((key) => a?.[key] === b?.[key])
}

function drop(terms: Map<string, Set<string>>, term: string, name: string): void {
  const names = terms.get(term)
  if (names?.delete(name) && names.size === 0) terms.delete(term)
}
