import { isTrue } from '../../apiserver/http/request-info.js'
import { sendValue } from '../../apiserver/http/send.js'
import { sendPieces } from '../../apiserver/http/send-list.js'
import { printJson } from '../../base/json-text.js'
import { escapeFieldValue } from '../../kube/object/field-selector.js'
import { apiVersionOf } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { listMembers } from './list-members.js'
import { mergedCatalogue } from './merge-catalogues.js'
import type { Naming } from './present-object.js'
import { isFleetVersion, parseFleetVersion } from './resource-version.js'
import type { Selection } from './select-members.js'
import { sendWatch } from './send-watch.js'
import { numberOption, selectionOf, type ViewContext, warnOfMissing, warnOfUnknown } from './view-context.js'
import { memberPath } from './view-request.js'
import { FleetWatch } from './watch-members.js'

/** Serves a list over all members. */
export async function serveViewList(context: ViewContext): Promise<void> {
  const { exchange, info, form, members, asking } = context
  const { query } = exchange
  const selection = selectionOf(context)
  warnOfUnknown(context, selection)
  const table = form.as === 'Table'
  const list = await listMembers(
    {
      members: members.list().filter(({ key }) => selection.includes(key)),
      path: memberPath(info, ''),
      parameters: parametersOf(context, selection),
      limit: numberOption(query, 'limit') ?? 0,
      next: query.get('continue') ?? '',
      resourceVersion: query.get('resourceVersion') ?? '',
      resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
      accept: context.accept,
      table,
      naming: namingOf(context, selection),
    },
    asking,
  )
  if (info.complete) requireComplete(list.missing)
  for (const text of list.warnings) exchange.warn(text)
  warnOfMissing(exchange, list.missing)
  const { items, metadata } = list
  if (table) {
    const head = { kind: 'Table', apiVersion: `meta.k8s.io/${form.metaVersion}`, metadata, columnDefinitions: list.columns }
    return sendItems(context, head, 'rows', items)
  }
  // Where nobody was asked, nobody has said what the list is.
  const kind = list.kind === 'List' ? await listKindOf(context) : { kind: list.kind, apiVersion: list.apiVersion }
  return sendItems(context, { ...kind, metadata }, 'items', items)
}

function sendItems(
  { exchange, form }: ViewContext,
  head: Record<string, unknown>,
  field: 'items' | 'rows',
  items: readonly unknown[],
): Promise<void> {
  if (form.media === 'yaml' || form.pretty) return sendValue(exchange, 200, { ...head, [field]: items }, form)
  const pieces = {
    contentType: 'application/json',
    head: `${printJson(head).slice(0, -1)},"${field}":[`,
    items,
    piece: (item: unknown) => printJson(item),
    separator: ',',
    tail: ']}',
  }
  return sendPieces(exchange, 200, pieces)
}

async function listKindOf(context: ViewContext): Promise<{ apiVersion: string; kind: string }> {
  const { apiVersion, kind } = await kindOf(context)
  return { apiVersion, kind: `${kind}List` }
}

async function kindOf({ members, info, clock }: ViewContext): Promise<{ apiVersion: string; kind: string }> {
  const { group, version, resource } = info
  const { all } = await mergedCatalogue(members, clock)
  const type = all.find((each) => each.group === group && each.version === version && each.plural === resource)
  return { apiVersion: apiVersionOf(group, version), kind: type?.kind ?? '' }
}

function requireComplete(missing: ReadonlyMap<string, string>): void {
  const [first] = missing
  if (first === undefined) return
  throw statusErrors.timeout(`the list would not be complete: cluster ${first[0]}: ${first[1]}`, 5)
}

/** Serves a watch over all members until its time is over or the client goes. */
export async function serveViewWatch(context: ViewContext): Promise<void> {
  const { exchange, info, form, members, asking, random, clock } = context
  const { query } = exchange
  if (form.media === 'yaml') throw statusErrors.notAcceptable(['application/json;stream=watch'])
  const selection = selectionOf(context)
  warnOfUnknown(context, selection)
  const initialEvents = isTrue(query.get('sendInitialEvents'))
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  if (initialEvents && !bookmarks) throw statusErrors.badRequest('sendInitialEvents needs allowWatchBookmarks')
  const watch = new FleetWatch(
    {
      members,
      includes: selection.includes,
      path: memberPath(info, ''),
      parameters: parametersOf(context, selection),
      versions: initialEvents ? new Map() : versionsOf(context, selection.includes),
      accept: context.accept,
      table: form.as === 'Table',
      naming: namingOf(context, selection),
      initialEvents,
      bookmarks,
      kind: form.as === 'object' ? await kindOf(context) : { apiVersion: `meta.k8s.io/${form.metaVersion}`, kind: form.as },
    },
    asking,
  )
  const { missing, run } = await watch.open()
  if (info.complete && initialEvents && missing.size > 0) {
    watch.stop()
    requireComplete(missing)
  }
  warnOfMissing(exchange, missing)
  const asked = numberOption(query, 'timeoutSeconds') ?? 0
  const seconds = asked > 0 ? asked : watchSeconds * (1 + random.number())
  await sendWatch(exchange, { watch, run, seconds, bookmarks, clock })
}

/** Watches without a timeout of their own end after this long, plus up to as much again. */
const watchSeconds = 1800

/** Where the watch begins. The version of one object is a position in its own cluster only. */
function versionsOf({ exchange, members }: ViewContext, includes: (key: string) => boolean): Map<string, string> {
  const text = exchange.query.get('resourceVersion') ?? ''
  if (text === '' || text === '0') return new Map()
  if (isFleetVersion(text)) return parseFleetVersion(text)
  const asked = members.list().filter(({ key }) => includes(key))
  if (asked.length === 1 && /^[\w.-]{1,64}$/.test(text)) return new Map([[asked[0]!.key, text]])
  throw statusErrors.expired('the resource version is that of one object, and the watch is over several clusters: list again')
}

function namingOf({ info }: ViewContext, selection: Selection): Naming {
  return selection.plainName ? { ...info.naming, name: 'plain' } : info.naming
}

function parametersOf(
  { info, exchange }: ViewContext,
  selection: { labelSelector: string; fieldSelector: string },
): Record<string, string> {
  // The old form of a watch has the object in its path.
  const named = info.name === '' ? [] : [`metadata.name=${escapeFieldValue(info.name)}`]
  const fields = [...(selection.fieldSelector === '' ? [] : [selection.fieldSelector]), ...named].join(',')
  const include = exchange.query.get('includeObject')
  return {
    ...(selection.labelSelector === '' ? {} : { labelSelector: selection.labelSelector }),
    ...(fields === '' ? {} : { fieldSelector: fields }),
    ...(include === null || include === '' ? {} : { includeObject: include }),
  }
}
