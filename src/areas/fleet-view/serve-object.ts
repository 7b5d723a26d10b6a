import { decodeApplyBody, decodeObject, parsePatch } from '../../apiserver/http/decode-body.js'
import { mediaTypeOf, readBody } from '../../apiserver/http/read-body.js'
import { sendValue } from '../../apiserver/http/send.js'
import { printJson } from '../../base/json-text.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { nameInView } from './cluster-key.js'
import { findMember, memberNamed, placeNotNamed, requireAll } from './find-member.js'
import type { FleetMember } from './fleet-members.js'
import { type ForwardedRequest, forwardObject, forwardRaw, present } from './forward.js'
import { type RoutedBody, routeBody, routeOperations } from './route-body.js'
import { selectionOf, type ViewContext, warnOfMissing } from './view-context.js'
import { memberPath } from './view-request.js'

/** Their requests are connections, or text: nothing in them is an object. */
const rawSubresources: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])
const metadataOnly = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'

export function isRaw(subresource: string): boolean {
  return rawSubresources.has(subresource)
}

/** Serves a GET of one object: by a name with a cluster from there, otherwise from the only one that has it. */
export async function serveViewGet(context: ViewContext): Promise<void> {
  const { exchange, info, members, asking, form } = context
  const query = queryOf(context)
  if (info.key !== undefined) {
    const member = memberNamed(members, info.key)
    exchange.annotate?.('flotilla.dev/member', member.key)
    const path = memberPath(info) + query
    return forwardObject(exchange, member, { path, accept: context.accept }, asking, form, info.naming)
  }
  const plain = info.subresource === ''
  const found = await findMember(info, members, plain ? context.accept : metadataOnly, asking)
  warnOfMissing(exchange, found.missing)
  const { member, answer } = found
  exchange.annotate?.('flotilla.dev/member', member.key)
  if (!plain) {
    return forwardObject(exchange, member, { path: memberPath(info) + query, accept: context.accept }, asking, form, info.naming)
  }
  for (const text of answer.warnings) exchange.warn(text)
  present(answer.body, member, info.naming)
  return sendValue(exchange, 200, answer.body, form)
}

/** Serves logs, exec, attach, port-forward and proxies. */
export async function serveViewConnection(context: ViewContext): Promise<void> {
  const { exchange, info, members, asking } = context
  const key = info.key
  const member = key === undefined ? (await findMember(info, members, metadataOnly, asking)).member : memberNamed(members, key)
  exchange.annotate?.('flotilla.dev/member', member.key)
  const accept = exchange.request.headers.accept ?? '*/*'
  return forwardRaw(exchange, member, { path: memberPath(info) + queryOf(context), accept }, asking)
}

/** Serves create, update, patch and delete: the cluster is named by the path or the object, or is the only one that has it. */
export async function serveViewWrite(context: ViewContext): Promise<void> {
  const { exchange, info, form, asking } = context
  const routed = await readRouted(context)
  const member = await memberFor(context, routed)
  exchange.annotate?.('flotilla.dev/member', member.key)
  const contentType = routed.contentType === '' ? undefined : routed.contentType
  const to: ForwardedRequest = {
    path: memberPath(info) + queryOf(context),
    accept: context.accept,
    // What kubectl has found by the name alone may be the object of another cluster.
    ...(info.verb === 'patch' && info.key === undefined && routed.keys.has(member.key)
      ? {
          whenNotFound:
            `the label says cluster ${member.key}, which has no ${info.resource} "${info.name}"; where another cluster has one, ` +
            `write the name as ${nameInView(info.name, member.key)}, or apply with --server-side`,
        }
      : {}),
    ...(routed.text === undefined
      ? {}
      : { body: routed.resolve === undefined ? routed.text : printJson(routed.resolve(member.key)) }),
    ...(contentType === undefined ? {} : { contentType }),
  }
  return forwardObject(exchange, member, to, asking, form, info.naming)
}

