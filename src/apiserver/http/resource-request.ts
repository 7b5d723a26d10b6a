import type { Clock } from '../../base/clock.js'
import type { Random } from '../../base/random.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import { builtInResources } from '../../kube/schema/resources.js'
import type { ApiTarget } from '../contract.js'
import { subresourceKindOf } from '../discovery/subresource-kinds.js'
import type { PodAccess } from '../pod-access.js'
import { encodeObject } from '../storage/encoding.js'
import type { TablePrinter } from '../table/printer.js'
import { printerFor } from '../table/printer-for.js'
import { scalePrinter } from '../table/workload-printers.js'
import { negotiate, streamMediaTypes, wantsPretty } from './accept.js'
import type { Exchange } from './exchange.js'
import { deleteOptionsOf, listOptionsOf, plainListOptionsOf, watchOptionsOf } from './query-options.js'
import { findResource } from './resource-index.js'
import { contentTypeOf, sendBody, sendText, sendValue } from './send.js'
import { sendPieces } from './send-list.js'
import { connects, serveConnect } from './streaming/serve-connect.js'
import { type IncludeObject, listPieces, type TransformOptions, transformObject } from './transform.js'
import { streamWatch, type WatchLimits } from './watch-stream.js'
import { createFrom, deleteOptionsFrom, isPatch, patchFrom, updateFrom } from './write-request.js'

export interface ResourcePorts {
  readonly clock: Clock
  readonly random: Random
  /** Absent: nothing runs in the pods of any cluster, and what connects to them is not served. */
  readonly pods?: PodAccess
  /** How long and with how much slow readers of watches are waited for. */
  readonly watchLimits?: Partial<WatchLimits>
}

/** Watches without a timeout of their own end after this long, plus up to as much again, so that they do not all end at once. */
const watchSeconds = 1800

/** The kinds whose last state is the answer to their deletion; for others upstream answers a Status. */
const answersDeleted: ReadonlySet<string> = new Set([
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/pods',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
])

/** By group, version and resource: what every answer warns of. */
const deprecations: Readonly<Record<string, string>> = {
  '/v1/componentstatuses': 'v1 ComponentStatus is deprecated in v1.19+',
  '/v1/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
}

const builtInGroups: ReadonlySet<string> = new Set(builtInResources.map(({ group }) => group))

/** Serves an authorised request for a resource. */
export async function serveResource(exchange: Exchange, ports: ResourcePorts): Promise<void> {
  const { cluster, info } = exchange
  if (info.path.startsWith('//')) return sendText(exchange, 404, '404 page not found\n')
  const type = findResource(cluster.api.catalogue(), info.group, info.version, info.resource)
  // Groups of custom resources are served by another server, upstream: what it does not know, nobody does.
  if (type === undefined && !builtInGroups.has(info.group)) return sendText(exchange, 404, '404 page not found\n')
  if (type === undefined || (info.path.includes('//') && info.subresource !== 'proxy')) throw statusErrors.pathNotFound()
  // The path of a namespace has its own name where others have their namespace.
  const namespace = type.namespaced ? info.namespace : ''
  if (!type.namespaced && info.namespace !== '' && info.resource !== 'namespaces') throw statusErrors.pathNotFound()
  if (info.resource === 'namespaces' && info.namespace !== info.name) throw statusErrors.pathNotFound()
  // No name of anything has a slash: one that comes percent-encoded must not lead into another namespace's keys.
  if (info.name.includes('/') || namespace.includes('/')) throw statusErrors.pathNotFound()
  if (exchange.request.method === 'HEAD' && info.subresource !== 'proxy') throw statusErrors.routeNotAllowed()
  if (info.subresource !== '') return serveSubresource(exchange, ports, type, namespace)
  if (info.verb === 'proxy') throw statusErrors.pathNotFound()
  // Of what is answered and never stored there is nothing with a name.
  if (info.name !== '' && type.verbs?.length === 1 && type.verbs[0] === 'create') throw statusErrors.pathNotFound()
  requireVerb(type, info.verb)
  // The handler of custom resources looks into the body only.
  if (info.verb === 'create' && info.name !== '' && builtInGroups.has(type.group)) throw statusErrors.routeNotAllowed()
  if (type.namespaced && namespace === '') {
    if (info.name !== '') throw statusErrors.pathNotFound()
    if (info.verb !== 'list' && info.verb !== 'watch') {
      throw statusErrors.routeNotAllowed()
    }
  }
  if (info.name === '' && (info.verb === 'update' || info.verb === 'patch')) throw statusErrors.routeNotAllowed()
  const deprecated = deprecations[`${type.group}/${type.version}/${type.plural}`]
  if (deprecated !== undefined && (info.verb !== 'patch' || isPatch(exchange))) exchange.warn(deprecated)
  const target: ApiTarget = { type, namespace, name: info.name }
  switch (info.verb) {
    case 'get':
      return serveGet(exchange, ports, target)
    case 'list':
      return serveList(exchange, ports, type, namespace)
    case 'watch':
      return serveWatch(exchange, ports, type, namespace)
    case 'create':
    case 'update':
    case 'patch':
      return serveWrite(exchange, ports, target)
    case 'delete':
      return serveDelete(exchange, ports, target)
    case 'deletecollection': {
      const options = deleteOptionsOf(exchange.query, await deleteOptionsFrom(exchange))
      const list = listOptionsOf(exchange.query, namespace)
      const result = await cluster.api.deleteCollection(exchange, type, list, options)
      return sendPieces(exchange, 200, listPieces(result, transformOptions(exchange, ports, type, true)))
    }
    default:
      throw statusErrors.methodNotAllowed(info.verb, gr(type))
  }
}

