import type { ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.js'
import { printJson } from '../../base/json-text.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { WatchSink } from '../contract.js'
import type { Exchange } from './exchange.js'
import { commonHeaders } from './send.js'
import { StreamTurns, type Turn } from './stream-turns.js'
import { type TransformOptions, transformWatched } from './transform.js'

type AnyEvent = Parameters<WatchSink>[0][number]

export interface WatchStreamOptions extends TransformOptions {
  /** Starts the watch; see ClusterApi.watch. */
  readonly start: (sink: WatchSink) => Promise<void>
  /** Ends the underlying watch. */
  readonly stop: (reason: Error) => void
  readonly clock: Clock
  /** apiVersion and kind of the list whose items are watched. */
  readonly list: { readonly apiVersion: string; readonly kind: string }
  readonly limits?: Partial<WatchLimits> | undefined
}

export interface WatchLimits {
  /** A client that has taken nothing for so long is dropped. */
  readonly stalledMs: number
  /** Live events that may wait for a slow client; the first burst (the initial state) does not count. */
  readonly waitingEvents: number
  /** The same in characters of their objects: what waits is kept in memory although the history has forgotten it. */
  readonly waitingChars: number
}

const defaultLimits: WatchLimits = { stalledMs: 30_000, waitingEvents: 20_000, waitingChars: 32 * 1024 * 1024 }

/** How many characters are encoded in one turn of the event loop. */
const turnChars = 192 * 1024

/** Bursts longer than this are encoded in later turns; a live event goes out at once. */
const promptEvents = 64

/** All watches of the process take turns. */
const turns = new StreamTurns()

/**
 * Sends a watch as lines of JSON. Events wait as references and are encoded only as fast as the client reads; a client that
 * falls too far behind is disconnected (it lists again), so that nobody else pays for it.
 */
export async function streamWatch(exchange: Exchange, options: WatchStreamOptions): Promise<void> {
  const { response } = exchange
  const lines = new WatchLines(exchange, options)
  // A watch that cannot start rejects at once: one that has not by the next turn has begun.
  const cancelHead = options.clock.after(0, () => lines.begin())
  try {
    await options.start((events) => lines.push(events))
  } catch (error) {
    if (response.headersSent) response.destroy()
    throw error
  } finally {
    cancelHead()
  }
  if (response.destroyed) return
  lines.begin()
  await lines.flushed()
  response.end()
}

class WatchLines implements Turn {
  readonly #exchange: Exchange
  readonly #response: ServerResponse
  readonly #options: WatchStreamOptions
  readonly #limits: WatchLimits
  #waiting: AnyEvent[] = []
  #at = 0
  /** How many events came before the client had caught up for the first time: the initial state may be long. */
  #allowance = 0
  #caughtUp = false
  #first = true
  /** queued: its turn will come. blocked: the socket's buffer is full. */
  #state: 'idle' | 'queued' | 'scheduled' | 'blocked' = 'idle'
  /** The live events that came while the client did not read, by their place in `waiting`. */
  #held: { readonly at: number; readonly chars: number }[] = []
  #heldChars = 0
  #cancelStall: (() => void) | undefined
  #whenEmpty: (() => void) | undefined

  constructor(exchange: Exchange, options: WatchStreamOptions) {
    this.#exchange = exchange
    this.#response = exchange.response
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#response.on('drain', () => {
      this.#cancelStall?.()
      this.#pump()
    })
    this.#response.once('close', () => {
      this.#cancelStall?.()
      this.#whenEmpty?.()
    })
  }

  /** Sends the head of the answer, once. */
  begin(): void {
    const response = this.#response
    if (response.headersSent || response.destroyed) return
    response.writeHead(200, commonHeaders(this.#exchange, 'application/json'))
    response.flushHeaders()
  }

  push(events: readonly AnyEvent[]): void {
    if (this.#response.destroyed) return
    this.begin()
    if (events.length === 0) return
    if (!this.#caughtUp) this.#allowance += events.length
    if (this.#state === 'blocked' && this.#caughtUp) this.#weigh(events)
    for (const event of events) this.#waiting.push(event)
    const count = this.#waiting.length - this.#at
    if (count > this.#limits.waitingEvents + this.#allowance) {
      this.#drop(`the client reads too slowly: ${count} events wait`)
    } else if (this.#heldChars > this.#limits.waitingChars) {
      this.#drop(`the client reads too slowly: ${this.#heldChars} characters wait`)
    } else if (this.#state === 'idle') {
      if (count > promptEvents) this.#schedule()
      else {
        this.#state = 'queued'
        turns.offer(this)
      }
    }
  }

  take(): void {
    if (this.#state === 'queued') this.#pump()
  }

  /** Resolves when everything has been handed to the socket, or the client has gone. */
  flushed(): Promise<void> {
    if (this.#waiting.length === 0 || this.#response.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  #weigh(events: readonly AnyEvent[]): void {
    for (const [index, { type, object }] of events.entries()) {
      if (type === 'BOOKMARK' || type === 'ERROR') continue
      const chars = this.#options.encode(object as KubeObject).length
      this.#held.push({ at: this.#waiting.length + index, chars })
      this.#heldChars += chars
    }
  }

  /** What has been encoded waits no longer. */
  #unweigh(): void {
    let passed = 0
    while (passed < this.#held.length && this.#held[passed]!.at < this.#at) this.#heldChars -= this.#held[passed++]!.chars
    if (passed > 0) this.#held.splice(0, passed)
  }

  #drop(why: string): void {
    this.#cancelStall?.()
    this.#waiting = []
    this.#at = 0
    this.#held = []
    this.#options.stop(new Error(why))
    this.#response.destroy()
  }

  #schedule(): void {
    this.#state = 'scheduled'
    setImmediate(() => this.#pump())
  }

  #pump(): void {
    if (this.#response.destroyed) return
    this.#state = 'idle'
    const lines: Buffer[] = []
    let size = 0
    while (this.#at < this.#waiting.length && size < turnChars) {
      const line = this.#encode(this.#waiting[this.#at++]!)
      lines.push(line)
      size += line.length
    }
    if (this.#held.length > 0) this.#unweigh()
    if (this.#at >= this.#waiting.length) {
      this.#waiting = []
      this.#at = 0
      this.#allowance = 0
      this.#caughtUp = true
    }
    const room = size === 0 || this.#response.write(lines.length === 1 ? lines[0]! : Buffer.concat(lines, size))
    if (this.#waiting.length === 0) this.#whenEmpty?.()
    if (!room) {
      this.#state = 'blocked'
      const { stalledMs } = this.#limits
      const stalled = () => this.#drop(`the client has read nothing for ${stalledMs} ms`)
      this.#cancelStall = this.#options.clock.after(stalledMs, stalled)
    } else if (this.#waiting.length > 0) this.#schedule()
  }

  #encode(event: AnyEvent): Buffer {
    const options = this.#options
    const first = this.#first
    this.#first = false
    if (event.type === 'ERROR') return lineOf('ERROR', printJson(event.object))
    if (event.type === 'BOOKMARK') {
      const object = withBlueprint(event.object as KubeObject, options)
      return lineOf('BOOKMARK', printJson(transformWatched(object, first, true, options) ?? object))
    }
    const object = event.object as KubeObject
    const value = transformWatched(object, first, false, options)
    return value === undefined ? sharedLine(event.type, object, options) : lineOf(event.type, printJson(value))
  }
}

/** Lines that many watchers are sent, by object; only the newest, since what comes later asks for later ones. */
const newestLines = new Map<KubeObject, { readonly type: string; readonly line: Buffer }>()
const mostLines = 128

function sharedLine(type: string, object: KubeObject, options: WatchStreamOptions): Buffer {
  const known = newestLines.get(object)
  if (known?.type === type) return known.line
  const line = lineOf(type, options.encode(object))
  // Large objects are not worth the memory; they are cheap beside what it takes to send them.
  if (line.length > 64 * 1024) return line
  if (newestLines.size >= mostLines) newestLines.delete(newestLines.keys().next().value as KubeObject)
  newestLines.set(object, { type, line })
  return line
}

const initialEventsEnd = 'k8s.io/initial-events-end'
const listBlueprint = 'kubernetes.io/initial-events-list-blueprint'

/**
 * The bookmark that ends the initial events carries an empty list in the form asked for (base64): clients that know no types
 * put their list together from it.
 */
function withBlueprint(bookmark: KubeObject, { form, list }: WatchStreamOptions): KubeObject {
  const { annotations } = bookmark.metadata
  if (annotations?.[initialEventsEnd] !== 'true') return bookmark
  const meta = `meta.k8s.io/${form.metaVersion}`
  const empty =
    form.as === 'object'
      ? { kind: list.kind, apiVersion: list.apiVersion, metadata: {}, items: [] }
      : form.as === 'Table'
        ? { kind: 'Table', apiVersion: meta, metadata: {}, columnDefinitions: [], rows: [] }
        : { kind: 'PartialObjectMetadataList', apiVersion: meta, metadata: {}, items: [] }
  const blueprint = Buffer.from(JSON.stringify(empty)).toString('base64')
  return { ...bookmark, metadata: { ...bookmark.metadata, annotations: { ...annotations, [listBlueprint]: blueprint } } }
}

function lineOf(type: string, object: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":${object}}\n`)
}
