import { isObject } from '../../base/json.js'
import type { BeyondInt64 } from '../../base/json-text.js'
import type { Patch } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import { builtInKinds } from '../../kube/schema/tables.js'
import type { ApiTarget, ApiWriteOptions } from '../contract.js'
import { subresourceKindOf } from '../discovery/subresource-kinds.js'
import { boundMembers, shortBody } from './body-bounds.js'
import { decodeApplyBody, decodeObject, parsePatch, plainFailure, requireKind, typedDeleteOptions } from './decode-body.js'
import type { Exchange } from './exchange.js'
import { goTypeOf } from './go-json.js'
import { writeOptionsOf } from './query-options.js'
import { mediaTypeOf, readBody } from './read-body.js'

/** Subresources whose body is of the resource's own kind; others (scale, eviction, binding, token) have kinds of their own. */
const ownKind: ReadonlySet<string> = new Set(['', 'status', 'approval', 'finalize', 'ephemeralcontainers', 'resize'])

const patchTypes = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const

/** Decodes the body and creates. */
export async function createFrom(exchange: Exchange, target: ApiTarget): Promise<KubeObject> {
  const { object, options } = await decodeWrite(exchange, target)
  return exchange.cluster.api.create(exchange, target, object, options)
}

/** Decodes the body and replaces. */
export async function updateFrom(exchange: Exchange, target: ApiTarget): Promise<{ object: KubeObject; created: boolean }> {
  const { object, options } = await decodeWrite(exchange, target)
  return exchange.cluster.api.update(exchange, target, object, options)
}

async function decodeWrite(exchange: Exchange, target: ApiTarget) {
  const options: ApiWriteOptions = writeOptionsOf(
    exchange.query,
    exchange.info.verb === 'create' ? 'CreateOptions' : 'UpdateOptions',
  )
  nameManager(options, exchange)
  const bytes = await readBody(exchange.request)
  const { type, subresource = '' } = target
  const body = ownKind.has(subresource) ? type : { ...type, ...subresourceKindOf(type, subresource), verbs: [] }
  const findDuplicates = options.fieldValidation !== 'Ignore'
  const { object, problems, places } = decodeObject(bytes, mediaTypeOf(exchange.request), body, findDuplicates)
  await turnAfter(bytes)
  // Evictions are taken in their older version too.
  if (body.kind !== 'Eviction' || object.kind !== body.kind) requireKind(object, body)
  if (problems.length > 0) options.decodeProblems = problems
  if (places !== undefined) options.decodePlaces = places
  return { object, options }
}

/** Who was busy with a long body lets the others go first. */
async function turnAfter(bytes: Buffer): Promise<void> {
  if (bytes.length >= shortBody) await new Promise((turn) => setImmediate(turn))
}

/** Whether the body says that it is a patch. */
export function isPatch(exchange: Exchange): boolean {
  return Object.hasOwn(patchTypes, mediaTypeOf(exchange.request))
}

