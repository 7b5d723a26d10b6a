import { cloneJson, isObject, setOwn } from '../../../base/json.js'
import type { ApplicationSetTemplate } from '../kinds/application-set.js'

/** Values that are one value to upstream although JSON shows members. */
const atomic = new Set(['valuesObject'])

/**
 * A generator's own template with the ApplicationSet's filled in where it is empty: members merge, lists are taken whole,
 * and false, 0 and "" count as empty.
 */
export function fillTemplate(own: ApplicationSetTemplate | undefined, base: ApplicationSetTemplate): ApplicationSetTemplate {
  if (own === undefined || own === null) return base
  return fill(
    own as unknown as Record<string, unknown>,
    base as unknown as Record<string, unknown>,
  ) as unknown as ApplicationSetTemplate
}

function fill(own: Readonly<Record<string, unknown>>, base: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled = cloneJson(own) as Record<string, unknown>
  for (const [key, value] of Object.entries(base)) {
    const held = Object.hasOwn(filled, key) ? filled[key] : undefined
    if (isEmpty(held)) setOwn(filled, key, cloneJson(value))
    else if (isObject(held) && isObject(value) && !atomic.has(key)) setOwn(filled, key, fill(held, value))
  }
  return filled
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