/** DELETE of a collection: of clusters that the request names, never of whatever clusters there are. */
export async function serveViewDeleteCollection(context: ViewContext): Promise<void> {
  const { exchange, info, members, form, asking } = context
  const selection = selectionOf(context)
  const chosen = members.list().filter(({ key }) => selection.includes(key))
  if (!selection.narrowed || chosen.length !== 1) {
    throw statusErrors.badRequest(
      `a collection is deleted in one cluster at a time, and the request means ${chosen.length}: name it by the label selector flotilla.dev/cluster=NAME`,
    )
  }
  const member = chosen[0]!
  exchange.annotate?.('flotilla.dev/member', member.key)
  const parameters = new URLSearchParams(exchange.query)
  for (const [name, value] of [
    ['labelSelector', selection.labelSelector],
    ['fieldSelector', selection.fieldSelector],
  ] as const) {
    if (value === '') parameters.delete(name)
    else parameters.set(name, value)
  }
  const body = await readBody(exchange.request)
  const path = `${memberPath(info, '')}?${parameters}`
  return forwardObject(
    exchange,
    member,
    { path, accept: context.accept, ...(body.length === 0 ? {} : { body }) },
    asking,
    form,
    info.naming,
  )
}

interface Routed {
  /** What goes to the member; undefined: no body. */
  readonly text: string | Buffer | undefined
  readonly contentType: string
  readonly keys: ReadonlySet<string>
  readonly resolve?: RoutedBody['resolve']
}

async function readRouted(context: ViewContext): Promise<Routed> {
  const { exchange, info, members } = context
  const bytes = await readBody(exchange.request)
  const contentType = mediaTypeOf(exchange.request)
  if (bytes.length === 0) return { text: undefined, contentType: '', keys: new Set() }
  const untouched = { text: bytes, contentType, keys: new Set<string>() }
  if (info.verb === 'delete') {
    // Built-in types of the body are told by itself; what it has of the view is a version at most.
    if (contentType !== 'application/vnd.kubernetes.protobuf') return untouched
    const { object } = decodeObject(bytes, contentType, deleteOptions, false)
    return { ...untouched, text: printJson(object), contentType: 'application/json' }
  }
  if (contentType === 'application/json-patch+json') {
    const operations = parsePatch(bytes.toString('utf8'), undefined, 'exact')
    if (!Array.isArray(operations)) return untouched
    exchange.audit?.noteRequest(operations)
    const { operations: kept, changed } = routeOperations(operations)
    return changed ? { ...untouched, text: printJson(kept) } : untouched
  }
  const parsed = parseBody(bytes, contentType, context)
  exchange.audit?.noteRequest(parsed.value)
  const routed = routeBody(parsed.value, (text) => members.keyOf(text))
  const { keys, resolve } = routed
  // What has nothing of the view in it goes on byte by byte: duplicate fields are for the member to find.
  const text = routed.changed || parsed.contentType !== contentType ? printJson(routed.body) : bytes
  return { text, contentType: parsed.contentType, keys, ...(resolve === undefined ? {} : { resolve }) }
}

const deleteOptions = { group: '', version: 'v1', kind: 'DeleteOptions', plural: '', namespaced: false }

function parseBody(bytes: Buffer, contentType: string, { info }: ViewContext): { value: unknown; contentType: string } {
  if (contentType === 'application/apply-patch+yaml') return { value: decodeApplyBody(bytes), contentType }
  if (contentType.endsWith('-patch+json')) return { value: parsePatch(bytes.toString('utf8'), undefined, 'exact'), contentType }
  const type = { group: info.group, version: info.version, kind: '', plural: info.resource, namespaced: info.namespace !== '' }
  const { object } = decodeObject(bytes, contentType, type, false)
  // An object that does not say what it is must not be told that it is nothing.
  const value: Record<string, unknown> = { ...object }
  if (object.kind === '') delete value['kind']
  return { value, contentType: contentType === '' || contentType === 'application/json' ? contentType : 'application/json' }
}

async function memberFor(context: ViewContext, { keys }: Routed): Promise<FleetMember> {
  const { info, members, asking } = context
  const all = new Set(keys)
  if (info.key !== undefined) all.add(info.key)
  if (all.size > 1) {
    const named = [...all].sort().join(' and ')
    throw statusErrors.badRequest(
      `the request names several clusters (${named}): an object is of one cluster and does not move; delete it there and create it here`,
    )
  }
  const [key] = all
  const whole = info.subresource === ''
  if (key !== undefined && (info.verb !== 'update' || info.key !== undefined || whole)) return memberNamed(members, key)
  if (info.name === '') {
    const only = members.list()
    if (only.length === 1) return only[0]!
    throw placeNotNamed(info, members)
  }
  const found = await findMember(info, members, metadataOnly, asking)
  requireAll(found, info)
  return found.member
}

/** The query as the member understands it. */
function queryOf({ exchange }: ViewContext): string {
  const url = exchange.request.url ?? ''
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark)
}
