import type { JsonObject } from '../../../base/json.js'
import { builtInStruct } from '../built-in.js'
import type { Descriptions } from '../descriptions.js'
import type { SchemaNode } from '../schema-node.js'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** What the requests and answers of a resource are written in. */
export interface MediaTypes {
  readonly answers: readonly string[]
  readonly lists: readonly string[]
  readonly bodies: readonly string[]
  readonly patches: readonly string[]
}

const text = ['application/json', 'application/yaml']
const patches = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json']
const protobuf = 'application/vnd.kubernetes.protobuf'

export const builtInMedia: MediaTypes = {
  answers: ['application/json', protobuf, 'application/yaml'],
  lists: ['application/json', 'application/json;stream=watch', protobuf, `${protobuf};stream=watch`, 'application/yaml'],
  bodies: ['*/*'],
  patches: [...patches, 'application/strategic-merge-patch+json'],
}
export const customMedia: MediaTypes = { answers: text, lists: text, bodies: text, patches }

const listParameters = [
  ...['allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion'],
  ...['resourceVersionMatch', 'sendInitialEvents', 'timeoutSeconds', 'watch'],
]
const deleteParameters = [
  ...['dryRun', 'gracePeriodSeconds', 'ignoreStoreReadErrorWithClusterBreakingPotential', 'orphanDependents'],
  'propagationPolicy',
]
const watchParameters = ['allowWatchBookmarks', 'watch']
const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation']

/** The query parameters of each kind of operation. */
export const queryParameters = {
  list: listParameters,
  write: writeParameters,
  patch: [...writeParameters, 'force'],
  delete: deleteParameters,
  deleteCollection: [...listParameters.filter((name) => !watchParameters.includes(name)), ...deleteParameters],
} as const

/** `options`: the kind that parameters of writes are fields of. */
export function parametersNamed(
  names: readonly string[],
  descriptions: Descriptions | undefined,
  options: WriteOptions = 'PatchOptions',
): JsonObject[] {
  return names.map((name) => parameterOf(structOf(name, options), name, descriptions))
}

/** The fields of an options kind as query parameters: a list may stand several times, and is told as one; times are not. */
export function parametersOf(struct: string, descriptions: Descriptions | undefined): JsonObject[] {
  const names = [...(builtInStruct(struct).fields?.keys() ?? [])]
  return names
    .filter((name) => !['kind', 'apiVersion', 'sinceTime'].includes(name))
    .map((name) => parameterOf(struct, name, descriptions))
}

function parameterOf(struct: string, name: string, descriptions: Descriptions | undefined): JsonObject {
  const description = descriptions?.ofField(struct, name) ?? ''
  const schema = { type: scalarTypeOf(builtInStruct(struct).fields?.get(name)?.schema), uniqueItems: true }
  return { name, in: 'query', ...(description === '' ? {} : { description }), schema }
}

function scalarTypeOf(node: SchemaNode | undefined): string {
  const scalar = node?.type === 'list' ? node.items : node
  return scalar?.type === 'integer' || scalar?.type === 'boolean' ? scalar.type : 'string'
}

export type WriteOptions = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions'

function structOf(name: string, options: WriteOptions): string {
  if (listParameters.includes(name)) return `${meta}ListOptions`
  return deleteParameters.includes(name) && name !== 'dryRun' ? `${meta}DeleteOptions` : `${meta}${options}`
}

export const prettyParameter: JsonObject = {
  name: 'pretty',
  in: 'query',
  description: 'Any value but false and 0 asks for an answer with line breaks and indentation.',
  schema: { type: 'string', uniqueItems: true },
}

export function pathParameter(name: string, description: string): JsonObject {
  return { name, in: 'path', description, required: true, schema: { type: 'string', uniqueItems: true } }
}

export function contentOf(types: readonly string[], schema: JsonObject): JsonObject {
  return { content: Object.fromEntries(types.map((type) => [type, { schema }])) }
}

export function requiredBody(types: readonly string[], schema: JsonObject): JsonObject {
  return { ...contentOf(types, schema), required: true }
}

/** 200, further codes of the same answer, and 401. */
export function responsesOf(types: readonly string[], schema: JsonObject, more: readonly ('201' | '202')[] = []): JsonObject {
  const names = { '200': 'OK', '201': 'Created', '202': 'Accepted' } as const
  const codes = ['200', ...more] as const
  return {
    ...Object.fromEntries(codes.map((code) => [code, { description: names[code], ...contentOf(types, schema) }])),
    '401': { description: 'Unauthorized' },
  }
}

/** `a Pod`, `an Ingress`, `Endpoints`. */
export function withArticle(kind: string): string {
  if (kind.endsWith('s') && !kind.endsWith('ss')) return kind
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`
}

/** The operations of a path: parameters that all of them have are told once. */
export function pathItem(operations: Readonly<Record<string, JsonObject>>): JsonObject {
  const lists = Object.values(operations).map((operation) => (operation['parameters'] ?? []) as JsonObject[])
  const idOf = (parameter: JsonObject) => `${parameter['in']} ${parameter['name']}`
  const common = (lists[0] ?? []).filter((one) => lists.every((list) => list.some((other) => idOf(other) === idOf(one))))
  const ids = new Set(common.map(idOf))
  const item: JsonObject = {}
  for (const [method, { parameters = [], ...operation }] of Object.entries(operations)) {
    const own = (parameters as JsonObject[]).filter((parameter) => !ids.has(idOf(parameter)))
    item[method] = { ...operation, ...(own.length === 0 ? {} : { parameters: own.sort(byName) }) }
  }
  return common.length === 0 ? item : { ...item, parameters: common.sort(byName) }
}

function byName(a: JsonObject, b: JsonObject): number {
  const text = (parameter: JsonObject) => `${parameter['name']} ${parameter['in']}`
  return text(a) < text(b) ? -1 : 1
}
