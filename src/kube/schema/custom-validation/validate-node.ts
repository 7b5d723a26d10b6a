import { equalJson, isObject, type JsonObject } from '../../../base/json.js'
import { isNumber, printJson } from '../../../base/json-text.js'
import type { StatusCause } from '../../object/status-error.js'
import { fieldCauses, quote } from '../field-cause.js'
import type { Correlated } from './correlation.js'
import { isFormat } from './formats.js'
import { matchesPattern } from './patterns.js'

/** `matches` counts what fitted: among alternatives that all fail, the one that fitted best explains the failure. */
export interface Outcome {
  readonly causes: StatusCause[]
  matches: number
}

/** The field of causes that name no field of their own: upstream has no path for them but that of the whole validation. */
const wholeValue = '<whole>'

/**
 * Validates a value against an OpenAPI v3 node, with the causes and texts of kube-openapi's validator. `prefix` is the field path
 * of the value: texts name fields relative to it. With `correlated` parts that did not change may be wrong.
 *
 * Reference: kubeOpenAPIResultToFieldErrors and RatchetingSchemaValidator of k8s.io/apiextensions-apiserver.
 */
export function validateValue(schema: JsonObject, value: unknown, prefix = '', correlated?: Correlated): StatusCause[] {
  // Most values are valid: what they were before matters to others only.
  let { causes } = validateNode(schema, value, '', undefined)
  if (causes.length > 0 && correlated !== undefined) causes = validateChild(schema, value, '', correlated).causes
  if (causes.length === 0) return []
  return causes.map((cause) => {
    const { field = '' } = cause
    if (field === wholeValue || field === '') return { ...cause, field: prefix === '' ? '<nil>' : prefix }
    const name = field.replace(/^\./, '')
    return { ...cause, field: prefix === '' ? name : `${prefix}.${name}` }
  })
}

function validateChild(schema: JsonObject, value: unknown, path: string, correlated: Correlated | undefined): Outcome {
  const outcome = validateNode(schema, value, path, correlated)
  if (outcome.causes.length > 0 && correlated?.isUnchanged() === true) outcome.causes.length = 0
  return outcome
}

/** `path` is the field path of the value, empty for the root. */
function validateNode(schema: JsonObject, value: unknown, path: string, correlated: Correlated | undefined): Outcome {
  const outcome: Outcome = { causes: [], matches: 0 }
  const types = typesOf(schema)
  checkType(schema, types, value, path, outcome)
  if (value === null || value === undefined) {
    checkEnum(schema, value, path, outcome)
    return outcome
  }
  checkAlternatives(schema, value, path, outcome, correlated)
  if (typeof value === 'string') checkString(schema, value, path, outcome)
  else if (isNumber(value)) checkNumber(schema, value, path, outcome)
  else if (Array.isArray(value)) checkList(schema, value, path, outcome, correlated)
  checkEnum(schema, value, path, outcome)
  if (isObject(value)) checkObject(schema, value, path, outcome, correlated)
  outcome.matches++
  return outcome
}

function merge(into: Outcome, from: Outcome): void {
  into.causes.push(...from.causes)
  into.matches += from.matches
}

/** Named fields as kube-openapi prints them: `spec.replicas in body`. */
function inBody(path: string): string {
  return `${path} in body`
}

function typesOf(schema: JsonObject): string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string']
  return typeof schema['type'] === 'string' && schema['type'] !== '' ? [schema['type']] : []
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function checkType(schema: JsonObject, types: string[], value: unknown, path: string, outcome: Outcome): void {
  if (types.length === 0) return
  const actual = typeOf(value)
  if (actual === 'null') {
    if (schema['nullable'] === true) outcome.matches++
    else outcome.causes.push(wrongType(types.join(','), 'null', path))
    return
  }
  if (types.includes(actual) || (actual === 'integer' && types.includes('number'))) {
    outcome.matches++
    return
  }
  const format = knownFormat(schema)
  const isText = typeof value === 'string' || Array.isArray(value)
  const isNumeric = types.includes('number') || types.includes('integer')
  // Texts and lists that should have a format are left to the format, whatever their type should be.
  if (format === undefined || (isText && isNumeric)) outcome.causes.push(wrongType(types.join(','), actual, path))
  else if (!isText) outcome.causes.push(wrongType(format, formatOfNumber(actual), path))
}

/** What upstream names when a value should have had a format. */
function formatOfNumber(type: string): string {
  return type === 'integer' ? 'int64' : type === 'number' ? 'float64' : ''
}

