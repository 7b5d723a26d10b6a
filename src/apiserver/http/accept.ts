import { StatusError, statusErrors } from '../../kube/object/status-error.js'

/** The form in which the client wants the answer. */
export interface ResponseForm {
  readonly media: 'json' | 'yaml'
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** The meta.k8s.io version of a transformed answer. */
  readonly metaVersion: 'v1' | 'v1beta1'
  readonly pretty: boolean
}

/** What a refusal offers, in upstream's words: Protobuf is read, and answers to clients that take nothing else are refused. */
const offeredMediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const
export const streamMediaTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'] as const
const producedMediaTypes: readonly string[] = offeredMediaTypes.slice(0, 2)
const protobuf = offeredMediaTypes[2]

interface AcceptClause {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly quality: number
}

// Headers repeat: a client sends the same few all its life. Bounded, because clients choose the keys.
const parsed = new Map<string, readonly AcceptClause[]>()
const rememberedHeaders = 256

/** The clauses of an Accept header, best first; clauses of equal quality keep their order. */
export function parseAccept(header: string): readonly AcceptClause[] {
  const known = parsed.get(header)
  if (known) return known
  const clauses: AcceptClause[] = []
  for (const part of header.split(',')) {
    const [type, ...rest] = part.split(';')
    const parameters: Record<string, string> = Object.create(null)
    let quality = 1
    for (const item of rest) {
      const equals = item.indexOf('=')
      if (equals < 0) continue
      const key = item.slice(0, equals).trim().toLowerCase()
      const value = item.slice(equals + 1).trim()
      if (key === 'q') quality = Number.parseFloat(value) || 0
      else parameters[key] = value
    }
    const name = type!.trim().toLowerCase()
    if (name !== '' && quality > 0) clauses.push({ type: name, parameters, quality })
  }
  clauses.sort((a, b) => b.quality - a.quality)
  if (header.length < 1024) {
    if (parsed.size >= rememberedHeaders) parsed.clear()
    parsed.set(header, clauses)
  }
  return clauses
}

/** What is asked about: it decides which forms there are. */
export interface Negotiated {
  readonly pretty: boolean
  /** Whether the answer may become a Table or metadata alone (never for virtual resources such as reviews). */
  readonly transforms: boolean
  readonly list: boolean
  /** The path serves watches too. */
  readonly streams?: boolean
  /** The type of the object in the server, for refusals: `core.Pod`. */
  readonly goType?: string
}

/** Chooses the form of the answer, or throws NotAcceptable. */
export function negotiate(accept: string | undefined, options: Negotiated): ResponseForm {
  const { pretty, transforms, list, goType = '' } = options
  const plain = (media: 'json' | 'yaml'): ResponseForm => ({ media, as: 'object', metaVersion: 'v1', pretty })
  if (accept === undefined || accept.trim() === '') return plain('json')
  let known = false
  let onlyProtobuf = true
  for (const clause of parseAccept(accept)) {
    const media = mediaOf(clause.type)
    if (media === undefined) {
      known ||= clause.type === protobuf
      continue
    }
    known = true
    onlyProtobuf = false
    const { as, g, v } = clause.parameters
    if (as === undefined || as === '') return plain(media)
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1') || !transforms) continue
    const form = { media, metaVersion: v, pretty } as const
    if (as === 'Table') return { ...form, as }
    if (as === 'PartialObjectMetadata') {
      if (list) throw mismatched(`PartialObjectMetadata, but the requested object is a list (*${goType}List)`)
      return { ...form, as }
    }
    if (as === 'PartialObjectMetadataList') {
      if (!list) throw mismatched(`PartialObjectMetadataList, but the requested object is not a list (*${goType})`)
      return { ...form, as }
    }
  }
  if (!known) throw unroutable(options.streams === true)
  throw statusErrors.notAcceptable(onlyProtobuf ? producedMediaTypes : offeredMediaTypes)
}

/** Whether a failure is told in JSON or YAML. */
export function mediaOfFailure(accept: string | undefined): 'json' | 'yaml' {
  if (accept === undefined || !accept.includes('yaml')) return 'json'
  for (const { type } of parseAccept(accept)) {
    const media = mediaOf(type)
    if (media !== undefined) return media
  }
  return 'json'
}

function mismatched(why: string): StatusError {
  return failed(`you requested ${why}`)
}

/** Upstream's router refuses what no answer of a path can be; it does not look at parameters. */
function unroutable(streams: boolean): StatusError {
  const offered = [...offeredMediaTypes, ...(streams ? streamMediaTypes : [])]
  return failed(`406: Not Acceptable\n\nAvailable representations: ${offered.join(', ')}`, {})
}

function failed(message: string, details?: object): StatusError {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message } as const
  return new StatusError({ ...status, reason: 'NotAcceptable', ...(details === undefined ? {} : { details }), code: 406 })
}

/** Throws what a path answers whose documents have no other form than these. */
export function requireRoutable(accept: string | undefined): void {
  if (accept === undefined || accept.trim() === '') return
  const clauses = parseAccept(accept)
  if (!clauses.some(({ type }) => type === protobuf || mediaOf(type) !== undefined)) throw unroutable(false)
}

function mediaOf(type: string): 'json' | 'yaml' | undefined {
  switch (type) {
    case 'application/json':
    case '*/*':
      return 'json'
    case 'application/yaml':
      return 'yaml'
    default:
      return undefined
  }
}

/** People at a terminal get indented JSON, unless they say otherwise. */
export function wantsPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  const asked = query.get('pretty')
  if (asked !== null) return asked === '' || asked === '1' || asked === 'true'
  return userAgent !== undefined && /^(curl|Wget|Mozilla)\//.test(userAgent)
}
