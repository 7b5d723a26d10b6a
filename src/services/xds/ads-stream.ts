import type { Clock } from '../../base/clock.js'
import type { ServiceName } from '../model/service-model.js'
import { type ClientNode, text, viewKeyOf } from './client-node.js'
import { type ClientView, type ResourceKind, resourceKinds, typeUrlOf } from './client-view.js'
import { encodeMessage, type Message, messageTypes } from './messages.js'
import { differenceOf, type Refusal, Subscription } from './subscription.js'

/** One client of the discovery service, as the status page shows it. */
export interface XdsClientStatus {
  /** Of the stream, as long as it is open. */
  readonly id: number
  readonly node: string
  readonly agent: string
  readonly peer: string
  readonly protocol: 'state of the world' | 'delta'
  readonly cluster: string
  readonly locality: string
  readonly connectedMs: number
  readonly kinds: readonly {
    readonly kind: ResourceKind
    readonly resources: number
    readonly sent: string
    readonly acknowledged: string
    /** Names that it asked for; `everything`: all that there are. */
    readonly names: number
    readonly everything: boolean
    /** What was sent last was refused. */
    readonly refused?: Refusal
    /** The last refusal, accepted versions since or not, and how many there were. */
    readonly lastRefused?: Refusal
    readonly refusals: number
  }[]
}

/** What one client asks for and has, resource by resource. */
export interface XdsClientDetails {
  readonly status: XdsClientStatus
  readonly subscriptions: readonly {
    readonly kind: ResourceKind
    readonly everything: boolean
    readonly names: readonly string[]
    /** By name; a version of '' says that it was told that there is none. */
    readonly resources: readonly { readonly name: string; readonly version: string }[]
    /** Resources that are not listed. */
    readonly left: number
  }[]
}

export interface AdsStreamOptions {
  readonly id: number
  readonly protocol: 'state of the world' | 'delta'
  readonly peer: string
  readonly clock: Clock
  /** Names the client; undefined when it may not connect. */
  readonly readNode: (node: Message) => ClientNode
  /** The view of a client, shared with those that see the same. */
  readonly viewOf: (node: ClientNode, key: string) => ClientView
  /** False: the client does not read as fast; `resume` is called when it does again. */
  readonly send: (message: Buffer) => boolean
}

/** A client asks for at most this many names of a kind. */
const mostNames = 50_000
/** A host of DNS, a port, and what stands around them. */
const longestName = 512
/** Of each kind, in the details of a client. */
const mostListed = 1000
/** A proxy that does not take up new clusters for so long is told of the routes to them all the same. */
const longestHoldMs = 1000
/** What is pointed at, and what points to it. */
const targets: readonly ResourceKind[] = ['cluster', 'endpoints']
const pointers: readonly ResourceKind[] = ['listener', 'route']
const kindOfUrl = new Map(resourceKinds.map((kind) => [typeUrlOf(kind), kind]))

/** What was asked that cannot be answered; the stream ends with it. */
export class BadDiscoveryRequest extends Error {}

/**
 * The server's side of one aggregated discovery stream, of either protocol. A request with the nonce of the last response
 * accepts it, or with `error_detail` refuses it: what was refused is not sent again until it has changed. Requests with an
 * older nonce are late and say nothing. (xDS protocol, envoyproxy.io.)
 */
export class AdsStream {
  readonly #options: AdsStreamOptions
  readonly #subscriptions = new Map<ResourceKind, Subscription>()
  readonly #connectedMs: number
  node: ClientNode | undefined
  viewKey = ''
  #view: ClientView | undefined
  #nonces = 0
  #blocked = false
  /** New clusters that a proxy has not taken up with their endpoints: until then no route leads to them. */
  readonly #fresh = new Set<string>()
  #cancelHold = () => {}
  /** Something is gone that the client has not been told of. */
  #going = false
  /** Changes that came while the client did not read. */
  #missed: readonly ServiceName[] | 'all' = []

