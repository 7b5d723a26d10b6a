import { RE2JS } from 're2js'
import { messageOf } from '../../../base/errors.js'
import { isObject, type JsonObject } from '../../../base/json.js'
import { validateNode } from '../custom-validation/validate-node.js'
import { GoText } from '../field-cause.js'
import { type Findings, listOf, type Members, membersOf, textOf } from './findings.js'
import { goStrings } from './labels.js'

/** Keywords of JSON schema that custom resources may not use. */
const refused = ['id', '$ref', 'patternProperties', 'definitions', 'dependencies', 'additionalItems']
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
/** What describes the shape of a value: it stands outside of allOf, anyOf, oneOf and not. */
const shaping = ['type', 'description', 'default', 'title', 'nullable', 'additionalProperties']
const mostDepth = 200

/**
 * What keeps an OpenAPI v3 schema from being structural: from saying of every field what it is, in one place.
 *
 * Reference: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go.
 */
export function checkStructural(schema: unknown, field: string, to: Findings): void {
  const root = membersOf(schema)
  const { type } = root
  if (textOf(type) === '') to.required(`${field}.type`, 'must not be empty at the root')
  else if (type !== 'object') to.invalid(`${field}.type`, type, 'must be object at the root')
  if (root['additionalProperties'] !== undefined) to.forbidden(`${field}.additionalProperties`, 'must not be used at the root')
  if (root['nullable'] === true) to.forbidden(`${field}.nullable`, 'nullable cannot be true at the root')
  checkNode(root, field, { isRoot: true, parent: 'root', depth: mostDepth }, to)
}

interface Place {
  readonly isRoot: boolean
  readonly parent: 'root' | 'object' | 'array'
  readonly depth: number
}

