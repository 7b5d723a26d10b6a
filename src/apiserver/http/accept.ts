import { statusErrors } from '../../kube/object/status-error.js'

/** The form in which the client wants the answer. */
export interface ResponseForm {
  readonly media: 'json' | 'yaml'
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** The meta.k8s.io version of a transformed answer. */
  readonly metaVersion: 'v1' | 'v1beta1'
  readonly pretty: boolean
}

export const producedMediaTypes = ['application/json', 'application/yaml'] as const

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

/**
 * Chooses the form of the answer, or throws NotAcceptable. `transforms` says whether the answer may become a Table or metadata
 * alone (never for virtual resources such as reviews).
 */
export function negotiate(
  accept: string | undefined,
  options: { pretty: boolean; transforms: boolean; list: boolean },
): ResponseForm {
  const { pretty, transforms, list } = options
  const plain = (media: 'json' | 'yaml'): ResponseForm => ({ media, as: 'object', metaVersion: 'v1', pretty })
  if (accept === undefined || accept.trim() === '') return plain('json')
  for (const clause of parseAccept(accept)) {
    const media = mediaOf(clause.type)
    if (media === undefined) continue
    const { as, g, v } = clause.parameters
    if (as === undefined || as === '') return plain(media)
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1') || !transforms) continue
    if (as === 'Table' || (as === 'PartialObjectMetadata' && !list) || (as === 'PartialObjectMetadataList' && list)) {
      return { media, as, metaVersion: v, pretty }
    }
    // A watch of a list asks for the kind of its single events.
    if (as === 'PartialObjectMetadata' && list) return { media, as: 'PartialObjectMetadataList', metaVersion: v, pretty }
  }
  throw statusErrors.notAcceptable(producedMediaTypes)
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