function wrongType(type: string, actual: string, path: string): StatusCause {
  return fieldCauses.typeInvalid(path, actual, `${inBody(path)} must be of type ${type}: ${quote(actual)}`)
}

function knownFormat(schema: JsonObject): string | undefined {
  const { format } = schema
  return typeof format === 'string' && isFormat(format, '') !== undefined ? format : undefined
}

function checkString(schema: JsonObject, value: string, path: string, outcome: Outcome): void {
  const { maxLength, minLength, pattern } = schema
  const length = typeof maxLength === 'number' || typeof minLength === 'number' ? [...value].length : 0
  if (typeof maxLength === 'number' && length > maxLength) outcome.causes.push(fieldCauses.tooLong(path, maxLength))
  else if (typeof minLength === 'number' && length < minLength) {
    outcome.causes.push(fieldCauses.invalid(path, value, `${inBody(path)} should be at least ${minLength} chars long`))
  } else if (typeof pattern === 'string' && pattern !== '') {
    const problem = matchesPattern(pattern, value)
    if (problem !== undefined) outcome.causes.push(fieldCauses.invalid(path, value, `${inBody(path)} should match '${problem}'`))
    else outcome.matches++
  } else outcome.matches++
  const format = knownFormat(schema)
  if (format === undefined) return
  if (isFormat(format, value) === false) {
    outcome.causes.push(fieldCauses.typeInvalid(path, value, `${inBody(path)} must be of type ${format}: ${quote(value)}`))
  } else outcome.matches++
}

function checkNumber(schema: JsonObject, value: number | bigint, path: string, outcome: Outcome): void {
  const before = outcome.causes.length
  const complain = (what: string) => outcome.causes.push(fieldCauses.invalid(path, value, `${inBody(path)} should be ${what}`))
  // Upstream cuts the fraction off the bounds of whole numbers.
  const bound = (keyword: string) => {
    const limit = schema[keyword]
    if (typeof limit === 'bigint') return limit
    const isWhole = typeof value === 'bigint' || Number.isInteger(value)
    return typeof limit !== 'number' ? undefined : isWhole ? Math.trunc(limit) : limit
  }
  const factor = bound('multipleOf')
  if (factor !== undefined && factor <= 0) {
    outcome.causes.push(fieldCauses.invalid(path, factor, `factor MultipleOf declared for ${path} must be positive: ${factor}`))
  } else if (factor !== undefined && !isMultiple(value, factor)) complain(`a multiple of ${factor}`)
  const maximum = bound('maximum')
  if (maximum !== undefined) {
    const exclusive = schema['exclusiveMaximum'] === true
    if (exclusive ? value >= maximum : value > maximum) complain(`less than ${exclusive ? '' : 'or equal to '}${maximum}`)
  }
  const minimum = bound('minimum')
  if (minimum !== undefined) {
    const exclusive = schema['exclusiveMinimum'] === true
    if (exclusive ? value <= minimum : value < minimum) complain(`greater than ${exclusive ? '' : 'or equal to '}${minimum}`)
  }
  if (outcome.causes.length === before) outcome.matches++
}

function isMultiple(value: number | bigint, factor: number | bigint): boolean {
  if (typeof value === 'bigint' || typeof factor === 'bigint') {
    if (Number.isInteger(Number(factor)) && Number.isInteger(Number(value))) return BigInt(value) % BigInt(factor) === 0n
    return isMultiple(Number(value), Number(factor))
  }
  const quotient = factor < 1 ? (1 / factor) * value : value / factor
  return Math.abs(quotient - Math.round(quotient)) < 1e-9
}

function checkList(
  schema: JsonObject,
  value: unknown[],
  path: string,
  outcome: Outcome,
  correlated: Correlated | undefined,
): void {
  const { items, minItems, maxItems } = schema
  if (isObject(items)) {
    for (const [index, item] of value.entries())
      merge(outcome, validateChild(items as JsonObject, item, `${path}[${index}]`, correlated?.index(index)))
  }
  if (typeof minItems === 'number' && value.length < minItems) {
    outcome.causes.push(fieldCauses.invalid(path, value.length, `${inBody(path)} should have at least ${minItems} items`))
  }
  if (typeof maxItems === 'number' && value.length > maxItems)
    outcome.causes.push(fieldCauses.tooMany(path, value.length, maxItems))
  if (schema['uniqueItems'] === true && hasRepeated(value)) {
    outcome.causes.push(fieldCauses.invalid(path, '', `${inBody(path)} shouldn't contain duplicates`))
  }
}