function checkNode(node: Members, field: string, place: Place, to: Findings): void {
  if (place.depth <= 0) {
    to.forbidden(field, 'must not be nested so deeply')
    return
  }
  for (const keyword of refused)
    if (node[keyword] !== undefined) to.forbidden(`${field}.${keyword}`, `${keyword} is not supported`)
  if (node['uniqueItems'] === true) {
    to.forbidden(`${field}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic')
  }
  checkType(node, field, place, to)
  checkExtensions(node, field, to)
  checkPattern(node, field, to)
  checkDefault(node, field, place, to)
  checkValueValidations(node, node, field, place, to)
  if (place.isRoot || node['x-kubernetes-embedded-resource'] === true) checkMeta(membersOf(node['properties']), field, to)
  const below = { isRoot: false, depth: place.depth - 1 }
  for (const [name, property] of Object.entries(membersOf(node['properties']))) {
    checkNode(membersOf(property), `${field}.properties[${name}]`, { ...below, parent: 'object' }, to)
  }
  const additional = node['additionalProperties']
  if (isObject(additional)) {
    if (isObject(node['properties'])) {
      to.forbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive')
    }
    checkNode(additional, `${field}.additionalProperties`, { ...below, parent: 'object' }, to)
  }
  if (isObject(node['items'])) checkNode(node['items'], `${field}.items`, { ...below, parent: 'array' }, to)
}

function checkType(node: Members, field: string, { isRoot, parent }: Place, to: Findings): void {
  const type = textOf(node['type'])
  const isFree = node['x-kubernetes-int-or-string'] === true || node['x-kubernetes-preserve-unknown-fields'] === true
  if (type === '') {
    if (!isRoot && !isFree) {
      to.required(`${field}.type`, `must not be empty for specified ${parent === 'array' ? 'array items' : 'object fields'}`)
    }
  } else if (!types.includes(type)) to.notSupported(`${field}.type`, type, types)
  if (type === 'array' && !isObject(node['items'])) to.required(`${field}.items`, 'must be specified')
  if (Array.isArray(node['items'])) to.forbidden(`${field}.items`, 'items must be a schema object and not an array')
}

function checkExtensions(node: Members, field: string, to: Findings): void {
  const preserves = node['x-kubernetes-preserve-unknown-fields']
  if (preserves === false) to.invalid(`${field}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')
  const mapType = node['x-kubernetes-map-type']
  if (mapType !== undefined) {
    if (node['type'] !== 'object') {
      if (textOf(node['type']) === '') to.required(`${field}.type`, 'must be object if x-kubernetes-map-type is specified')
      else to.invalid(`${field}.type`, node['type'], 'must be object if x-kubernetes-map-type is specified')
    }
    to.oneOf(`${field}.x-kubernetes-map-type`, mapType, ['granular', 'atomic'])
  }
  if (node['x-kubernetes-embedded-resource'] === true && preserves !== true && !isObject(node['properties'])) {
    to.required(
      `${field}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    )
  }
  checkListType(node, field, to)
}

function checkListType(node: Members, field: string, to: Findings): void {
  const listType = node['x-kubernetes-list-type']
  if (listType === undefined) return
  to.oneOf(`${field}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map'])
  if (node['type'] !== 'array') {
    if (textOf(node['type']) === '') to.required(`${field}.type`, 'must be array if x-kubernetes-list-type is specified')
    else to.invalid(`${field}.type`, node['type'], 'must be array if x-kubernetes-list-type is specified')
  }
  const items = membersOf(node['items'])
  const keys = listOf(node['x-kubernetes-list-map-keys']).map(textOf)
  if (listType === 'set' && items['type'] === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    const found = textOf(items['x-kubernetes-map-type']) || 'null'
    to.invalid(`${field}.items.x-kubernetes-map-type`, found, 'must be atomic as item of a list with x-kubernetes-list-type=set')
  }
  if (listType !== 'map') {
    if (keys.length > 0) {
      to.forbidden(`${field}.x-kubernetes-list-map-keys`, 'must not be specified if x-kubernetes-list-type is not map')
    }
    return
  }
  if (keys.length === 0) {
    to.required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')
  }
  if (items['type'] !== 'object') {
    to.invalid(`${field}.items.type`, items['type'] ?? '', "must be object if parent array's x-kubernetes-list-type is map")
  }
  checkMapKeys(items, keys, field, to)
}

function checkMapKeys(items: Members, keys: readonly string[], field: string, to: Findings): void {
  const properties = membersOf(items['properties'])
  if (keys.some((key) => !Object.hasOwn(properties, key))) {
    if (items['type'] === 'object') {
      to.invalid(
        `${field}.x-kubernetes-list-map-keys`,
        new GoText(goStrings(keys)),
        'entries must all be names of item properties',
      )
    }
    return
  }
  for (const key of keys) {
    const isThere = listOf(items['required']).includes(key) || membersOf(properties[key])['default'] !== undefined
    if (isThere) continue
    to.required(
      `${field}.items.properties[${key}].default`,
      'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    )
  }
}

function checkPattern(node: Members, field: string, to: Findings): void {
  const pattern = textOf(node['pattern'])
  if (pattern === '') return
  try {
    RE2JS.compile(pattern)
  } catch (error) {
    to.invalid(`${field}.pattern`, pattern, `must be a valid regular expression, but isn't: ${messageOf(error)}`)
  }
}

function checkDefault(node: Members, field: string, { isRoot }: Place, to: Findings): void {
  const fallback = node['default']
  if (fallback === undefined) return
  if (isRoot) {
    for (const key of ['apiVersion', 'kind']) {
      if (textOf(membersOf(fallback)[key]) === '') to.required(`${field}.default.${key}`, 'must not be empty')
    }
    return
  }
  if (fallback === null && node['nullable'] === true) return
  for (const cause of validateNode(node as JsonObject, fallback, '').causes) {
    to.causes.push({ ...cause, field: cause.field ? `${field}.default.${cause.field}` : `${field}.default` })
  }
}

/** apiVersion, kind and metadata have their own schema: a definition may only narrow the names. */
function checkMeta(properties: Members, field: string, to: Findings): void {
  for (const key of ['apiVersion', 'kind']) {
    const { type } = membersOf(properties[key])
    if (type !== undefined && type !== 'string') to.invalid(`${field}.properties[${key}].type`, type, 'must be string')
  }
  const { metadata } = properties
  if (metadata === undefined) return
  const { type, properties: own, ...rest } = membersOf(metadata)
  if (type !== 'object') to.invalid(`${field}.properties[metadata].type`, type ?? '', 'must be object')
  const others = Object.keys(membersOf(own)).filter((key) => key !== 'name' && key !== 'generateName')
  const { description: _, ...restrictions } = rest
  if (others.length > 0 || Object.keys(restrictions).length > 0) {
    to.forbidden(
      `${field}.properties[metadata]`,
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    )
  }
}

/** Alternatives may validate values, not give them their shape, and may speak only of fields that are defined outside. */
function checkValueValidations(owner: Members, node: Members, field: string, place: Place, to: Findings): void {
  const isIntOrString = owner['x-kubernetes-int-or-string'] === true
  const parts: [Members, string][] = []
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    for (const [index, part] of listOf(node[keyword]).entries()) parts.push([membersOf(part), `${field}.${keyword}[${index}]`])
  }
  if (isObject(node['not'])) parts.push([node['not'], `${field}.not`])
  for (const [part, at] of parts) checkAlternative(owner, part, at, field, isIntOrString, place.depth - 1, to)
}

function checkAlternative(
  owner: Members,
  part: Members,
  at: string,
  outer: string,
  isIntOrString: boolean,
  depth: number,
  to: Findings,
): void {
  if (depth <= 0) return
  for (const keyword of shaping) {
    if (part[keyword] === undefined || part[keyword] === '' || part[keyword] === false) continue
    // The two types of int-or-string are spelled as alternatives.
    if (keyword === 'type' && isIntOrString) continue
    to.forbidden(`${at}.${keyword}`, 'must be empty to be structural')
  }
  checkPattern(part, at, to)
  const properties = membersOf(owner['properties'])
  for (const [name, property] of Object.entries(membersOf(part['properties']))) {
    const inner = `${at}.properties[${name}]`
    if (!Object.hasOwn(properties, name)) {
      to.required(`${outer}.properties[${name}]`, `because it is defined in ${inner}`)
      continue
    }
    const defined = membersOf(properties[name])
    const free = defined['x-kubernetes-int-or-string'] === true
    checkAlternative(defined, membersOf(property), inner, `${outer}.properties[${name}]`, free, depth - 1, to)
  }
  if (isObject(part['items'])) {
    if (!isObject(owner['items'])) to.required(`${outer}.items`, `because it is defined in ${at}.items`)
    else checkAlternative(owner['items'], part['items'], `${at}.items`, `${outer}.items`, false, depth - 1, to)
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    for (const [index, nested] of listOf(part[keyword]).entries()) {
      checkAlternative(owner, membersOf(nested), `${at}.${keyword}[${index}]`, outer, isIntOrString, depth - 1, to)
    }
  }
  if (isObject(part['not'])) checkAlternative(owner, part['not'], `${at}.not`, outer, isIntOrString, depth - 1, to)
}