async function serveSubresource(exchange: Exchange, ports: ResourcePorts, type: ResourceType, namespace: string): Promise<void> {
  const { subresource, name, verb } = exchange.info
  if (!type.subresources?.includes(subresource)) {
    if (builtInGroups.has(type.group)) throw statusErrors.pathNotFound()
    throw statusErrors.notFound({ resource: type.plural, group: type.group, name: exchange.info.name })
  }
  const target: ApiTarget = { type, namespace, name, subresource }
  if (connects(type, subresource)) return serveConnect(exchange, ports, type, namespace)
  if (exchange.info.rest !== '') throw statusErrors.pathNotFound()
  if (!subresourceKindOf(type, subresource).verbs.includes(verb)) throw statusErrors.routeNotAllowed()
  switch (verb) {
    case 'get':
      return serveGet(exchange, ports, target)
    default:
      return serveWrite(exchange, ports, target)
  }
}

async function serveGet(exchange: Exchange, ports: ResourcePorts, target: ApiTarget): Promise<void> {
  // What cannot be answered in a form that the client takes is not read.
  const transform = transformOptions(exchange, ports, target.type, false)
  const resourceVersion = exchange.query.get('resourceVersion')
  const object = await exchange.cluster.api.get(exchange, target, resourceVersion ? { resourceVersion } : {})
  return sendTransformed(exchange, object, 200, transform)
}

async function serveList(exchange: Exchange, ports: ResourcePorts, type: ResourceType, namespace: string): Promise<void> {
  const transform = transformOptions(exchange, ports, type, true)
  const list = await exchange.cluster.api.list(exchange, type, plainListOptionsOf(exchange.query, namespace))
  return sendPieces(exchange, 200, listPieces(list, transform))
}

function serveWatch(exchange: Exchange, ports: ResourcePorts, type: ResourceType, namespace: string): Promise<void> {
  const { info, query, cluster } = exchange
  const transform = transformOptions(exchange, ports, type, false)
  if (transform.form.media === 'yaml') throw statusErrors.notAcceptable(streamMediaTypes)
  const options = watchOptionsOf(query, namespace)
  // The old form `/watch/namespaces/x/pods/y` watches one object.
  if (info.name !== '') options.fieldSelector = `metadata.name=${info.name}`
  options.timeoutSeconds ??= Math.floor(watchSeconds * (1 + ports.random.number()))
  const abort = new AbortController()
  exchange.signal.addEventListener('abort', () => abort.abort(exchange.signal.reason), { once: true })
  const watching = { ...exchange, signal: abort.signal, warn: exchange.warn }
  return streamWatch(exchange, {
    ...transform,
    clock: ports.clock,
    list: { apiVersion: apiVersionOf(type.group, type.version), kind: `${type.kind}List` },
    start: (sink) => cluster.api.watch(watching, type, options, sink),
    stop: (reason) => abort.abort(reason),
    limits: ports.watchLimits,
  })
}

