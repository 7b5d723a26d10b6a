import { RE2JS } from 're2js'
import { compareText } from '../../../../base/compare-text.js'
import { equalJson, isObject } from '../../../../base/json.js'
import { checkWorkTime } from '../../../../base/work-time.js'
import { checkFormat } from './formats.js'
import { resolveReference, type SchemaDocument } from './schema-document.js'
import { display, grouped, type Problem, quote } from './validation-problem.js'

type Schema = Record<string, unknown>

/** Checks a value against a schema; no problems when it fits. `steps` bounds the work. Throws an Error for a schema that is wrong. */
export function validate(document: SchemaDocument, value: unknown): readonly Problem[] {
  const problem = new Validator(document).check(document.root, value, [], false)
  if (problem === undefined) return []
  return problem.message === undefined && problem.isReference !== true ? problem.causes : [problem]
}

const maxSteps = 2_000_000
const typeNames = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object']
const patterns = new Map<string, RE2JS>()

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'number'
  return typeof value
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function count(schema: Schema, key: string): number | undefined {
  return typeof schema[key] === 'number' ? (schema[key] as number) : undefined
}

/** What of a value no keyword has looked at so far. */
class Unseen {
  readonly properties: Set<string>
  items: number
  readonly later: Set<number>
  constructor(value: unknown) {
    this.properties = new Set(isObject(value) ? Object.keys(value) : [])
    this.items = 0
    this.later = new Set(Array.isArray(value) ? value.keys() : [])
  }
}

class Validator {
  readonly #document: SchemaDocument
  readonly #active = new Map<unknown, unknown[]>()
  #steps = 0

  constructor(document: SchemaDocument) {
    this.#document = document
  }

