import { statusErrors } from '../../kube/object/status-error.js'

/**
 * The resourceVersion of the view: that of each cluster, by key. Opaque to clients; it goes into URLs and objects as
 * `fleet:us-east=1234;eu-west=77`. A cluster that is not in it has not been read: a watch begins with what it holds.
 */
export type FleetVersion = ReadonlyMap<string, string>

const prefix = 'fleet:'
/** As much as a URL can carry anyway. */
const mostCharacters = 512 * 1024
const mostCharactersOfOne = 1024

export function formatFleetVersion(versions: FleetVersion): string {
  let text = ''
  for (const [key, version] of versions) text += `${text === '' ? prefix : ';'}${key}=${escapeVersion(version)}`
  return text === '' ? prefix : text
}

/** Versions of Kubernetes are digits; those of other views hold our own separators. */
function escapeVersion(version: string): string {
  return /^[\w.-]*$/.test(version) ? version : encodeURIComponent(version)
}

export function isFleetVersion(text: string): boolean {
  return text.startsWith(prefix)
}

/** Throws BadRequest for what is none of ours. */
export function parseFleetVersion(text: string): Map<string, string> {
  const wrong = () => statusErrors.badRequest('invalid resource version: it is none of this API; list again')
  if (!isFleetVersion(text) || text.length > mostCharacters) throw wrong()
  const versions = new Map<string, string>()
  const body = text.slice(prefix.length)
  if (body === '') return versions
  for (const part of body.split(';')) {
    const equals = part.indexOf('=')
    const key = part.slice(0, equals)
    const version = decode(part.slice(equals + 1))
    if (equals <= 0 || !/^[-\w.]{1,63}$/.test(key) || versions.has(key)) throw wrong()
    if (version === undefined || version === '' || version.length > mostCharactersOfOne) throw wrong()
    versions.set(key, version)
  }
  return versions
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
