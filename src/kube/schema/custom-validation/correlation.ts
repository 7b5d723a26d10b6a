import { equalJson, isObject } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import { isSchema } from '../definitions/structural-invariants.js'
import { type Members, membersOf, textOf } from '../validation/findings.js'

/**
 * A value of an object and what it was before the write, where the two can be told to be the same part: fields and entries by
 * name, elements of lists of type `map` by their keys, other elements never. What did not change may go on breaking rules that
 * are younger than it (ratcheting).
 *
 * Reference: CorrelatedObject of k8s.io/apiserver/pkg/cel/common.
 */
export class Correlated {
  readonly value: unknown
  readonly old: unknown
  readonly #schema: Members
  #same: boolean | undefined
  #oldByKeys: ReadonlyMap<string, unknown> | undefined

  /** `schema` is the OpenAPI node of the value. */
  constructor(schema: Members, value: unknown, old: unknown) {
    this.#schema = schema
    this.value = value
    this.old = old
  }

  isUnchanged(): boolean {
    this.#same ??= this.#isSame()
    return this.#same
  }

  /** Order does not count in lists of type `map`. What the schema does not describe can never be told to be unchanged. */
  #isSame(): boolean {
    const { value, old } = this
    if (isNothing(value) || isNothing(old)) return isNothing(value) && isNothing(old)
    if (Array.isArray(value)) {
      if (!Array.isArray(old) || old.length !== value.length) return false
      if (!isMapList(this.#schema)) return equalJson(value, old)
      return value.every((_, index) => this.index(index)?.isUnchanged() === true)
    }
    if (!isObject(value)) return equalJson(value, old)
    if (!isObject(old) || Object.keys(old).length !== Object.keys(value).length) return false
    return Object.keys(value).every((key) => this.key(key)?.isUnchanged() === true)
  }

  key(field: string): Correlated | undefined {
    const { value, old } = this
    if (!isObject(value) || !isObject(old) || !Object.hasOwn(value, field) || !Object.hasOwn(old, field)) return undefined
    const properties = membersOf(this.#schema['properties'])
    const additional = this.#schema['additionalProperties']
    const schema = Object.hasOwn(properties, field) ? properties[field] : isSchema(additional) ? additional : undefined
    return schema === undefined ? undefined : new Correlated(membersOf(schema), value[field], old[field])
  }

  index(index: number): Correlated | undefined {
    if (!Array.isArray(this.value) || !Array.isArray(this.old) || !isSchema(this.#schema['items'])) return undefined
    const old = this.oldElement(this.value[index])
    return old === undefined ? undefined : new Correlated(membersOf(this.#schema['items']), this.value[index], old)
  }

  /** The element of the old list that has the same keys. */
  oldElement(element: unknown): unknown {
    this.#oldByKeys ??= oldElements(this.#schema, this.old)
    return this.#oldByKeys.get(keysOf(this.#schema, element) ?? '')
  }
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined
}

function isMapList(schema: Members): boolean {
  return textOf(schema['x-kubernetes-list-type']) === 'map'
}

const none: ReadonlyMap<string, unknown> = new Map()

/** Elements of a list of type `map` by the text of their keys; the first of those with the same ones. */
function oldElements(schema: Members, old: unknown): ReadonlyMap<string, unknown> {
  if (!isMapList(schema) || !Array.isArray(old)) return none
  const byKeys = new Map<string, unknown>()
  for (const element of old) {
    const keys = keysOf(schema, element)
    if (keys !== undefined && !byKeys.has(keys)) byKeys.set(keys, element)
  }
  return byKeys
}

function keysOf(schema: Members, element: unknown): string | undefined {
  if (!isObject(element)) return undefined
  const names = schema['x-kubernetes-list-map-keys']
  return Array.isArray(names) ? printJson(names.map((name) => element[String(name)] ?? null)) : undefined
}