  /** The problem of a value, or undefined. With `outer`, what is looked at is taken out of it. */
  check(schema: unknown, given: unknown, at: readonly string[], quick: boolean, outer?: Unseen): Problem | undefined {
    if (++this.#steps > maxSteps) throw new Error('the schema takes too many steps')
    if (this.#steps % 1024 === 0) checkWorkTime()
    if (schema === true) return undefined
    if (schema === false) return { message: 'false schema', at, causes: [] }
    if (!isObject(schema)) throw new Error(`expected a schema, found ${JSON.stringify(schema)}`)
    const value = typeof given === 'bigint' ? Number(given) : given
    const open = this.#active.get(schema) ?? []
    if (open.some((other) => other === at)) return { message: 'the schema refers to itself without end', at, causes: [] }
    this.#active.set(schema, [...open, at])
    try {
      return this.#checkSchema(schema, value, at, quick, outer)
    } finally {
      this.#active.set(schema, open)
    }
  }

  #checkSchema(schema: Schema, value: unknown, at: readonly string[], quick: boolean, outer?: Unseen): Problem | undefined {
    const { draft } = this.#document
    const problems: Problem[] = []
    const unseen = new Unseen(value)
    const add = (message: string, causes: readonly Problem[] = []) => problems.push({ message, at, causes })
    const done = (): Problem | undefined => {
      if (problems.length === 0 && outer !== undefined) {
        for (const key of outer.properties) if (!unseen.properties.has(key)) outer.properties.delete(key)
        for (const index of outer.later) if (!unseen.later.has(index)) outer.later.delete(index)
      }
      if (problems.length < 2) return problems[0]
      return { message: undefined, at, causes: problems }
    }
    const reference = schema['$ref']
    if (typeof reference === 'string' && draft < 2019) {
      this.#checkReference(reference, value, at, quick, problems, unseen)
      return done()
    }
    if (!this.#checkValue(schema, value, add)) return done()
    if (typeof reference === 'string') this.#checkReference(reference, value, at, quick, problems, unseen)
    if (isObject(value)) this.#checkObject(schema, value, at, quick, problems, add, unseen)
    else if (Array.isArray(value)) this.#checkArray(schema, value, at, quick, problems, add, unseen)
    else if (typeof value === 'string') this.#checkText(schema, value, add)
    else if (typeof value === 'number') this.#checkNumber(schema, value, add)
    if (problems.length > 0 && quick) return done()
    for (const keyword of ['$recursiveRef', '$dynamicRef']) {
      const target = schema[keyword]
      if (draft >= 2019 && typeof target === 'string') this.#checkReference(target, value, at, quick, problems, unseen)
    }
    this.#checkCombined(schema, value, at, quick, problems, add, unseen)
    if (draft >= 2019) this.#checkUnseen(schema, value, at, quick, problems, unseen)
    return done()
  }

  /** Type, const, enum and format: the first that fails ends the check. */
  #checkValue(schema: Schema, value: unknown, add: (message: string) => void): boolean {
    const { type } = schema
    const wanted = typeof type === 'string' ? [type] : list(type)
    const found = typeOf(value)
    if (wanted.length > 0) {
      const isInteger = found === 'number' && Number.isInteger(value)
      if (!wanted.includes(found) && !(isInteger && wanted.includes('integer'))) {
        add(`got ${found}, want ${typeNames.filter((name) => wanted.includes(name)).join(' or ')}`)
        return false
      }
    }
    const isPlain = (item: unknown) => typeof item !== 'object' || item === null
    if (Object.hasOwn(schema, 'const') && this.#document.draft > 4 && !equalJson(value, schema['const'])) {
      add(isPlain(schema['const']) ? `value must be ${display(schema['const'])}` : "'const' failed")
      return false
    }
    const choices = schema['enum']
    if (Array.isArray(choices) && !choices.some((choice) => equalJson(value, choice))) {
      if (!choices.every(isPlain)) add("'enum' failed")
      else if (choices.length === 1) add(`value must be ${display(choices[0])}`)
      else add(`value must be one of ${choices.map(display).join(', ')}`)
      return false
    }
    const { format } = schema
    if (typeof format === 'string' && typeof value === 'string' && this.#document.draft < 2019) {
      const reason = checkFormat(format, value)
      if (reason !== undefined) {
        add(`${quote(value)} is not valid ${format}: ${reason}`)
        return false
      }
    }
    return true
  }

  #checkReference(
    target: string,
    value: unknown,
    at: readonly string[],
    quick: boolean,
    problems: Problem[],
    unseen: Unseen,
  ): void {
    const found = this.check(resolveReference(this.#document, target), value, at, quick, unseen)
    if (found === undefined) return
    const isGroup = found.message === undefined && found.isReference !== true
    problems.push({ message: 'validation failed', at, causes: isGroup ? found.causes : [found], isReference: true })
  }

  #checkObject(
    schema: Schema,
    value: Record<string, unknown>,
    at: readonly string[],
    quick: boolean,
    problems: Problem[],
    add: (message: string, causes?: readonly Problem[]) => void,
    unseen: Unseen,
  ): void {
    const { draft } = this.#document
    const keys = Object.keys(value).sort(compareText)
    const minimum = count(schema, 'minProperties')
    if (minimum !== undefined && keys.length < minimum)
      add(`minProperties: got ${grouped(keys.length)}, want ${grouped(minimum)}`)
    const maximum = count(schema, 'maxProperties')
    if (maximum !== undefined && keys.length > maximum)
      add(`maxProperties: got ${grouped(keys.length)}, want ${grouped(maximum)}`)
    const missing = (wanted: unknown) =>
      list(wanted)
        .filter((key) => !Object.hasOwn(value, String(key)))
        .map(String)
    const absent = missing(schema['required'])
    if (absent.length === 1) add(`missing property ${quote(absent[0]!)}`)
    else if (absent.length > 1) add(`missing properties ${absent.map(quote).join(', ')}`)
    if (quick && problems.length > 0) return
    const needs = (key: string, wanted: unknown) => {
      const lacking = missing(wanted)
      if (lacking.length > 0) add(`properties ${lacking.map(quote).join(', ')} required, if ${quote(key)} exists`)
    }
    const self = (inner: unknown) => {
      const found = this.check(inner, value, at, quick, unseen)
      if (found !== undefined) problems.push(found)
    }
    const member = (inner: unknown, key: string) => {
      const found = this.check(inner, value[key], [...at, key], quick)
      if (found !== undefined) problems.push(found)
    }
    for (const [key, dependency] of members(schema['dependencies'])) {
      if (!Object.hasOwn(value, key)) continue
      if (Array.isArray(dependency)) needs(key, dependency)
      else self(dependency)
    }
    const properties = isObject(schema['properties']) ? schema['properties'] : {}
    const additional = schema['additionalProperties']
    const refused: string[] = []
    for (const key of keys) {
      if (quick && problems.length > 0) return
      let seen = false
      if (Object.hasOwn(properties, key)) {
        seen = true
        member(properties[key], key)
      }
      for (const [pattern, inner] of members(schema['patternProperties'])) {
        if (!matches(pattern, key)) continue
        seen = true
        member(inner, key)
      }
      if (!seen && additional !== undefined) {
        seen = true
        if (additional === false) refused.push(key)
        else if (additional !== true) member(additional, key)
      }
      if (seen) unseen.properties.delete(key)
    }
    if (refused.length > 0) add(`additional properties ${refused.map(quote).join(', ')} not allowed`)
    if (draft === 4) return
    if (schema['propertyNames'] !== undefined) {
      for (const key of keys) {
        const found = this.check(schema['propertyNames'], key, [], quick)
        if (found === undefined) continue
        const isGroup = found.message === undefined && found.isReference !== true
        add(`invalid propertyName ${quote(key)}`, isGroup ? found.causes : [found])
      }
    }
    if (draft === 6) return
    for (const [key, inner] of members(schema['dependentSchemas'])) if (Object.hasOwn(value, key)) self(inner)
    for (const [key, wanted] of members(schema['dependentRequired'])) if (Object.hasOwn(value, key)) needs(key, wanted)
  }

  #checkArray(
    schema: Schema,
    value: readonly unknown[],
    at: readonly string[],
    quick: boolean,
    problems: Problem[],
    add: (message: string, causes?: readonly Problem[]) => void,
    unseen: Unseen,
  ): void {
    const { draft } = this.#document
    const minimum = count(schema, 'minItems')
    if (minimum !== undefined && value.length < minimum) add(`minItems: got ${grouped(value.length)}, want ${grouped(minimum)}`)
    const maximum = count(schema, 'maxItems')
    if (maximum !== undefined && value.length > maximum) add(`maxItems: got ${grouped(value.length)}, want ${grouped(maximum)}`)
    if (schema['uniqueItems'] === true) {
      const pair = this.#duplicates(value)
      if (pair !== undefined) add(`items at ${pair[0]} and ${pair[1]} are equal`)
    }
    const item = (inner: unknown, index: number) => {
      unseen.later.delete(index)
      const found = this.check(inner, value[index], [...at, String(index)], quick)
      if (found !== undefined) problems.push(found)
    }
    const first = draft < 2020 ? schema['items'] : schema['prefixItems']
    const rest = draft < 2020 ? schema['additionalItems'] : schema['items']
    let done = 0
    if (Array.isArray(first)) {
      done = Math.min(first.length, value.length)
      for (let index = 0; index < done; index++) item(first[index], index)
    } else if (draft < 2020 && first !== undefined) {
      done = value.length
      for (let index = 0; index < done; index++) item(first, index)
    }
    if (rest === false && draft < 2020) {
      if (done !== value.length) add(`last ${value.length - done} additionalItem(s) not allowed`)
    } else if (rest !== undefined) for (let index = done; index < value.length; index++) item(rest, index)
    if (schema['contains'] === undefined || draft === 4) return
    const matched: number[] = []
    const failed: Problem[] = []
    for (const [index, element] of value.entries()) {
      const found = this.check(schema['contains'], element, [...at, String(index)], quick)
      if (found !== undefined) failed.push(found)
      else {
        matched.push(index)
        if (draft >= 2020) unseen.later.delete(index)
      }
    }
    const least = count(schema, 'minContains')
    const most = count(schema, 'maxContains')
    if (least !== undefined && draft >= 2019) {
      if (matched.length < least) {
        const what = matched.length === 0 ? 'none matched' : `matched ${matched.length} items at ${matched.join(' ')}`
        add(`min ${grouped(least)} items required to match contains schema, but ${what}`, failed)
      }
    } else if (matched.length === 0) add('no items match contains schema', failed)
    if (most !== undefined && draft >= 2019 && matched.length > most)
      add(
        `max ${grouped(most)} items required to match contains schema, but matched ${matched.length} items at ${matched.join(' ')}`,
      )
  }

