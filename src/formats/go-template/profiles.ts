import { isObject } from '../../base/json.js'
import { formatYaml } from '../yaml/format-yaml.js'
import { parseYaml } from '../yaml/parse-yaml.js'
import { type FunctionTable, type GoFunction, goFunction, goVariadic } from './functions.js'
import { createSprig, type SprigPorts } from './sprig/index.js'
import { toJsonValue } from './sprig/json.js'
import { int, typeName } from './values.js'

/** The functions of ApplicationSet templates: sprig, and names and YAML. The YAML functions report errors, unlike Helm's. */
export function applicationSetProfile(ports: SprigPorts): FunctionTable {
  return new Map<string, GoFunction>([
    ...createSprig(ports),
    ['normalize', goFunction(['string'], normalizeName)],
    ['slugify', goVariadic([], 'any', slugifyArguments)],
    ['toYaml', goFunction(['any'], (value) => formatYaml(toJsonValue(value)).replace(/\n$/, ''))],
    [
      'fromYaml',
      goFunction(['string'], (text) => {
        const value = parseYaml(text)
        if (value === null) return {}
        if (isObject(value)) return value
        throw new Error(
          `error unmarshaling JSON: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`,
        )
      }),
    ],
    [
      'fromYamlArray',
      goFunction(['string'], (text) => {
        const value = parseYaml(text)
        if (value === null) return []
        if (Array.isArray(value)) return value
        throw new Error(`error unmarshaling JSON: cannot unmarshal ${jsonTypeName(value)} into Go value of type []interface {}`)
      }),
    ],
  ])
}

function jsonTypeName(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'array' : 'object'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** A text as a DNS subdomain name: lower case, other characters to `-`, at most 253, no `-` or `.` at the ends. */
export function normalizeName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^-a-z0-9.]/gu, '-')
    .slice(0, 253)
    .replace(/^[-.]+|[-.]+$/g, '')
}

/**
 * A name as one word of a URL, at most `maxLength` characters; with `smart` it is cut between words. The name is
 * normalized first, so only letters, digits and `-` are left.
 */
export function slugify(name: string, maxLength = 50, smart = true): string {
  let slug = normalizeName(name)
  if (!smart && slug.length >= maxLength && maxLength > 0) slug = slug.slice(0, maxLength)
  slug = slug
    .replace(/[^a-z0-9-_]/g, '-')
    .replace(/-+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
  return smart && maxLength > 0 ? cutBetweenWords(slug, maxLength) : slug
}

function cutBetweenWords(slug: string, maxLength: number): string {
  if (slug.length <= maxLength) return slug
  const cut = slug.lastIndexOf('-', maxLength)
  return slug.slice(0, cut < 0 ? maxLength : cut)
}

/** `slugify [max] [smart] name`: the last argument is the name, whatever its number. */
function slugifyArguments(...args: unknown[]): string {
  const name = args.at(-1)
  if (args.length === 0) return ''
  if (typeof name !== 'string') throw new Error(`interface conversion: interface {} is ${typeName(name)}, not string`)
  const options = args.slice(0, -1)
  let maxLength = 50
  if (options.length > 0) {
    if (typeName(options[0]) !== typeName(int(0)))
      throw new Error(`interface conversion: interface {} is ${typeName(options[0])}, not int`)
    maxLength = Number((options[0] as { value: bigint }).value)
  }
  if (options.length > 1 && typeof options[1] !== 'boolean') {
    throw new Error(`interface conversion: interface {} is ${typeName(options[1])}, not bool`)
  }
  return slugify(name, maxLength, options.length > 1 ? options[1] === true : true)
}
