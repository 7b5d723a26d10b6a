import type { CelEnvironment } from '../../../formats/cel/contract.js'
import { celName } from '../custom-validation/cel-name.js'
import { type DeclaredType, declaredType } from '../custom-validation/cel-type.js'
import { compileRules, mostValues } from '../custom-validation/compile-rules.js'
import { GoText } from '../field-cause.js'
import { Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from '../validation/findings.js'
import { goStrings } from '../validation/labels.js'
import { resolveFieldPath } from './field-path.js'
import { cardinalityOf, type RuleCosts, timesCapped } from './rule-costs.js'
import { isSchema, propertiesOf } from './structural-invariants.js'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']

/** How the rules in CEL of a schema are judged. Absent when the schema is not structural: then they are not. */
export interface RuleChecks {
  readonly environment: CelEnvironment
  readonly costs: RuleCosts
  /** The schema did not change, so its expressions may cost more than new ones. */
  readonly suppressed: boolean
}

/** Where a node stands. */
interface Place {
  readonly isRoot?: boolean
  /** Inside of apiVersion, kind or metadata of a whole object. */
  readonly insideMeta?: boolean
  /** Why no default may stand here. */
  readonly noDefaults?: string
  /** The nearest node above of whose parts nobody knows what they were before a write. */
  readonly uncorrelated?: string
  readonly rules?: RuleScope
}

interface RuleScope {
  readonly checks: RuleChecks
  /** The type of the node, made when a rule needs it. */
  readonly type: () => DeclaredType | undefined
  /** How many values of the node an object may hold; undefined: nothing bounds it. */
  readonly cardinality: bigint | undefined
}

/** What upstream forbids in the OpenAPI schemas of definitions, besides their not being structural. */
export function checkSchemaRules(schema: Members, field: string, checks: RuleChecks | undefined, to: Findings): void {
  const ofRules = new Findings()
  const type = once(() => declaredType(schema, true))
  const scope = checks === undefined ? {} : { rules: { checks, type, cardinality: 1n } }
  const found = checkNode(schema, field, { isRoot: true, ...scope }, ofRules)
  to.causes.push(...found.causes, ...ofRules.causes)
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const metaFields = ['metadata', 'kind', 'apiVersion']

/** Findings on the schema come back; those on its rules in CEL go to `ofRules`, and only where the schema is fine. */
function checkNode(node: Members, field: string, place: Place, ofRules: Findings): Findings {
  const to = new Findings()
  const inner: Place = { ...place, isRoot: false }
  const visit = (child: Members, step: string, below: Place) => {
    to.causes.push(...checkNode(child, `${field}.${step}`, below, ofRules).causes)
  }
  checkKeywords(node, field, place, to)
  if (node['uniqueItems'] === true) {
    to.forbidden(`${field}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic')
  }
  const { items, additionalProperties: additional } = node
  const properties = propertiesOf(node)
  if (isSet(additional)) {
    if (properties.length > 0 && additional !== true) {
      to.forbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive')
    }
    if (isSchema(additional)) {
      const noDefaults = place.insideMeta ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {}
      visit(membersOf(additional), 'additionalProperties', {
        ...inner,
        ...noDefaults,
        ...scopeBelow(node, place, '@elem', additional),
      })
    }
  }
  const mapType = node['x-kubernetes-map-type']
  const opaque = mapType !== undefined && mapType !== 'granular' && mapType !== 'atomic'
  for (const [name, property] of properties) {
    const isMeta = (place.isRoot === true || node['x-kubernetes-embedded-resource'] === true) && metaFields.includes(name)
    visit(property, `properties[${name}]`, {
      ...inner,
      ...(opaque ? { uncorrelated: place.uncorrelated ?? field } : {}),
      ...(isMeta ? { insideMeta: true } : {}),
      ...(isMeta && place.isRoot === true ? { noDefaults: `in top-level ${name}` } : {}),
      ...scopeBelow(node, place, name, property),
    })
  }
  // Rules of alternatives are not looked at: none may stand there.
  const { rules: _, ...plain } = inner
  if (isSchema(node['not'])) visit(membersOf(node['not']), 'not', plain)
  for (const keyword of ['allOf', 'oneOf', 'anyOf']) {
    for (const [index, part] of structsOf(node[keyword]).entries()) visit(part, `${keyword}[${index}]`, plain)
  }
  if (isSchema(items)) {
    const known = node['x-kubernetes-list-type'] === 'map'
    visit(membersOf(items), 'items', {
      ...inner,
      ...(known ? {} : { uncorrelated: place.uncorrelated ?? field }),
      ...scopeBelow(node, place, '@idx', items),
    })
  }
  checkExtensions(node, field, to)
  checkListType(node, field, to)
  checkStaticRules(node, field, to)
  if (to.causes.length === 0 && place.rules !== undefined) checkRules(node, field, place, place.rules, ofRules)
  return to
}

function scopeBelow(node: Members, place: Place, name: string, child: unknown): { rules?: RuleScope } {
  if (place.rules === undefined) return {}
  const { checks, cardinality, type } = place.rules
  const factor = cardinalityOf(node)
  const embedded = () => declaredType(membersOf(child), membersOf(child)['x-kubernetes-embedded-resource'] === true)
  return {
    rules: {
      checks,
      cardinality: cardinality === undefined || factor === undefined ? undefined : timesCapped(cardinality, factor),
      // What its parent's type does not show, such as a field without a name for rules, has a type of its own.
      type: once(() => {
        const own = name.startsWith('@') ? type()?.items : celName(name) === undefined ? undefined : type()?.fields?.get(name)
        return own ?? embedded()
      }),
    },
  }
}

function checkKeywords(node: Members, field: string, place: Place, to: Findings): void {
  const type = textOf(node['type'])
  if (type !== '' && !types.includes(type)) to.notSupported(`${field}.type`, type, types)
  if (isSet(node['default']) && place.noDefaults !== undefined)
    to.forbidden(`${field}.default`, `must not be set ${place.noDefaults}`)
  for (const keyword of ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref']) {
    if (isSet(node[keyword])) to.forbidden(`${field}.${keyword}`, `${keyword} is not supported`)
  }
  if (type === 'null') to.forbidden(`${field}.type`, 'type cannot be set to null, use nullable as an alternative')
  if (Array.isArray(node['items'])) to.forbidden(`${field}.items`, 'items must be a schema object and not an array')
  if (place.insideMeta === true && node['x-kubernetes-embedded-resource'] === true) {
    to.forbidden(`${field}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta')
  }
}

function checkExtensions(node: Members, field: string, to: Findings): void {
  if (node['x-kubernetes-preserve-unknown-fields'] === false) {
    to.invalid(`${field}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')
  }
  const mapType = node['x-kubernetes-map-type']
  if (mapType === undefined) return
  mustBe('object', 'x-kubernetes-map-type', node, field, to)
  to.oneOf(`${field}.x-kubernetes-map-type`, mapType, ['atomic', 'granular'])
}

function mustBe(wanted: string, extension: string, node: Members, field: string, to: Findings): boolean {
  const type = textOf(node['type'])
  if (type === wanted) return true
  const detail = `must be ${wanted} if ${extension} is specified`
  if (type === '') to.required(`${field}.type`, detail)
  else to.invalid(`${field}.type`, type, detail)
  return false
}

function checkListType(node: Members, field: string, to: Findings): void {
  const listType = node['x-kubernetes-list-type']
  const keys = listOf(node['x-kubernetes-list-map-keys']).map(textOf)
  const items = isSchema(node['items']) ? membersOf(node['items']) : undefined
  if (listType !== undefined && mustBe('array', 'x-kubernetes-list-type', node, field, to)) {
    if (listType === 'set' && items !== undefined) checkSetItems(items, field, to)
  }
  if (listType !== undefined) to.oneOf(`${field}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map'])
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
    if (listType === undefined) to.required(`${field}.x-kubernetes-list-type`, detail)
    else to.invalid(`${field}.x-kubernetes-list-type`, listType, detail)
  }
  if (listType === 'map') checkMapList(node, keys, items, field, to)
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return
  if (items['nullable'] === true) {
    to.forbidden(`${field}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`)
  }
  if (listType === 'map') checkKeysAreThere(items, keys, field, to)
}

function checkSetItems(items: Members, field: string, to: Findings): void {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items['x-kubernetes-list-type']
  if (items['type'] === 'array' && isSet(listType) && listType !== 'atomic') {
    to.invalid(`${field}.items.x-kubernetes-list-type`, listType, detail)
  }
  // Upstream prints the list type where it means the map type.
  if (items['type'] === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    to.invalid(`${field}.items.x-kubernetes-map-type`, listType ?? null, detail)
  }
}

function checkMapList(node: Members, keys: readonly string[], items: Members | undefined, field: string, to: Findings): void {
  if (keys.length === 0) {
    to.required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')
  }
  if (!isSet(node['items'])) to.required(`${field}.items`, 'must have a schema if x-kubernetes-list-type is map')
  if (items === undefined) return
  if (items['type'] !== 'object') {
    to.invalid(`${field}.items.type`, textOf(items['type']), "must be object if parent array's x-kubernetes-list-type is map")
    return
  }
  const properties = membersOf(items['properties'])
  for (const [index, key] of keys.entries()) {
    if (Object.hasOwn(properties, key)) {
      const type = membersOf(properties[key])['type']
      if (type === 'array' || type === 'object') {
        const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
        to.invalid(`${field}.items.properties[${key}].type`, textOf(items['type']), detail)
      }
    } else {
      const printed = new GoText(goStrings(keys))
      to.invalid(`${field}.x-kubernetes-list-map-keys`, printed, 'entries must all be names of item properties')
    }
    if (keys.indexOf(key) < index) {
      to.invalid(`${field}.x-kubernetes-list-map-keys`, new GoText(goStrings(keys)), 'must not contain duplicate entries')
    }
  }
}

function checkKeysAreThere(items: Members, keys: readonly string[], field: string, to: Findings): void {
  const properties = membersOf(items['properties'])
  for (const key of keys) {
    if (!Object.hasOwn(properties, key)) continue
    const property = membersOf(properties[key])
    const at = `${field}.items.properties[${key}]`
    if (!listOf(items['required']).includes(key) && !isSet(property['default'])) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'
      to.required(`${at}.default`, detail)
    }
    if (property['nullable'] === true) {
      to.forbidden(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable')
    }
  }
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const lineBreaks = /[\n\r]/

function checkStaticRules(node: Members, field: string, to: Findings): void {
  for (const [index, rule] of structsOf(node['x-kubernetes-validations']).entries()) {
    const at = `${field}.x-kubernetes-validations[${index}]`
    const [source, message, messageSource, path] = ['rule', 'message', 'messageExpression', 'fieldPath'].map((key) =>
      textOf(rule[key]),
    ) as [string, string, string, string]
    if (source.trim() === '') to.required(`${at}.rule`, 'rule is not specified')
    else if (message !== '' && message.trim() === '') {
      to.invalid(`${at}.message`, message, 'message must be non-empty if specified')
    } else if (lineBreaks.test(message.trim())) to.invalid(`${at}.message`, message, 'message must not contain line breaks')
    else if (lineBreaks.test(source.trim()) && message.trim() === '') {
      to.required(`${at}.message`, 'message must be specified if rule contains line breaks')
    }
    if (messageSource !== '' && messageSource.trim() === '') {
      to.required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified')
    }
    const { reason } = rule
    if (isSet(reason)) to.oneOf(`${at}.reason`, reason, reasons)
    if (path === '') continue
    if (path.trim() === '') to.invalid(`${at}.fieldPath`, path, 'fieldPath must be non-empty if specified')
    if (lineBreaks.test(path)) to.invalid(`${at}.fieldPath`, path, 'fieldPath must not contain line breaks')
    if (typeof resolveFieldPath(path, node, { brackets: true }) === 'string') {
      to.invalid(`${at}.fieldPath`, path, 'fieldPath must be a valid path')
    }
  }
}

function checkRules(node: Members, field: string, place: Place, scope: RuleScope, to: Findings): void {
  if (listOf(node['x-kubernetes-validations']).length === 0) return
  const type = scope.type()
  if (type === undefined) {
    const why = 'failed to construct type information for x-kubernetes-validations rules'
    const message = `Internal error: internal error: ${why}: unable to convert structural schema to CEL declarations`
    to.causes.push({ reason: 'InternalError', message, field: `${field}.x-kubernetes-validations` })
    return
  }
  const { environment, costs, suppressed } = scope.checks
  const cardinality = scope.cardinality ?? mostValues(type)
  for (const [index, compiled] of compileRules(node, type, environment).entries()) {
    const at = `${field}.x-kubernetes-validations[${index}]`
    const push = (cause: Findings['causes'][number] | undefined) => {
      if (cause !== undefined) to.causes.push(cause)
    }
    const { rule } = compiled
    push(costs.observe('estimated rule cost', `${at}.rule`, timesCapped(compiled.maxCost, cardinality), suppressed))
    if (compiled.problem !== undefined) to.invalid(`${at}.rule`, printRule(rule), compiled.problem)
    if (compiled.messageProblem !== undefined) {
      to.invalid(`${at}.messageExpression`, printRule(rule), compiled.messageProblem)
    } else if (compiled.message !== undefined) {
      push(costs.observe('estimated messageExpression cost', `${at}.messageExpression`, compiled.messageMaxCost, suppressed))
    }
    if (compiled.usesOldSelf) {
      if (place.uncorrelated !== undefined) {
        const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelated}`
        to.invalid(`${at}.rule`, textOf(rule['rule']), detail)
      }
    } else if (isSet(rule['optionalOldSelf'])) {
      to.invalid(`${at}.optionalOldSelf`, rule['optionalOldSelf'], 'may not be set if oldSelf is not used in rule')
    }
  }
}

/** As Go prints the rule, save for the addresses of what it points at. */
function printRule(rule: Members): GoText {
  const text = (key: string) => JSON.stringify(textOf(rule[key]))
  const pointer = (key: string, type: string) => (isSet(rule[key]) ? `(*${type})(0xc000000000)` : `(*${type})(nil)`)
  return new GoText(
    `apiextensions.ValidationRule{Rule:${text('rule')}, Message:${text('message')}, MessageExpression:${text('messageExpression')}, ` +
      `Reason:${pointer('reason', 'apiextensions.FieldValueErrorReason')}, FieldPath:${text('fieldPath')}, ` +
      `OptionalOldSelf:${pointer('optionalOldSelf', 'bool')}}`,
  )
}