function hasRepeated(value: unknown[]): boolean {
  return value.some((item, index) => value.slice(0, index).some((earlier) => equalJson(item, earlier)))
}

function checkEnum(schema: JsonObject, value: unknown, path: string, outcome: Outcome): void {
  const allowed = schema['enum']
  if (!Array.isArray(allowed) || allowed.length === 0) return
  if (value !== null && value !== undefined && allowed.some((one) => equalJson(one, value))) {
    outcome.matches++
    return
  }
  const texts = allowed.map((one) => (typeof one === 'string' ? one : printJson(one)))
  outcome.causes.push(fieldCauses.notSupported(path, value ?? null, texts))
}

function checkObject(
  schema: JsonObject,
  value: Record<string, unknown>,
  path: string,
  outcome: Outcome,
  correlated: Correlated | undefined,
): void {
  const { minProperties, maxProperties, additionalProperties } = schema
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const count = Object.keys(value).length
  if (typeof minProperties === 'number' && count < minProperties) {
    outcome.causes.push(fieldCauses.invalid(path, count, `${inBody(path)} should have at least ${minProperties} properties`))
  }
  if (typeof maxProperties === 'number' && count > maxProperties)
    outcome.causes.push(fieldCauses.tooMany(path, count, maxProperties))
  for (const key of Object.keys(value)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    // Entries of maps keep the dot of the path that they are below of, even when that is empty.
    const child = path === '' && isObject(property) ? key : `${path}.${key}`
    const schemaOfKey = isObject(property) ? property : isObject(additionalProperties) ? additionalProperties : undefined
    if (schemaOfKey !== undefined) {
      // Versions are not told apart: both objects come in the same one.
      const isTypeMeta = path === '' && (key === 'kind' || key === 'apiVersion')
      const part = isTypeMeta ? undefined : correlated?.key(key)
      merge(outcome, validateChild(schemaOfKey as JsonObject, value[key], child, part))
    } else if (additionalProperties === false) {
      outcome.causes.push(fieldCauses.invalid(path, key, `${path}.${inBody(key)} is a forbidden property`))
    }
  }
  const required = schema['required']
  if (!Array.isArray(required)) return
  for (const key of required) {
    if (typeof key === 'string' && !Object.hasOwn(value, key)) {
      outcome.causes.push(fieldCauses.required(path === '' ? key : `${path}.${key}`))
    } else outcome.matches++
  }
}

function checkAlternatives(
  schema: JsonObject,
  value: unknown,
  path: string,
  outcome: Outcome,
  correlated: Correlated | undefined,
): void {
  const { anyOf, oneOf, allOf, not } = schema
  if (anyOf === undefined && oneOf === undefined && allOf === undefined && not === undefined) return
  const named = quote(path)
  const complain = (what: string) => outcome.causes.push(fieldCauses.invalid(wholeValue, '', `${named} ${what}`))
  if (Array.isArray(anyOf) && anyOf.length > 0) {
    const outcomes = anyOf.map((one) => validateNode(one as JsonObject, value, path, correlated))
    const fitting = outcomes.find((one) => one.causes.length === 0)
    if (fitting === undefined) complain('must validate at least one schema (anyOf)')
    merge(outcome, fitting ?? best(outcomes))
  }
  if (Array.isArray(oneOf) && oneOf.length > 0) {
    const outcomes = oneOf.map((one) => validateNode(one as JsonObject, value, path, correlated))
    const fitting = outcomes.filter((one) => one.causes.length === 0)
    if (fitting.length === 1) merge(outcome, fitting[0] as Outcome)
    else {
      const found = fitting.length === 0 ? 'Found none valid' : `Found ${fitting.length} valid alternatives`
      complain(`must validate one and only one schema (oneOf). ${found}`)
      if (fitting.length === 0) merge(outcome, best(outcomes))
    }
  }
  if (Array.isArray(allOf) && allOf.length > 0) {
    const outcomes = allOf.map((one) => validateNode(one as JsonObject, value, path, correlated))
    for (const one of outcomes) merge(outcome, one)
    const valid = outcomes.filter((one) => one.causes.length === 0).length
    if (valid !== outcomes.length) complain(`must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`)
  }
  if (isObject(not) && validateNode(not as JsonObject, value, path, correlated).causes.length === 0)
    complain('must not validate the schema (not)')
}

function best(outcomes: Outcome[]): Outcome {
  return outcomes.reduce((first, next) => (next.matches > first.matches ? next : first))
}
