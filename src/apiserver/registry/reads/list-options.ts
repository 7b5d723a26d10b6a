import type { ListOptions, WatchOptions } from '../../../kube/client/kube-client.js'
import { type StatusCause, StatusError, statusErrors } from '../../../kube/object/status-error.js'

/** Throws Invalid for combinations that kube-apiserver refuses (k8s.io/apimachinery meta/internalversion/validation). */
export function validateListOptions(options: ListOptions | WatchOptions, watch: boolean): void {
  const causes: StatusCause[] = []
  const forbidden = (field: string, why: string) =>
    causes.push({ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field })
  const { resourceVersion = '', resourceVersionMatch: match } = options
  const initial = 'sendInitialEvents' in options ? options.sendInitialEvents : undefined
  if (watch) {
    if (initial !== undefined) {
      if (match === undefined) {
        forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
      }
      if (options.continue) forbidden('continue', 'sendInitialEvents is forbidden for continue')
    }
    if (match !== undefined) {
      if (initial === undefined) {
        forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
      }
      if (match !== 'NotOlderThan') {
        causes.push({
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"`,
          field: 'resourceVersionMatch',
        })
      }
    }
  } else {
    if (initial !== undefined) forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')
    if (match !== undefined) {
      if (resourceVersion === '') {
        forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided')
      }
      if (options.continue) forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
      if (match !== 'Exact' && match !== 'NotOlderThan') {
        causes.push({
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
          field: 'resourceVersionMatch',
        })
      }
      if (match === 'Exact' && resourceVersion === '0') {
        forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
      }
    }
  }
  if (causes.length > 0) throw statusErrors.invalid({ kind: 'ListOptions', group: 'meta.k8s.io', name: '' }, causes)
}

/** A resourceVersion as a number; throws BadRequest for anything that is none. */
export function parseRevision(text: string): number {
  const problem = explainRevision(text)
  if (problem !== undefined) throw statusErrors.badRequest(`invalid resource version: ${problem}`)
  return Number(text)
}

/** The same for a read of one object, or a watch: upstream finds it too late for a BadRequest. */
export function storedRevision(text: string): number {
  const message = explainRevision(text)
  if (message === undefined) return Number(text)
  throw new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

/** Why a resourceVersion is none, in Go's words. */
export function explainRevision(text: string): string | undefined {
  const parsing = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: `
  if (!/^\d+$/.test(text)) return `${parsing}invalid syntax`
  return BigInt(text) >= 2n ** 64n ? `${parsing}value out of range` : undefined
}

/** The revision that a list waits for: not older than what is asked for, from any state. Zero: none. */
export function awaitedRevision(options: ListOptions): number {
  const { resourceVersion = '', resourceVersionMatch } = options
  if (options.continue || !/^\d+$/.test(resourceVersion) || isExact(options)) return 0
  const refused = resourceVersionMatch !== undefined && resourceVersionMatch !== 'NotOlderThan'
  return refused ? 0 : Number(resourceVersion)
}

/** Whether a list shows the very revision that it names. */
export function isExact({ resourceVersion, resourceVersionMatch, limit = 0 }: ListOptions): boolean {
  return resourceVersionMatch === 'Exact' || (resourceVersionMatch === undefined && limit > 0 && resourceVersion !== '0')
}

/** The very revision that was asked for is not there yet: nobody waits for that. */
export function futureRevision(): StatusError {
  const message = 'etcdserver: mvcc: required revision is a future revision'
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

/** The requested revision was never reached here. Clients take it as a reason to try again. */
export function tooLarge(requested: number, current: number): StatusError {
  return statusErrors.timeout(`Too large resource version: ${requested}, current: ${current}`, 1, [
    { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' },
  ])
}

export function tooOld(requested: number, oldest?: number): StatusError {
  return statusErrors.expired(`too old resource version: ${requested}${oldest === undefined ? '' : ` (${oldest})`}`)
}
