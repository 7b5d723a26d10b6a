import { isObject } from '../../base/json.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { formatFleetVersion, parseFleetVersion } from './resource-version.js'

/** Where a list goes on. It holds no more than a client may ask for itself, so that it needs no signature. */
export interface ListPosition {
  /** The key of the cluster at which it goes on; those before it have been read. */
  readonly at: string
  /** That cluster's own token; absent: from its beginning. */
  readonly next?: string
  /** Of every cluster that answered the first request: the others are read as they were then. */
  readonly versions: ReadonlyMap<string, string>
  /** Which have not answered, and are not asked again. */
  readonly silent: ReadonlyMap<string, string>
  /** How many clusters the last page was made of: the next one will be of about as many. */
  readonly ahead: number
  /** The names of a table's columns, in order: rows of further pages fit them. */
  readonly columns?: readonly string[]
  /** What the first request selected: a token goes on with that request alone. */
  readonly request: string
}

const mostCharacters = 700 * 1024
/** How many clusters are read ahead of a page. */
export const mostAhead = 16

export function formatPosition(position: ListPosition): string {
  const { at, next, versions, silent, ahead, columns, request } = position
  const body = {
    v: 1,
    at,
    ...(next === undefined ? {} : { next }),
    rv: formatFleetVersion(versions),
    ...(silent.size === 0 ? {} : { silent: Object.fromEntries(silent) }),
    ahead,
    ...(columns === undefined ? {} : { columns }),
    request,
  }
  return Buffer.from(JSON.stringify(body)).toString('base64url')
}

/** Throws BadRequest for a token that is not of this API or not of this request. */
export function parsePosition(text: string, request: string): ListPosition {
  const wrong = (why: string) => statusErrors.badRequest(`continue key is not valid: ${why}`)
  if (text.length > mostCharacters) throw wrong('it is too long')
  const body = decode(text)
  if (!isObject(body) || body['v'] !== 1) throw wrong('it is none of this API')
  const { at, next, rv, silent = {}, ahead = 1, columns } = body
  if (body['request'] !== request) throw wrong('it belongs to a list with other selectors')
  if (typeof at !== 'string' || typeof rv !== 'string' || !isObject(silent)) throw wrong('parts of it are missing')
  if (next !== undefined && (typeof next !== 'string' || next === '')) throw wrong('parts of it are missing')
  if (typeof ahead !== 'number' || !(ahead >= 1 && ahead <= mostAhead)) throw wrong('parts of it are missing')
  if (columns !== undefined && !isShortList(columns)) throw wrong('its columns cannot be read')
  const reasons = new Map<string, string>()
  for (const [key, reason] of Object.entries(silent)) reasons.set(key, String(reason).slice(0, 300))
  return {
    at,
    ...(typeof next === 'string' ? { next } : {}),
    versions: parseFleetVersion(rv),
    silent: reasons,
    ahead,
    ...(columns === undefined ? {} : { columns }),
    request,
  }
}

function isShortList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= 200 && value.every((each) => typeof each === 'string' && each.length <= 200)
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
