import { isObject } from '../../../base/json.js'

export interface TemplateText {
  /** `spec.template.spec.source.path` */
  readonly path: string
  readonly text: string
}

/** Every string with a template in it, with its place; keys of maps are templates, too. */
export function templateTexts(value: unknown, path: string): TemplateText[] {
  if (typeof value === 'string') return value.includes('{{') ? [{ path, text: value }] : []
  if (Array.isArray(value)) return value.flatMap((item, index) => templateTexts(item, `${path}[${index}]`))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key.includes('{{') ? [{ path: `the key ${key} of ${path}`, text: key }] : []),
    ...templateTexts(member, `${path}.${key}`),
  ])
}