  #duplicates(value: readonly unknown[]): readonly [number, number] | undefined {
    for (let left = 0; left < value.length; left++) {
      this.#steps += value.length - left
      if (this.#steps > maxSteps) throw new Error('the schema takes too many steps')
      for (let right = left + 1; right < value.length; right++) if (equalJson(value[left], value[right])) return [left, right]
    }
    return undefined
  }

  #checkText(schema: Schema, value: string, add: (message: string) => void): void {
    const length = [...value].length
    const minimum = count(schema, 'minLength')
    if (minimum !== undefined && length < minimum) add(`minLength: got ${grouped(length)}, want ${grouped(minimum)}`)
    const maximum = count(schema, 'maxLength')
    if (maximum !== undefined && length > maximum) add(`maxLength: got ${grouped(length)}, want ${grouped(maximum)}`)
    const { pattern } = schema
    if (typeof pattern === 'string' && !matches(pattern, value)) add(`${quote(value)} does not match pattern ${quote(pattern)}`)
  }

  #checkNumber(schema: Schema, value: number, add: (message: string) => void): void {
    const limit = (key: string, broken: (limit: number) => boolean) => {
      const bound = schema[key]
      if (typeof bound === 'number' && broken(bound)) add(`${key}: got ${grouped(value)}, want ${grouped(bound)}`)
    }
    const isOld = this.#document.draft === 4
    if (isOld && schema['exclusiveMinimum'] === true) {
      const bound = schema['minimum']
      if (typeof bound === 'number' && value <= bound) add(`exclusiveMinimum: got ${grouped(value)}, want ${grouped(bound)}`)
    } else limit('minimum', (bound) => value < bound)
    if (isOld && schema['exclusiveMaximum'] === true) {
      const bound = schema['maximum']
      if (typeof bound === 'number' && value >= bound) add(`exclusiveMaximum: got ${grouped(value)}, want ${grouped(bound)}`)
    } else limit('maximum', (bound) => value > bound)
    limit('exclusiveMinimum', (bound) => value <= bound)
    limit('exclusiveMaximum', (bound) => value >= bound)
    limit('multipleOf', (bound) => bound > 0 && !isMultiple(value, bound))
  }

  #checkCombined(
    schema: Schema,
    value: unknown,
    at: readonly string[],
    quick: boolean,
    problems: Problem[],
    add: (message: string, causes?: readonly Problem[]) => void,
    unseen: Unseen,
  ): void {
    const fits = (inner: unknown) => this.check(inner, value, at, true, unseen) === undefined
    if (schema['not'] !== undefined && fits(schema['not'])) add("'not' failed")
    const each = (key: string) => list(schema[key]).map((inner) => this.check(inner, value, at, quick, unseen))
    const failed = each('allOf').filter((found) => found !== undefined)
    if (failed.length > 0) add("'allOf' failed", failed)
    const any = each('anyOf')
    if (any.length > 0 && any.every((found) => found !== undefined)) add("'anyOf' failed", any)
    const one = each('oneOf')
    if (one.length > 0) {
      const matched = one.flatMap((found, index) => (found === undefined ? [index] : []))
      if (matched.length === 0)
        add(
          "'oneOf' failed, none matched",
          one.filter((found) => found !== undefined),
        )
      else if (matched.length > 1) add(`'oneOf' failed, subschemas ${matched[0]}, ${matched[1]} matched`)
    }
    if (schema['if'] === undefined || this.#document.draft < 7) return
    const branch = fits(schema['if']) ? schema['then'] : schema['else']
    if (branch === undefined) return
    const found = this.check(branch, value, at, quick, unseen)
    if (found !== undefined) problems.push(found)
  }

  #checkUnseen(schema: Schema, value: unknown, at: readonly string[], quick: boolean, problems: Problem[], unseen: Unseen): void {
    const check = (inner: unknown, child: unknown, key: string) => {
      const found = this.check(inner, child, [...at, key], quick)
      if (found !== undefined) problems.push(found)
    }
    const properties = schema['unevaluatedProperties']
    if (properties !== undefined && isObject(value)) {
      for (const key of [...unseen.properties].sort(compareText)) check(properties, value[key], key)
      unseen.properties.clear()
    }
    const items = schema['unevaluatedItems']
    if (items !== undefined && Array.isArray(value)) {
      for (const index of unseen.later) check(items, value[index], String(index))
      unseen.later.clear()
    }
  }
}

function members(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : []
}

function isMultiple(value: number, of: number): boolean {
  const quotient = value / of
  return Math.abs(quotient - Math.round(quotient)) <= Number.EPSILON * Math.abs(quotient)
}

function matches(pattern: string, text: string): boolean {
  let regex = patterns.get(pattern)
  if (regex === undefined) {
    regex = RE2JS.compile(pattern)
    if (patterns.size > 500) patterns.clear()
    patterns.set(pattern, regex)
  }
  return regex.matcher(text).find()
}
