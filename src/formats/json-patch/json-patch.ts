import { CodedError } from '../../base/errors.js'
import { cloneJson, equalJson, isObject, setOwn } from '../../base/json.js'
import { printJson } from '../../base/json-text.js'
import { unescapeToken } from '../json-pointer/json-pointer.js'

/** One step of an RFC 6902 patch. `value` null and absent differ: `value` is looked up as an own member. */
export interface JsonPatchOperation {
  readonly op: string
  readonly path?: string
  readonly from?: string
  readonly value?: unknown
}

export interface JsonPatchLimits {
  /** 10,000 unless told, as in kube-apiserver. */
  readonly maxOperations?: number
  /** Characters of JSON that `copy` steps may add in all; 3 Mi unless told, as in kube-apiserver. */
  readonly maxCopied?: number
}

/** Why a patch does not apply, in the words of the library that Kubernetes uses. `code` tells the cases apart. */
export class JsonPatchError extends CodedError {}

/** Checks the form of a patch: a list of objects with an `op`. */
export function decodeJsonPatch(patch: unknown): JsonPatchOperation[] {
  if (!Array.isArray(patch))
    throw invalid(`expected a list of operations, found ${Array.isArray(patch) ? 'a list' : typeof patch}`)
  return patch.map((operation: unknown, index) => {
    if (!isObject(operation)) throw invalid(`operation ${index}: expected an object`)
    for (const field of ['path', 'from']) {
      const text = operation[field]
      if (text !== undefined && text !== null && typeof text !== 'string')
        throw invalid(`operation ${index}: expected ${field} to be text`)
    }
    return { ...operation, op: typeof operation['op'] === 'string' ? operation['op'] : 'unknown' } as JsonPatchOperation
  })
}

/**
 * The document with an RFC 6902 patch applied. The document is left as it is; either every step applies or a
 * JsonPatchError is thrown. It does as kube-apiserver does where RFC 6902 is stricter: `replace` of a missing member of an
 * object adds it, negative indexes count from the end, and a missing member equals null in `test`.
 */
export function applyJsonPatch(
  document: unknown,
  operations: readonly JsonPatchOperation[],
  limits: JsonPatchLimits = {},
): unknown {
  const maxOperations = limits.maxOperations ?? 10_000
  if (operations.length > maxOperations) {
    throw new JsonPatchError({
      code: 'json-patch-too-large',
      message: `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    })
  }
  const patcher = new Patcher(cloneJson(document), limits.maxCopied ?? 3 * 1024 * 1024)
  for (const operation of operations) patcher.apply(operation)
  return patcher.document
}

type Container = unknown[] | Record<string, unknown>

class Patcher {
  document: unknown
  readonly #maxCopied: number
  #copied = 0

  constructor(document: unknown, maxCopied: number) {
    this.document = document
    this.#maxCopied = maxCopied
  }

  apply(operation: JsonPatchOperation): void {
    switch (operation.op) {
      case 'add':
        this.#add(operation)
        return
      case 'remove':
        this.#remove(operation)
        return
      case 'replace':
        this.#replace(operation)
        return
      case 'move':
        this.#move(operation)
        return
      case 'copy':
        this.#copy(operation)
        return
      case 'test':
        this.#test(operation)
        return
      default:
        throw failed(`Unexpected kind: ${operation.op}`)
    }
  }

  #add(operation: JsonPatchOperation): void {
    const path = pathOf(operation, 'add')
    const [container, key] = this.#find(path) ?? missing(`add operation does not apply: doc is missing path: "${path}"`)
    within(`error in add for path: '${path}'`, () => add(container, key, operandOf(operation)))
  }

  #remove(operation: JsonPatchOperation): void {
    const path = pathOf(operation, 'remove')
    const [container, key] = this.#find(path) ?? missing(`remove operation does not apply: doc is missing path: "${path}"`)
    within(`error in remove for path: '${path}'`, () => remove(container, key))
  }

  #replace(operation: JsonPatchOperation): void {
    const path = pathOf(operation, 'replace')
    const value = operandOf(operation)
    if (path === '') {
      if (typeof value !== 'object' || value === null) throw failed('replace operation value must be object or array')
      this.document = value
      return
    }
    const [container, key] = this.#find(path) ?? missing(`replace operation does not apply: doc is missing path: ${path}`)
    if (!Array.isArray(container)) {
      setOwn(container, key, value)
      return
    }
    const index = indexOf(container, key)
    if (index === undefined) missing(`replace operation does not apply: doc is missing key: ${path}`)
    else container[index] = value
  }

  #move(operation: JsonPatchOperation): void {
    const from = fromOf(operation, 'move')
    const [source, sourceKey] = this.#find(from) ?? missing(`move operation does not apply: doc is missing from path: ${from}`)
    const value = within(`error in move for path: '${sourceKey}'`, () => {
      const found = get(source, sourceKey)
      remove(source, sourceKey)
      return found
    })
    const path = pathOf(operation, 'move')
    const [container, key] =
      this.#find(path) ?? missing(`move operation does not apply: doc is missing destination path: ${path}`)
    within(`error in move for path: '${path}'`, () => add(container, key, value))
  }

  #copy(operation: JsonPatchOperation): void {
    const from = fromOf(operation, 'copy')
    const [source, sourceKey] = this.#find(from) ?? missing(`copy operation does not apply: doc is missing from path: ${from}`)
    const value = within(`error in copy for from: '${from}'`, () => get(source, sourceKey))
    const path = pathOf(operation, 'copy')
    const [container, key] =
      this.#find(path) ?? missing(`copy operation does not apply: doc is missing destination path: ${path}`)
    this.#copied += value === undefined ? 0 : printJson(value).length
    if (this.#copied > this.#maxCopied) {
      throw new JsonPatchError({
        code: 'json-patch-too-large',
        message: `Unable to complete the copy, the accumulated size increase of copy operations is ${this.#copied}, exceeding the limit ${this.#maxCopied}`,
      })
    }
    within('error while adding value during copy', () => add(container, key, value === undefined ? null : cloneJson(value)))
  }

  #test(operation: JsonPatchOperation): void {
    const path = pathOf(operation, 'test')
    const expected = operation.value ?? null
    let found = this.document
    if (path !== '') {
      const [container, key] = this.#find(path) ?? missing(`test operation does not apply: is missing path: ${path}`)
      found = within(`error in test for path: '${path}'`, () => get(container, key)) ?? null
    }
    if (equalJson(found, expected)) return
    throw new JsonPatchError({ code: 'json-patch-test-failed', message: `testing value ${path} failed: test failed` })
  }

  /** The container that holds the last token of the path, and that token; undefined when the way there is missing. */
  #find(path: string): [Container, string] | undefined {
    const tokens = path.split('/')
    if (tokens.length < 2) return undefined
    let current = this.document
    for (let index = 1; index < tokens.length - 1; index++) {
      if (!isContainer(current)) return undefined
      const token = unescapeToken(tokens[index]!)
      if (Array.isArray(current)) {
        const at = indexOf(current, token)
        if (at === undefined) return undefined
        current = current[at]
      } else current = Object.hasOwn(current, token) ? current[token] : undefined
    }
    return isContainer(current) ? [current, unescapeToken(tokens[tokens.length - 1]!)] : undefined
  }
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

