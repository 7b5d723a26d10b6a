import { isObject } from '../../../base/json.js'
import { parseGoDuration } from '../../../kube/schema/go-duration.js'

/** Fields of objects whose schema leaves parts open: what is of another type counts as absent. */
export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown): Fields | undefined {
  return isObject(value) ? value : undefined
}
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
export function textsOf(value: unknown): string[] {
  return listOf(value).filter((each) => typeof each === 'string')
}
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {}
  for (const [key, each] of Object.entries(fieldsOf(value) ?? {})) if (typeof each === 'string') labels[key] = each
  return labels
}
/** Whole milliseconds of `1.5s` or `2m`; undefined when it is none. */
export function millisecondsOf(value: unknown): number | undefined {
  const nanoseconds = typeof value === 'string' ? parseGoDuration(value) : undefined
  return nanoseconds === undefined ? undefined : nanoseconds / 1e6
}
