import { type StatusCause, statusErrors } from '../../../kube/object/status-error.js'
import type { PodLogOptions } from '../../pod-access.js'
import { isTrue } from '../request-info.js'

export type RequestedLog = Omit<PodLogOptions, 'container'>

const streams = ['All', 'Stderr', 'Stdout'] as const

/** Reads PodLogOptions from the query and holds them against upstream's rules. `now`: epoch ms. */
export function logOptionsOf(query: URLSearchParams, podName: string, now: number): RequestedLog {
  const tailLines = integer(query, 'tailLines')
  const limitBytes = integer(query, 'limitBytes')
  const sinceSeconds = integer(query, 'sinceSeconds')
  const sinceTime = time(query)
  const stream = query.get('stream') || 'All'
  const causes: StatusCause[] = []
  const add = (reason: string, field: string, message: string) => causes.push({ reason, message, field })
  if (tailLines !== undefined && tailLines < 0) {
    add('FieldValueInvalid', 'tailLines', `Invalid value: ${tailLines}: must be greater than or equal to 0`)
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    add('FieldValueInvalid', 'limitBytes', `Invalid value: ${limitBytes}: must be greater than 0`)
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    add('FieldValueForbidden', '', 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified')
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    add('FieldValueInvalid', 'sinceSeconds', `Invalid value: ${sinceSeconds}: must be greater than 0`)
  }
  if (!isStream(stream)) {
    const supported = streams.map((name) => JSON.stringify(name)).join(', ')
    add('FieldValueNotSupported', 'stream', `Unsupported value: ${JSON.stringify(stream)}: supported values: ${supported}`)
  } else if (stream !== 'All' && tailLines !== undefined) {
    add('FieldValueForbidden', '', 'Forbidden: `tailLines` and specific `stream` are mutually exclusive for now')
  }
  if (causes.length > 0) throw statusErrors.invalid({ kind: 'PodLogOptions', group: '', name: podName }, causes)
  const sinceMs = sinceSeconds === undefined ? sinceTime : now - sinceSeconds * 1000
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    stream: isStream(stream) ? stream : 'All',
  }
}

function isStream(text: string): text is PodLogOptions['stream'] {
  return (streams as readonly string[]).includes(text)
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d{1,19}$/.test(text)) {
    throw statusErrors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}

function time(query: URLSearchParams): number | undefined {
  const text = query.get('sinceTime')
  if (text === null || text === '') return undefined
  const valid = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
  const at = valid ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw statusErrors.badRequest(`sinceTime: ${JSON.stringify(text)} is no time as RFC 3339 has it`)
  return at
}