  constructor(options: AdsStreamOptions) {
    this.#options = options
    this.#connectedMs = options.clock.now()
  }

  get id(): number {
    return this.#options.id
  }

  receive(request: Message): void {
    if (this.node === undefined) {
      if (!request.node) throw new BadDiscoveryRequest('the first request of a stream must have a node')
      this.node = this.#options.readNode(request.node as Message)
      this.viewKey = viewKeyOf(this.node)
      this.#view = this.#options.viewOf(this.node, this.viewKey)
    }
    const kind = kindOfUrl.get(String(request.type_url))
    // Kinds that we have nothing of (secrets, runtime): no answer is an answer.
    if (kind === undefined) return
    const known = this.#subscriptions.get(kind)
    const subscription = known ?? new Subscription(kind)
    if (known === undefined) this.#subscriptions.set(kind, subscription)
    const nonce = String(request.response_nonce ?? '')
    const answers = nonce !== '' && nonce === subscription.nonce
    if (answers) this.#note(subscription, request)
    if (this.#options.protocol === 'delta') this.#delta(subscription, request, known === undefined)
    else if (known === undefined || nonce === '' || answers) this.#world(subscription, request, known === undefined)
    if (this.#fresh.size > 0 && this.#hasTakenUp()) this.#release()
  }

  /** The stream has ended. */
  close(): void {
    this.#cancelHold()
    this.#fresh.clear()
  }

  /**
   * Services have changed. What is pointed at comes first, what points to it once a proxy has taken that up, and what nothing
   * points to any more goes last: no request meets a cluster that is not there yet, or not any more.
   */
  changed(services: readonly ServiceName[] | 'all'): void {
    if (this.#view === undefined) return
    if (this.#blocked) {
      this.#missed = this.#missed === 'all' || services === 'all' ? 'all' : [...this.#missed, ...services]
      if (this.#missed !== 'all' && this.#missed.length > 1000) this.#missed = 'all'
      return
    }
    for (const kind of targets) this.#pushKind(kind, services, 'arrivals')
    if (this.#fresh.size === 0) this.#pointAnew(services)
  }

  #pointAnew(services: readonly ServiceName[] | 'all'): void {
    for (const kind of pointers) this.#pushKind(kind, services, 'all')
    if (!this.#going) return
    this.#going = false
    for (const kind of targets) this.#pushKind(kind, services, 'all')
  }

  #pushKind(kind: ResourceKind, services: readonly ServiceName[] | 'all', what: 'arrivals' | 'all'): void {
    const subscription = this.#subscriptions.get(kind)
    if (subscription !== undefined) this.#push(subscription, services, false, what)
  }

  /** A proxy has asked for the endpoints of all new clusters, and has answered what it was sent last. */
  #hasTakenUp(): boolean {
    const [clusters, endpoints] = targets.map((kind) => this.#subscriptions.get(kind))
    const isAnswered = (each: Subscription | undefined) =>
      each !== undefined && (each.refusal !== undefined || each.acknowledged === each.version)
    if (!isAnswered(clusters) || !isAnswered(endpoints)) return false
    return [...this.#fresh].every((name) => endpoints!.sent.has(name) || !clusters!.sent.has(name))
  }

  #hold(names: readonly string[]): void {
    // Who asks for no routes is led nowhere.
    if (names.length === 0 || !pointers.some((kind) => this.#subscriptions.has(kind))) return
    if (this.#fresh.size === 0) this.#cancelHold = this.#options.clock.after(longestHoldMs, () => this.#release())
    for (const name of names) this.#fresh.add(name)
  }

  #release(): void {
    this.close()
    if (this.#blocked) this.#missed = 'all'
    else this.#pointAnew('all')
  }

  /** The client reads again. */
  resume(): void {
    this.#blocked = false
    const missed = this.#missed
    this.#missed = []
    if (missed === 'all' || missed.length > 0) this.changed(missed)
  }

  status(): XdsClientStatus | undefined {
    const { node } = this
    if (node === undefined) return undefined
    const { region, zone, subZone } = node.consumer.locality
    return {
      id: this.#options.id,
      node: node.id,
      agent: node.agent,
      peer: this.#options.peer,
      protocol: this.#options.protocol,
      cluster: node.consumer.cluster,
      locality: [region, zone, subZone].filter((part) => part !== '').join('/'),
      connectedMs: this.#connectedMs,
      kinds: [...this.#subscriptions.values()].map((each) => ({
        kind: each.kind,
        resources: [...each.sent.values()].filter((version) => version !== '').length,
        sent: each.version,
        acknowledged: each.acknowledged,
        names: each.names.size,
        everything: each.everything,
        ...(each.refusal === undefined ? {} : { refused: each.refusal }),
        ...(each.lastRefusal === undefined ? {} : { lastRefused: each.lastRefusal }),
        refusals: each.refusals,
      })),
    }
  }

  details(): XdsClientDetails | undefined {
    const status = this.status()
    if (status === undefined) return undefined
    const subscriptions = [...this.#subscriptions.values()].map(({ kind, everything, names, sent }) => ({
      kind,
      everything,
      names: [...names].slice(0, mostListed),
      resources: [...sent].slice(0, mostListed).map(([name, version]) => ({ name, version })),
      left: Math.max(0, sent.size - mostListed),
    }))
    return { status, subscriptions }
  }

  #note(subscription: Subscription, request: Message): void {
    const refused = request.error_detail as Message | null | undefined
    if (refused) {
      subscription.refusal = {
        version: subscription.version,
        message: text(refused.message, 2048),
        atMs: this.#options.clock.now(),
      }
      subscription.lastRefusal = subscription.refusal
      subscription.refusals++
    } else {
      subscription.acknowledged = subscription.version
      subscription.refusal = undefined
    }
  }

  #world(subscription: Subscription, request: Message, first: boolean): void {
    const names = request.resource_names as readonly string[]
    limitNames(names.length, names)
    const whole = isListed(subscription.kind)
    const before = subscription.names
    const next = new Set(names.filter((name) => name !== '*'))
    const everything = names.includes('*') || (names.length === 0 && whole && (first || subscription.everything))
    const more = [...next].some((name) => !before.has(name))
    const fewer = [...before].some((name) => !next.has(name))
    const same = !first && !more && !fewer && everything === subscription.everything
    if (same) return
    subscription.names = next
    subscription.everything = everything
    for (const name of [...subscription.sent.keys()]) if (!everything && !next.has(name)) subscription.sent.delete(name)
    // Without names of the endpoints or routes there is nothing to say; a mere withdrawal needs no answer.
    if (!first && !more && !everything) return
    this.#push(subscription, 'all', first || whole)
  }

  #delta(subscription: Subscription, request: Message, first: boolean): void {
    const add = request.resource_names_subscribe as readonly string[]
    const drop = request.resource_names_unsubscribe as readonly string[]
    limitNames(add.length + subscription.names.size, add)
    const names = new Set(subscription.names)
    for (const name of add) {
      if (name === '*') subscription.everything = true
      else names.add(name)
      // Asked for again: sent again, if only to say that it is not there.
      subscription.sent.delete(name)
    }
    if (first) {
      if (add.length === 0 && isListed(subscription.kind)) subscription.everything = true
      // From a stream of before: what differs is sent.
      const had = Object.entries(request.initial_resource_versions as Record<string, string>)
      limitNames(
        had.length,
        had.map(([name]) => name),
      )
      for (const [name, version] of had) subscription.sent.set(name, String(version).slice(0, longestName))
    }
    for (const name of drop) {
      if (name === '*') subscription.everything = false
      else names.delete(name)
      subscription.sent.delete(name)
    }
    subscription.names = names
    if (first || add.length > 0) this.#push(subscription, 'all', first)
  }

