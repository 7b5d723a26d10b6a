import { type StatusCause, statusErrors } from '../../../kube/object/status-error.js'
import type { PodLogOptions } from '../../pod-access.js'
import { isTrue } from '../request-info.js'

export type RequestedLog = Omit<PodLogOptions, 'container'>

/** Reads PodLogOptions from the query and holds them against upstream's rules. `now`: epoch ms. */
export function logOptionsOf(query: URLSearchParams, podName: string, now: number): RequestedLog {
  const tailLines = integer(query, 'tailLines')
  const limitBytes = integer(query, 'limitBytes')
  const sinceSeconds = integer(query, 'sinceSeconds')
  const sinceTime = time(query)
  const causes: StatusCause[] = []
  const add = (reason: string, field: string, message: string) => causes.push({ reason, message, field })
  if (tailLines !== undefined && tailLines < 0) {
    add('FieldValueInvalid', 'tailLines', `Invalid value: ${tailLines}: must be greater than or equal to 0`)
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    add('FieldValueInvalid', 'limitBytes', `Invalid value: ${limitBytes}: must be greater than 0`)
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    add('FieldValueForbidden', '[]', 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified')
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    add('FieldValueInvalid', 'sinceSeconds', `Invalid value: ${sinceSeconds}: must be greater than 0`)
  }
  // Choosing a stream is behind a feature gate that is off, as it is upstream.
  if (query.has('stream')) add('FieldValueForbidden', 'stream', 'Forbidden: may not be specified')
  if (causes.length > 0) throw statusErrors.invalid({ kind: 'PodLogOptions', group: '', name: podName }, causes)
  const sinceMs = sinceSeconds === undefined ? sinceTime : now - sinceSeconds * 1000
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    stream: 'All',
  }
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d{1,19}$/.test(text)) {
    throw statusErrors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}

/** What a time consists of, with the names that upstream's complaints have for it. */
const timeParts: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^(?:0[1-9]|1[0-2])/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d(?:\.\d+)?/, '05'],
  [/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00'],
]

function time(query: URLSearchParams): number | undefined {
  const text = query.get('sinceTime')
  if (text === null || text === '') return undefined
  const failure = (why: string) =>
    statusErrors.badRequest(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": ${why}`)
  let rest = text
  for (const [pattern, name] of timeParts) {
    const match = pattern.exec(rest)
    if (match === null) throw failure(`cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`)
    rest = rest.slice(match[0].length)
  }
  if (rest !== '') throw failure(`extra text: ${JSON.stringify(rest)}`)
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw failure('day out of range')
  return at
}