/** The existing element that a token names, counted from the end when negative. */
function indexOf(list: readonly unknown[], token: string): number | undefined {
  if (!/^[+-]?[0-9]{1,15}$/.test(token)) return undefined
  const index = Number(token)
  const at = index < 0 ? index + list.length : index
  return at >= 0 && at < list.length ? at : undefined
}

function existingIndex(list: readonly unknown[], token: string): number {
  return indexOf(list, token) ?? badIndex(token)
}

function badIndex(token: string): never {
  if (!/^[+-]?[0-9]{1,15}$/.test(token)) throw failed(`strconv.Atoi: parsing ${JSON.stringify(token)}: invalid syntax`)
  throw failed(`Unable to access invalid index: ${Number(token)}: invalid index referenced`)
}

function get(container: Container, key: string): unknown {
  if (Array.isArray(container)) return container[existingIndex(container, key)]
  return Object.hasOwn(container, key) ? container[key] : undefined
}

function add(container: Container, key: string, value: unknown): void {
  if (!Array.isArray(container)) {
    setOwn(container, key, value)
    return
  }
  if (key === '-') {
    container.push(value)
    return
  }
  if (!/^[+-]?[0-9]{1,15}$/.test(key)) {
    throw failed(`value was not a proper array index: '${key}': strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`)
  }
  const index = Number(key)
  const at = index < 0 ? index + container.length + 1 : index
  if (at < 0 || at > container.length) badIndex(key)
  container.splice(at, 0, value)
}

function remove(container: Container, key: string): void {
  if (Array.isArray(container)) container.splice(existingIndex(container, key), 1)
  else if (Object.hasOwn(container, key)) delete container[key]
  else missing(`Unable to remove nonexistent key: ${key}`)
}

function operandOf(operation: JsonPatchOperation): unknown {
  return operation.value === undefined ? null : cloneJson(operation.value)
}

function pathOf(operation: JsonPatchOperation, kind: string): string {
  return operation.path ?? missing(`${kind} operation failed to decode path`)
}

function fromOf(operation: JsonPatchOperation, kind: string): string {
  return operation.from ?? missing(`${kind} operation failed to decode from: operation, missing from field`)
}

function missing(message: string): never {
  throw new JsonPatchError({ code: 'json-patch-path-missing', message: `${message}: missing value` })
}

function failed(message: string): JsonPatchError {
  return new JsonPatchError({ code: 'json-patch-failed', message })
}

function invalid(message: string): JsonPatchError {
  return new JsonPatchError({
    code: 'json-patch-invalid',
    message: `JSON patch: ${message}`,
    fix: 'See RFC 6902 for the form of a patch.',
  })
}

/** Puts `prefix` before the message of what `run` throws. */
function within<T>(prefix: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error
    throw new JsonPatchError({ code: error.code, message: `${prefix}: ${error.message}` })
  }
}
