import { isNumber } from '../../base/json-text.js'
import type { DeleteOptions, ListOptions, WatchOptions, WriteOptions } from '../../kube/client/kube-client.js'
import { type StatusCause, statusErrors } from '../../kube/object/status-error.js'
import { quote } from '../../kube/schema/field-cause.js'
import { isTrue } from './request-info.js'

/** The options of a list or deletecollection that the query carries. */
export function listOptionsOf(query: URLSearchParams, namespace: string): ListOptions {
  const options: ListOptions = {}
  if (namespace !== '') options.namespace = namespace
  const labelSelector = query.get('labelSelector')
  if (labelSelector) options.labelSelector = labelSelector
  const fieldSelector = query.get('fieldSelector')
  if (fieldSelector) options.fieldSelector = fieldSelector
  const limit = integer(query, 'limit')
  if (limit !== undefined && limit > 0) options.limit = limit
  const token = query.get('continue')
  if (token) options.continue = token
  const resourceVersion = query.get('resourceVersion')
  if (resourceVersion) options.resourceVersion = resourceVersion
  integer(query, 'timeoutSeconds')
  const match = query.get('resourceVersionMatch')
  if (match) options.resourceVersionMatch = match as 'Exact' | 'NotOlderThan'
  return options
}

/** For lists: what belongs to watches is passed on for validation to refuse. */
export function plainListOptionsOf(query: URLSearchParams, namespace: string): ListOptions {
  const options = listOptionsOf(query, namespace)
  const initial = query.get('sendInitialEvents')
  return initial === null ? options : ({ ...options, sendInitialEvents: isTrue(initial) } as ListOptions)
}

export function watchOptionsOf(query: URLSearchParams, namespace: string): WatchOptions {
  const options: WatchOptions = listOptionsOf(query, namespace)
  const initial = query.get('sendInitialEvents')
  if (initial !== null) options.sendInitialEvents = isTrue(initial)
  if (isTrue(query.get('allowWatchBookmarks'))) options.allowWatchBookmarks = true
  const timeoutSeconds = integer(query, 'timeoutSeconds')
  if (timeoutSeconds !== undefined && timeoutSeconds > 0) options.timeoutSeconds = timeoutSeconds
  return options
}

export function writeOptionsOf(query: URLSearchParams, kind: string): WriteOptions {
  const options: WriteOptions = {}
  if (dryRun(query.getAll('dryRun'), kind)) options.dryRun = true
  const manager = query.get('fieldManager')
  if (manager) {
    const problem = explainManager(manager)
    if (problem !== undefined) throw statusErrors.invalid({ kind, group: 'meta.k8s.io', name: '' }, [problem])
    options.fieldManager = manager
  }
  const validation = query.get('fieldValidation')
  if (validation) {
    if (validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict') {
      throw statusErrors.invalid({ kind, group: 'meta.k8s.io', name: '' }, [
        {
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: ${JSON.stringify(validation)}: supported values: "", "Ignore", "Strict", "Warn"`,
          field: 'fieldValidation',
        },
      ])
    }
    options.fieldValidation = validation
  }
  const force = query.get('force')
  if (force !== null) options.force = isTrue(force)
  return options
}

/** Options in the body win over those in the query, as upstream reads them (a body that says nothing leaves the query's). */
export function deleteOptionsOf(
  query: URLSearchParams,
  body: Record<string, unknown> | undefined,
): DeleteOptions & { orphanDependents?: boolean } {
  const options: DeleteOptions & { orphanDependents?: boolean } = {}
  const source = body ?? {
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    gracePeriodSeconds: integer(query, 'gracePeriodSeconds'),
    orphanDependents: query.has('orphanDependents') ? isTrue(query.get('orphanDependents')) : undefined,
    dryRun: query.getAll('dryRun'),
  }
  const policy = source['propagationPolicy']
  if (policy !== undefined && policy !== null && policy !== '') {
    const causes: StatusCause[] = []
    const known = policy === 'Background' || policy === 'Foreground' || policy === 'Orphan'
    const printed = JSON.stringify(policy)
    const field = 'propagationPolicy'
    if (typeof source['orphanDependents'] === 'boolean') {
      const message = `Invalid value: ${printed}: orphanDependents and deletionPropagation cannot be both set`
      causes.push({ reason: 'FieldValueInvalid', message, field })
    }
    if (!known) {
      const message = `Unsupported value: ${printed}: supported values: "Foreground", "Background", "Orphan", "nil"`
      causes.push({ reason: 'FieldValueNotSupported', message, field })
    }
    if (causes.length > 0 || !known) throw statusErrors.invalid({ kind: 'DeleteOptions', group: 'meta.k8s.io', name: '' }, causes)
    options.propagationPolicy = policy
  }
  const grace = source['gracePeriodSeconds']
  if (isNumber(grace)) options.gracePeriodSeconds = Number(grace)
  const orphan = source['orphanDependents']
  if (typeof orphan === 'boolean') options.orphanDependents = orphan
  const preconditions = source['preconditions']
  if (typeof preconditions === 'object' && preconditions !== null) {
    const { uid, resourceVersion } = preconditions as Record<string, unknown>
    options.preconditions = {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    }
  }
  const dry = source['dryRun']
  if (Array.isArray(dry) && dryRun(dry, 'DeleteOptions')) options.dryRun = true
  return options
}

function explainManager(manager: string): StatusCause | undefined {
  const field = 'fieldManager'
  if (Buffer.byteLength(manager) > 128) {
    return { reason: 'FieldValueTooLong', message: 'Too long: may not be more than 128 bytes', field }
  }
  const at = [...manager].findIndex((character) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character))
  if (at < 0) return undefined
  const code = manager.codePointAt(at) as number
  const message = `Invalid value: ${quote(manager)}: invalid character U+${code.toString(16).toUpperCase().padStart(4, '0')} (at position ${at})`
  return { reason: 'FieldValueInvalid', message, field }
}

function dryRun(values: readonly unknown[], kind: string): boolean {
  if (values.length === 0) return false
  for (const value of values) {
    if (value !== 'All') {
      throw statusErrors.invalid({ kind, group: 'meta.k8s.io', name: '' }, [
        {
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: []string{${values.map((each) => JSON.stringify(each)).join(', ')}}: supported values: "All"`,
          field: 'dryRun',
        },
      ])
    }
  }
  return true
}

function integer(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key)
  if (text === null || text === '') return undefined
  if (!/^-?\d{1,15}$/.test(text)) {
    throw statusErrors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}

/** Seconds in a Go duration such as `34s`, `1m30s`, `500ms` or a bare number of seconds; undefined for anything else. */
export function durationSeconds(text: string | null): number | undefined {
  if (text === null || text === '') return undefined
  if (/^\d+$/.test(text)) return Number(text)
  if (!/^(\d+(\.\d+)?(h|m|s|ms|us|µs|ns))+$/.test(text)) return undefined
  const seconds: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 }
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)) {
    total += Number(amount) * seconds[unit!]!
  }
  return total
}
