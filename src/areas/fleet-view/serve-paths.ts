import { serveApiDocuments } from '../../apiserver/discovery/serve-discovery.js'
import { wantsPretty } from '../../apiserver/http/accept.js'
import { type Exchange, plainForm } from '../../apiserver/http/exchange.js'
import { sendText, sendValue } from '../../apiserver/http/send.js'
import { isObject } from '../../base/json.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { type Asking, askMember } from './ask-member.js'
import type { FleetMember } from './fleet-members.js'
import { forwardRaw } from './forward.js'
import { mergedCatalogue, readCatalogues } from './merge-catalogues.js'
import type { FleetViewPorts } from './view-context.js'
import { completePath, type ViewRequest } from './view-request.js'

/** Serves what names no resource: health, version, discovery, OpenAPI. */
export async function serveViewPath(ports: FleetViewPorts, exchange: Exchange, info: ViewRequest, asking: Asking): Promise<void> {
  const { members, clock } = ports
  const { request, query } = exchange
  const path = info.path.length > 1 && info.path.endsWith('/') ? info.path.slice(0, -1) : info.path
  const form = { ...plainForm, pretty: wantsPretty(query, request.headers['user-agent']) }
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return sendText(exchange, 200, 'ok')
  if (request.method !== 'GET' && request.method !== 'HEAD') throw statusErrors.routeNotAllowed()
  if (path === '/version') return sendValue(exchange, 200, versionOf(ports), { ...form, pretty: true })
  if (path === '/openapi/v3') return serveOpenApiIndex(ports, exchange, asking)
  if (path.startsWith('/openapi/')) {
    const member = await memberWithDocument(ports, path)
    if (member === undefined) return sendText(exchange, 404, '404 page not found\n')
    const url = info.complete ? (request.url ?? path).slice(completePath.length) : (request.url ?? path)
    const accept = request.headers.accept ?? 'application/json'
    return forwardRaw(exchange, member, { path: url, accept }, asking)
  }
  if (path === '/api' || path === '/apis' || /^\/apis?\//.test(path)) {
    if (await serveApiDocuments(exchange, await mergedCatalogue(members, clock), path, form)) return
    throw statusErrors.pathNotFound()
  }
  if (path === '/') {
    const paths = ['/api', '/apis', '/clusters', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version']
    return sendValue(exchange, 200, { paths }, form)
  }
  if (path === '/clusters') {
    const items = members.list().map(({ key, name, state }) => ({ key, name, health: state().health, path: `/clusters/${key}` }))
    return sendValue(exchange, 200, { items }, form)
  }
  return sendText(exchange, 404, '404 page not found\n')
}

/** The oldest version that a member has: clients then use nothing that one of them lacks. */
function versionOf({ members }: FleetViewPorts): object {
  let oldest: { readonly [field: string]: string } | undefined
  for (const member of members.list()) {
    const { version } = member.state()
    if (version !== undefined && (oldest === undefined || minorOf(version) < minorOf(oldest))) oldest = version
  }
  return oldest ?? { major: '1', minor: '', gitVersion: 'v1.0.0+no-member-has-answered' }
}

function minorOf(version: { readonly [field: string]: string }): number {
  return Number.parseInt(version['major'] ?? '', 10) * 1000 + Number.parseInt(version['minor'] ?? '', 10)
}

/** Each group and version is described by the first member that serves it; few are asked, since most serve the same. */
async function serveOpenApiIndex(ports: FleetViewPorts, exchange: Exchange, asking: Asking): Promise<void> {
  const paths: Record<string, unknown> = {}
  const wanted = new Map<FleetMember, Set<string>>()
  for (const [key, member] of await ownersOf(ports)) {
    const keys = wanted.get(member) ?? new Set()
    wanted.set(member, keys.add(key))
  }
  await Promise.all(
    [...wanted].map(async ([member, keys]) => {
      const answer = await askMember(member, '/openapi/v3', 'application/json', asking).catch(() => undefined)
      const theirs = isObject(answer?.body) && isObject(answer.body['paths']) ? answer.body['paths'] : {}
      for (const [key, value] of Object.entries(theirs)) if (keys.has(key)) paths[key] = value
    }),
  )
  const sorted = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)))
  return sendValue(exchange, 200, { paths: sorted }, plainForm)
}

/** By key of OpenAPI (`api/v1`, `apis/apps/v1`), the first member that serves it. */
async function ownersOf({ members, clock }: FleetViewPorts): Promise<ReadonlyMap<string, FleetMember>> {
  const owners = new Map<string, FleetMember>()
  for (const { member, catalogue } of await readCatalogues(members, clock)) {
    if (member.state().health === 'Unknown') continue
    for (const { group, version } of catalogue.all) {
      const key = group === '' ? `api/${version}` : `apis/${group}/${version}`
      if (!owners.has(key)) owners.set(key, member)
    }
  }
  return owners
}

async function memberWithDocument(ports: FleetViewPorts, path: string): Promise<FleetMember | undefined> {
  const owners = await ownersOf(ports)
  const key = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1]
  return key === undefined ? owners.get('api/v1') : owners.get(key)
}