async function serveWrite(exchange: Exchange, ports: ResourcePorts, target: ApiTarget): Promise<void> {
  // Nothing is written for a client that cannot read the answer.
  const transform = transformOptions(exchange, ports, target.type, false)
  const { verb } = exchange.info
  if (verb === 'create') return sendTransformed(exchange, await createFrom(exchange, target), 201, transform)
  const { object, created } = await (verb === 'update' ? updateFrom : patchFrom)(exchange, target)
  return sendTransformed(exchange, object, created ? 201 : 200, transform)
}

async function serveDelete(exchange: Exchange, ports: ResourcePorts, target: ApiTarget): Promise<void> {
  const { type, name } = target
  const transform = transformOptions(exchange, ports, type, false)
  const options = deleteOptionsOf(exchange.query, await deleteOptionsFrom(exchange))
  const { object, gone } = await exchange.cluster.api.delete(exchange, target, options)
  if (gone && !answersDeleted.has(`${type.group}/${type.plural}`)) {
    const details = { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.plural, uid: object.metadata.uid }
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
    return sendValue(exchange, 200, status, { ...transform.form, as: 'object' })
  }
  return sendTransformed(exchange, object, options.orphanDependents === false && !gone ? 202 : 200, transform)
}

function sendTransformed(exchange: Exchange, object: KubeObject, code: number, transform: TransformOptions): Promise<void> {
  const { form } = transform
  exchange.audit?.noteResponse(object)
  const value = transformObject(object, transform)
  if (value !== undefined) return sendValue(exchange, code, value, form)
  if (form.media === 'yaml' || form.pretty) return sendValue(exchange, code, object, form)
  return sendBody(exchange, code, contentTypeOf(form), transform.encode(object))
}

function negotiated(exchange: Exchange, type: ResourceType, list: boolean, transforms: boolean) {
  const { headers } = exchange.request
  const { verb } = exchange.info
  return negotiate(headers.accept, {
    pretty: wantsPretty(exchange.query, headers['user-agent']),
    transforms,
    list,
    streams: verb === 'list' || verb === 'watch',
    goType: goTypeOfKind(type),
  })
}

/** The kind as kube-apiserver's own type is called. */
function goTypeOfKind({ group, kind }: ResourceType): string {
  if (!builtInGroups.has(group)) return 'unstructured.Unstructured'
  const first = group.split('.')[0] as string
  return `${first === '' || first === 'events' ? 'core' : first}.${kind}`
}

function transformOptions(exchange: Exchange, ports: ResourcePorts, type: ResourceType, list: boolean): TransformOptions {
  // Reviews and bindings are answers, not stored objects: there is no table of them.
  const { subresource } = exchange.info
  const stored = (type.verbs === undefined || type.verbs.includes('get')) && ['', 'status', 'scale'].includes(subresource)
  const form = negotiated(exchange, type, list, stored)
  let printer: TablePrinter | undefined
  return {
    form,
    include: form.as === 'Table' ? includeObject(exchange.query.get('includeObject')) : 'Metadata',
    printer: () => (printer ??= subresource === 'scale' ? scalePrinter : printerFor(exchange.cluster, type)),
    now: () => ports.clock.now(),
    bareItems: builtInSchemas.forKind(apiVersionOf(type.group, type.version), type.kind) !== undefined,
    encode: encodeObject,
  }
}

function includeObject(asked: string | null): IncludeObject {
  if (asked === null || asked === '') return 'Metadata'
  if (asked === 'None' || asked === 'Metadata' || asked === 'Object') return asked
  throw statusErrors.badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

function requireVerb(type: ResourceType, verb: string): void {
  if (type.verbs !== undefined && !type.verbs.includes(verb)) throw statusErrors.routeNotAllowed()
}

function gr(type: ResourceType): { resource: string; group: string } {
  return { resource: type.plural, group: type.group }
}
