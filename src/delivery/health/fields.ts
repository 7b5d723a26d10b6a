import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

/** Reads fields of objects whose shape is not known to be right: a field of another type is as if it were absent. */
export interface Fields {
  number(name: string): number | undefined
  text(name: string): string | undefined
  flag(name: string): boolean
  at(name: string): Fields
  list(name: string): readonly Fields[]
  has(name: string): boolean
}

export function fieldsOf(value: unknown): Fields {
  const record = isObject(value) ? value : {}
  return {
    number: (name) => (typeof record[name] === 'number' ? record[name] : undefined),
    text: (name) => (typeof record[name] === 'string' ? record[name] : undefined),
    flag: (name) => record[name] === true,
    at: (name) => fieldsOf(record[name]),
    list: (name) => (Array.isArray(record[name]) ? record[name].map(fieldsOf) : []),
    has: (name) => record[name] !== undefined && record[name] !== null,
  }
}

export function specOf(object: KubeObject): Fields {
  return fieldsOf(object.spec)
}

export function statusOf(object: KubeObject): Fields {
  return fieldsOf(object.status)
}

/** The condition of a type in `status.conditions`. */
export function conditionOf(object: KubeObject, type: string): Fields | undefined {
  return statusOf(object)
    .list('conditions')
    .find((condition) => condition.text('type') === type)
}

/** True while the controller of the kind has not looked at the last change of the spec. */
export function specNotObserved(object: KubeObject): boolean {
  return (object.metadata.generation ?? 0) > (statusOf(object).number('observedGeneration') ?? 0)
}