/** Decodes the patch and applies it. */
export async function patchFrom(exchange: Exchange, target: ApiTarget): Promise<{ object: KubeObject; created: boolean }> {
  const mediaType = mediaTypeOf(exchange.request)
  const kind = Object.hasOwn(patchTypes, mediaType) ? patchTypes[mediaType as keyof typeof patchTypes] : undefined
  if (kind === undefined || (kind === 'strategic' && isCustom(exchange, target))) throw notPatched(exchange, target)
  const options: ApiWriteOptions = writeOptionsOf(exchange.query, 'PatchOptions')
  if (kind === 'apply') {
    if (options.fieldManager === undefined) {
      throw statusErrors.invalid({ kind: 'PatchOptions', group: 'meta.k8s.io', name: '' }, [
        { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
      ])
    }
  } else {
    if (exchange.query.has('force')) throw forceWithoutApply('PatchOptions')
    nameManager(options, exchange)
  }
  const bytes = await readBody(exchange.request)
  const patch = patchOf(kind, bytes, isCustom(exchange, target) ? 'double' : 'exact')
  await turnAfter(bytes)
  exchange.audit?.noteRequest(patch.kind === 'apply' ? patch.object : patch.kind === 'json' ? patch.operations : patch.body)
  return exchange.cluster.api.patch(exchange, target, patch, options)
}

/** `beyond`: JSON and merge patches of built-in kinds are texts to Go until the patched object is decoded. */
function patchOf(kind: Patch['kind'], bytes: Buffer, beyond: BeyondInt64): Patch {
  switch (kind) {
    case 'apply': {
      const object = decodeApplyBody(bytes)
      if (bytes.length >= shortBody) boundMembers(object)
      if (object !== null && object !== undefined && !isObject(object)) {
        throw statusErrors.badRequest(
          `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${goTypeOf(object)} into Go value of type map[string]interface {}`,
        )
      }
      return { kind, object: (object ?? {}) as KubeObject }
    }
    case 'json': {
      const operations = parsePatch(bytes.toString('utf8'), undefined, beyond)
      if (!Array.isArray(operations)) {
        throw statusErrors.badRequest(
          `error decoding patch: json: cannot unmarshal ${goTypeOf(operations)} into Go value of type []handlers.jsonPatchOp`,
        )
      }
      if (operations.length > maxOperations) {
        throw statusErrors.requestEntityTooLarge(
          `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
        )
      }
      if (operations.some((each) => isObject(each) && [each['path'], each['from']].some(isLongPointer)))
        throw statusErrors.badRequest('error decoding patch: exceeded max depth')
      return { kind, operations }
    }
    default: {
      const text = bytes.toString('utf8')
      const body = kind === 'strategic' ? parsePatch(text, '') : parsePatch(text, undefined, beyond)
      if (body === null) throw statusErrors.badRequest('Invalid JSON Patch')
      if (!isObject(body)) {
        const why = `json: cannot unmarshal ${goTypeOf(body)} into Go value of type map[string]interface {}`
        throw statusErrors.badRequest(kind === 'merge' ? `error decoding patch: ${why}` : why)
      }
      if (bytes.length >= shortBody) boundMembers(body)
      return { kind, body }
    }
  }
}

const maxOperations = 10_000
/** Data is not nested deeper either. */
const maxPointerSteps = 1_000

function isLongPointer(pointer: unknown): boolean {
  if (typeof pointer !== 'string' || pointer.length < maxPointerSteps) return false
  let steps = 0
  for (let at = pointer.indexOf('/'); at >= 0 && steps <= maxPointerSteps; at = pointer.indexOf('/', at + 1)) steps++
  return steps > maxPointerSteps
}

/** Custom resources have no merge keys in code, so upstream takes no strategic patches for them. */
function isCustom({ cluster }: Exchange, { type }: ApiTarget): boolean {
  const name = `${type.plural}.${type.group}`
  return type.group !== '' && cluster.peek('customresourcedefinitions.apiextensions.k8s.io', name) !== undefined
}

/** Paths of built-in resources are refused by upstream's router, others by the handler behind it. */
function notPatched(exchange: Exchange, target: ApiTarget): StatusError {
  if (isCustom(exchange, target)) {
    return statusErrors.unsupportedMediaType(Object.keys(patchTypes).filter((name) => !name.includes('strategic')))
  }
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: '415: Unsupported Media Type',
    reason: 'UnsupportedMediaType',
    details: {},
    code: 415,
  })
}

/** The options in the body of a DELETE, if it has one. */
export async function deleteOptionsFrom(exchange: Exchange): Promise<Record<string, unknown> | undefined> {
  const { request } = exchange
  if (request.headers['content-length'] === '0') return undefined
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) return undefined
  const bytes = await readBody(request)
  if (bytes.length === 0) return undefined
  const { object } = decodeObject(bytes, mediaTypeOf(request), deleteOptionsType, false)
  if (object.kind !== 'DeleteOptions') {
    // Kinds of meta/v1 are there in every version.
    if (builtInKinds()['meta.k8s.io/v1']?.[object.kind] !== undefined) {
      throw plainFailure(`converting (v1.${object.kind}) to (v1.DeleteOptions): unknown conversion`)
    }
    const what = `no kind ${JSON.stringify(object.kind)} is registered for version ${JSON.stringify(object.apiVersion)}`
    throw plainFailure(`${what} in scheme "pkg/runtime/scheme.go:110"`)
  }
  return typedDeleteOptions(object)
}

const deleteOptionsType = { group: '', version: 'v1', kind: 'DeleteOptions', plural: '', namespaced: false }

function nameManager(options: ApiWriteOptions, exchange: Exchange): void {
  if (options.fieldManager !== undefined) return
  options.fieldManager = managerOf(exchange)
  options.managerFromAgent = true
}

/** Upstream names the manager after the client when the client does not name itself. */
function managerOf(exchange: Exchange): string {
  const agent = exchange.request.headers['user-agent'] ?? ''
  const slash = agent.indexOf('/')
  const name = (slash < 0 ? agent : agent.slice(0, slash)).slice(0, 128)
  return name === '' ? 'unknown' : name
}

function forceWithoutApply(kind: string) {
  return statusErrors.invalid({ kind, group: 'meta.k8s.io', name: '' }, [
    { reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch', field: 'force' },
  ])
}