  /** Sends what is new; `always` sends an answer even when there is nothing. `arrivals`: what is gone stays for now. */
  #push(
    subscription: Subscription,
    services: readonly ServiceName[] | 'all',
    always: boolean,
    what: 'arrivals' | 'all' = 'all',
  ): void {
    const view = this.#view!
    const { kind, sent } = subscription
    const difference = differenceOf(subscription, view, services)
    const { changed } = difference
    const removed = what === 'all' ? difference.removed : []
    if (what === 'arrivals' && difference.removed.length > 0) this.#going = true
    const absent =
      this.#options.protocol === 'delta'
        ? [...subscription.names].filter((name) => !sent.has(name) && view.resource(kind, name) === undefined)
        : []
    if (!always && changed.length === 0 && removed.length === 0 && absent.length === 0) return
    // Who asks for clusters by name has been led to them by a route already.
    if (what === 'arrivals' && kind === 'cluster' && subscription.everything)
      this.#hold(changed.flatMap(({ name }) => (sent.has(name) ? [] : [name])))
    for (const resource of changed) sent.set(resource.name, resource.version)
    for (const name of removed) {
      if (subscription.names.has(name)) sent.set(name, '')
      else sent.delete(name)
    }
    for (const name of absent) sent.set(name, '')
    subscription.nonce = String(++this.#nonces)
    subscription.version = subscription.nonce
    const gone = [...removed, ...absent]
    this.#write(
      this.#options.protocol === 'delta'
        ? deltaResponse(subscription, changed, gone)
        : this.#worldResponse(subscription, changed, what === 'arrivals' ? difference.removed : []),
    )
    // Clients keep a cluster that has changed aside until its endpoints have come once more.
    if (kind === 'cluster') this.#endpointsAgain(changed.map(({ name }) => name))
  }

  /** `going`: names of what is gone and is not to be missed yet. */
  #worldResponse(subscription: Subscription, changed: readonly { any: Message }[], going: readonly string[]): Buffer {
    const { kind } = subscription
    const view = this.#view!
    // Of kinds that are not listed, only what is new need be told.
    const resources = isListed(kind)
      ? [
          ...subscription.wanted(view).flatMap((name) => view.resource(kind, name)?.any ?? []),
          ...going.flatMap((name) => view.former(kind, name)?.any ?? []),
        ]
      : changed.map(({ any }) => any)
    return encodeMessage(messageTypes.response, {
      version_info: subscription.version,
      nonce: subscription.nonce,
      type_url: typeUrlOf(kind),
      resources,
      control_plane: { identifier: 'flotilla' },
    })
  }

  #endpointsAgain(clusters: readonly string[]): void {
    const endpoints = this.#subscriptions.get('endpoints')
    if (endpoints === undefined) return
    const again = clusters.filter((name) => endpoints.sent.delete(name))
    if (again.length > 0) this.#push(endpoints, 'all', false)
  }

  #write(message: Buffer): void {
    if (!this.#options.send(message)) this.#blocked = true
  }
}

function deltaResponse(
  subscription: Subscription,
  changed: readonly { name: string; version: string; any: Message }[],
  gone: readonly string[],
): Buffer {
  return encodeMessage(messageTypes.deltaResponse, {
    system_version_info: subscription.version,
    nonce: subscription.nonce,
    type_url: typeUrlOf(subscription.kind),
    resources: changed.map(({ name, version, any }) => ({ name, version, resource: any })),
    removed_resources: gone,
    control_plane: { identifier: 'flotilla' },
  })
}

/** Of these kinds a client may ask for all that there are, and what an answer leaves out is gone (state of the world). */
function isListed(kind: ResourceKind): boolean {
  return kind === 'cluster' || kind === 'listener'
}

function limitNames(count: number, names: readonly string[]): void {
  if (names.some((name) => name.length > longestName))
    throw new BadDiscoveryRequest(`a name of a resource has at most ${longestName} characters`)
  if (count > mostNames) throw new BadDiscoveryRequest(`at most ${mostNames} names of a kind can be subscribed to`)
}
