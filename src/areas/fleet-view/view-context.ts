import type { ResponseForm } from '../../apiserver/http/accept.js'
import { negotiate, wantsPretty } from '../../apiserver/http/accept.js'
import type { Exchange } from '../../apiserver/http/exchange.js'
import type { Clock } from '../../base/clock.js'
import type { Random } from '../../base/random.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { Asking, Patience } from './ask-member.js'
import type { FleetMembers } from './fleet-members.js'
import { type Selection, selectMembers } from './select-members.js'
import type { ViewRequest } from './view-request.js'

export interface FleetViewPorts {
  readonly members: FleetMembers
  readonly clock: Clock
  readonly random: Random
  readonly patience: Patience
  /** Answers what is asked about the caller itself (reviews): the hub knows it. */
  readonly serveOnHub: (exchange: Exchange) => Promise<void>
}

/** One request on its way through the view. */
export interface ViewContext extends FleetViewPorts {
  readonly exchange: Exchange
  readonly info: ViewRequest
  readonly asking: Asking
  readonly form: ResponseForm
  /** What members are asked for, so that the answer can be given in `form`. */
  readonly accept: string
}

export function createContext(ports: FleetViewPorts, exchange: Exchange, info: ViewRequest): ViewContext {
  const { headers } = exchange.request
  const collection = info.name === '' && (info.verb === 'list' || info.verb === 'deletecollection')
  const form = negotiate(headers.accept, {
    pretty: wantsPretty(exchange.query, headers['user-agent']),
    transforms: true,
    list: collection,
    streams: info.verb === 'list' || info.verb === 'watch',
  })
  const { user, auditId, signal } = exchange
  const asking = { user, auditId, signal, clock: ports.clock, patience: ports.patience, userAgent: headers['user-agent'] ?? '' }
  return { ...ports, exchange, info, form, accept: acceptFor(form), asking }
}

/** In JSON always: the view reads what it passes on. */
function acceptFor({ as, metaVersion }: ResponseForm): string {
  return as === 'object' ? 'application/json' : `application/json;as=${as};v=${metaVersion};g=meta.k8s.io`
}

export function selectionOf({ exchange, info, members }: ViewContext): Selection {
  const { query } = exchange
  const labels = query.get('labelSelector') ?? ''
  const fields = query.get('fieldSelector') ?? ''
  return selectMembers({ labels, fields, key: info.key }, (key) => members.get(key) !== undefined)
}

/** As warnings: clusters that the request names and that are none. An empty list would not tell. */
export function warnOfUnknown({ exchange, members, info }: ViewContext, { wanted }: Selection): void {
  // No namespace has the mark in its name.
  const [, inNamespace] = /@([^@]*)$/.exec(info.namespace) ?? []
  const unknown = [...new Set([...wanted, ...(inNamespace === undefined ? [] : [inNamespace])])].filter(
    (key) => members.get(key) === undefined,
  )
  if (unknown.length > 0)
    exchange.warn(`the fleet has no cluster ${unknown.slice(0, 10).join(', ')}: see kubectl get --raw /clusters`)
}

/** Whole numbers from 0; absent: undefined. */
export function numberOption(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw statusErrors.badRequest(`${name}: expected a whole number, found ${JSON.stringify(text.slice(0, 50))}`)
}

/** As warnings: which clusters are not in the answer. */
export function warnOfMissing(exchange: Exchange, missing: ReadonlyMap<string, string>): void {
  const shown = [...missing].slice(0, 20)
  for (const [key, why] of shown) exchange.warn(`cluster ${key} is not in this answer: ${why}`)
  if (missing.size > shown.length) exchange.warn(`and ${missing.size - shown.length} more clusters are not in this answer`)
}
