import { createHash } from 'node:crypto'
import type { ServiceCatalogue } from '../catalogue/catalogue.js'
import type { FleetService, ServiceName, ServicePort } from '../model/service-model.js'
import {
  buildAllRoutes,
  buildApiListener,
  buildCluster,
  buildEndpoints,
  buildHttpListener,
  buildRoutes,
  buildTcpListener,
} from './build-resources.js'
import type { ClientNode } from './client-node.js'
import { encodeMessage, type Message, messageTypes, typePrefix } from './messages.js'
import {
  clusterName,
  findPort,
  hostOf,
  type NamingOptions,
  parseClusterName,
  parseTarget,
  type ServiceTarget,
  targetName,
} from './resource-names.js'

export type ResourceKind = 'listener' | 'route' | 'cluster' | 'endpoints'

/** By the order in which clients want changes: what is pointed at before what points to it. */
export const resourceKinds: readonly ResourceKind[] = ['cluster', 'endpoints', 'listener', 'route']

export const typeUrlOf = (kind: ResourceKind) => `${typePrefix}${messageTypes[kind]}`

export interface XdsResource {
  readonly name: string
  /** Changes when, and only when, the content does. */
  readonly version: string
  readonly any: Message
}

interface Kept {
  /** The catalogue's revision that it was made of. */
  revision: number
  resource: XdsResource | undefined
  bytes: Buffer | undefined
  /** The last one that there was. */
  former: XdsResource | undefined
}

interface Found {
  readonly service: FleetService
  readonly port: ServicePort
  readonly target: ServiceTarget
}

const routesOfProxies = 'http'
const mostKept = 50_000

/** What all clients with the same place in the fleet are served: made when asked for, and made again when the catalogue has changed. */
export class ClientView {
  readonly #catalogue: ServiceCatalogue
  readonly #node: ClientNode
  readonly #naming: NamingOptions
  readonly #kept = new Map<string, Kept>()
  #wildcards: { revision: number; names: ReadonlyMap<ResourceKind, readonly string[]> } | undefined

  constructor(catalogue: ServiceCatalogue, node: ClientNode, naming: NamingOptions) {
    this.#catalogue = catalogue
    this.#node = node
    this.#naming = naming
  }

  /** Undefined: there is no such resource now. */
  resource(kind: ResourceKind, name: string): XdsResource | undefined {
    const key = `${kind} ${name}`
    const { revision } = this.#catalogue
    let kept = this.#kept.get(key)
    if (kept?.revision === revision) return kept.resource
    const message = this.#build(kind, name)
    if (kept === undefined) {
      if (this.#kept.size >= mostKept) this.#kept.clear()
      this.#kept.set(key, (kept = { revision, resource: undefined, bytes: undefined, former: undefined }))
    }
    kept.revision = revision
    if (message === undefined) kept.resource = kept.bytes = undefined
    else {
      const bytes = encodeMessage(messageTypes[kind], message)
      if (kept.bytes === undefined || !bytes.equals(kept.bytes)) {
        kept.bytes = bytes
        // By content: a client that comes back, to another process even, is sent only what differs.
        const version = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
        kept.resource = { name, version, any: { type_url: typeUrlOf(kind), value: bytes } }
        kept.former = kept.resource
      }
    }
    return kept.resource
  }

  /** What a resource was that is gone, as far as it was asked for before: for those who are to lose it last. */
  former(kind: ResourceKind, name: string): XdsResource | undefined {
    return this.#kept.get(`${kind} ${name}`)?.former
  }

  /** The names that a proxy which asks for everything gets. */
  names(kind: ResourceKind): readonly string[] {
    const { revision } = this.#catalogue
    if (this.#wildcards?.revision !== revision) {
      const targets = this.#targets()
      const clusters = targets.map(({ target }) => clusterName(target))
      const listeners = [routesOfProxies, ...this.#node.tcp.map(({ place }) => `tcp ${place.address}:${place.port}`)]
      const names = new Map([
        ['listener', listeners],
        ['cluster', clusters],
        ['endpoints', clusters],
        ['route', [routesOfProxies]],
      ] as const)
      this.#wildcards = { revision, names }
    }
    return this.#wildcards.names.get(kind) ?? []
  }

  /** Whether a change of these services may change a resource. */
  concerns(kind: ResourceKind, name: string, changed: readonly ServiceName[] | 'all'): boolean {
    if (changed === 'all' || kind === 'listener' || name === routesOfProxies) return true
    const host = kind === 'route' ? name : (parseClusterName(name)?.host ?? '')
    return changed.some((service) => host.startsWith(`${service.name}.${service.namespace}.`))
  }

  #build(kind: ResourceKind, name: string): Message | undefined {
    if (kind === 'listener') return this.#listener(name)
    if (kind === 'route') {
      if (name === routesOfProxies) return buildAllRoutes(name, this.#targets())
      const found = this.#find(name)
      return found && buildRoutes(found.target, found.service)
    }
    const target = parseClusterName(name)
    const found = target && this.#find(targetName(target))
    if (found === undefined) return undefined
    if (kind === 'cluster') {
      const outliers = found.service.rules.find((rule) => rule.locality?.outlierDetection !== undefined)?.locality
      return buildCluster(found.target, found.service, outliers?.outlierDetection)
    }
    return buildEndpoints(found.target, found.port, this.#catalogue.rank(found.service, this.#node.consumer))
  }

  #listener(name: string): Message | undefined {
    if (name === routesOfProxies) return buildHttpListener(name, this.#node.http, routesOfProxies)
    const wanted = this.#node.tcp.find(({ place }) => name === `tcp ${place.address}:${place.port}`)
    const found = this.#find(wanted?.target ?? name)
    if (found === undefined) return undefined
    return wanted === undefined ? buildApiListener(name, found.target) : buildTcpListener(name, wanted.place, found.target)
  }

  #find(text: string): Found | undefined {
    const guess = parseTarget(text, this.#naming)
    if (guess === undefined) return undefined
    const reaches = guess.reach === undefined ? (['clusterset', 'same-name'] as const) : [guess.reach]
    for (const reach of reaches) {
      const service = this.#catalogue.get({ namespace: guess.namespace, name: guess.name }, reach)
      const port = service && findPort(service.ports, guess.port)
      if (service && port) return { service, port, target: { host: hostOf(service, this.#naming), port: port.port } }
    }
    return undefined
  }

  #targets(): { target: ServiceTarget; service: FleetService; only: boolean }[] {
    return this.#catalogue.list().flatMap((service) => {
      const ports = service.ports.filter(({ protocol }) => protocol === 'TCP')
      const host = hostOf(service, this.#naming)
      return ports.map(({ port }) => ({ target: { host, port }, service, only: ports.length === 1 }))
    })
  }
}
