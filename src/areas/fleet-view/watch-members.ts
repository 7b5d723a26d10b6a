import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { sleep } from '../../base/clock.js'
import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { parseJson } from '../../base/json-text.js'
import { errorOfAnswer, errorOfEvent } from '../../kube/client/answer-errors.js'
import { readLines } from '../../kube/client/read-lines.js'
import { isExpired, isNotFound, StatusError, statusErrors } from '../../kube/object/status-error.js'
import { type Asking, askMember, identityHeaders, patienceFor, readText } from './ask-member.js'
import { type FleetMember, type FleetMembers, whyNot } from './fleet-members.js'
import { TableMerger } from './merge-tables.js'
import { type Naming, presentObject } from './present-object.js'
import { formatFleetVersion } from './resource-version.js'

export interface WatchRequest {
  readonly members: FleetMembers
  /** Which of them are watched, those that join later too. */
  readonly includes: (key: string) => boolean
  readonly path: string
  /** The selectors. */
  readonly parameters: Readonly<Record<string, string>>
  /** Where each cluster's watch begins; one that is not in it begins with what it has now, as ADDED events. */
  readonly versions: ReadonlyMap<string, string>
  readonly accept: string
  readonly table: boolean
  readonly naming: Naming
  /** A bookmark tells when what each reachable cluster has now has been sent. */
  readonly initialEvents: boolean
  readonly bookmarks: boolean
  /** Of the objects, for bookmarks. */
  readonly kind: { readonly apiVersion: string; readonly kind: string }
}

export interface FleetEvent {
  readonly type: string
  readonly object: unknown
}

/** Resolves when the next event may be sent. */
export type SendEvent = (event: FleetEvent) => Promise<void>

const bookmarkMs = 60_000
const longestPauseMs = 30_000
/** How soon is looked again whether a cluster serves the resource, or admits the user. */
const refusedPauseMs = 60_000
const pageSize = 500
const eventBytes = 32 * 1024 * 1024
/** One event of another cluster may have come by then. */
const othersMs = 500

/** `stream`: the answer of a watch; absent: the cluster is listed first. */
type Opened = { readonly stream?: IncomingMessage } | { readonly error: unknown }

interface Opening {
  readonly result: Promise<Opened>
  settled?: Opened
}

/** What goes on with one member. */
interface Following {
  wake: () => void
  stream: IncomingMessage | undefined
}

/**
 * Watches all members as one. Nothing is remembered of objects: the position in each cluster is all there is. A member that
 * stops answering is asked again until it does and goes on where it was; one whose history is gone by then, or that leaves the
 * fleet, ends the whole watch with 410 Expired, since nobody can tell any more which of its objects are gone.
 */
export class FleetWatch {
  readonly #request: WatchRequest
  readonly #asking: Asking
  readonly #abort = new AbortController()
  readonly #versions: Map<string, string>
  readonly #tables = new TableMerger()
  readonly #running = new Map<string, Following>()
  /** Of which clusters what they have is still being sent. */
  readonly #initial = new Set<string>()
  #columnsSent = false
  #send: SendEvent = async () => {}
  #end: (error?: unknown) => void = () => {}
  #bookmarked = ''

  constructor(request: WatchRequest, asking: Asking) {
    this.#request = request
    this.#versions = new Map(request.versions)
    setMaxListeners(0, this.#abort.signal)
    this.#asking = { ...asking, signal: this.#abort.signal }
    if (asking.signal.aborted) this.#abort.abort()
    else asking.signal.addEventListener('abort', () => this.#abort.abort(), { once: true })
  }

  /**
   * Opens the watches. Throws what a client must hear instead of a stream: all clusters refuse, or the fleet is not any more what
   * it was at `versions`. Returns why clusters are not there yet, by key.
   */
  async open(): Promise<{ readonly missing: ReadonlyMap<string, string>; run(send: SendEvent): Promise<void> }> {
    const { members, includes, versions } = this.#request
    for (const key of versions.keys()) if (members.get(key) === undefined && includes(key)) throw gone(key)
    const watched = members.list().filter((member) => includes(member.key))
    const openings = new Map<string, Opening>()
    for (const member of watched) {
      const opening: Opening = { result: this.#open(member) }
      openings.set(member.key, opening)
    }
    try {
      await this.#enough([...openings.values()])
    } catch (error) {
      this.#abort.abort()
      throw error
    }
    const missing = new Map<string, string>()
    for (const [key, { settled }] of openings) {
      if (settled !== undefined && 'error' in settled && !isNotFound(settled.error)) missing.set(key, whyNot(settled.error))
    }
    return { missing, run: (send) => this.#run(watched, openings, send) }
  }

  /** Aborts everything. */
  stop(): void {
    this.#abort.abort()
  }

  /** The position now, as a bookmark; undefined when nothing has changed since the last. */
  bookmark(): FleetEvent | undefined {
    const resourceVersion = formatFleetVersion(this.#versions)
    if (resourceVersion === this.#bookmarked) return undefined
    this.#bookmarked = resourceVersion
    return this.#mark(resourceVersion)
  }

  /** Until one member is watched and the others have had a moment, or all have answered. Throws when all refuse. */
  async #enough(openings: readonly Opening[]): Promise<void> {
    let cancel: (() => void) | undefined
    await new Promise<void>((done) => {
      let pending = openings.length
      if (pending === 0) done()
      for (const opening of openings) {
        void opening.result.then((result) => {
          opening.settled = result
          if (--pending === 0) done()
          else if (!('error' in result)) cancel ??= this.#asking.clock.after(othersMs, done)
        })
      }
    })
    cancel?.()
    const errors: unknown[] = []
    for (const { settled } of openings) if (settled !== undefined && 'error' in settled) errors.push(settled.error)
    if (errors.length < openings.length || errors.length === 0) return
    const own = errors.filter((error): error is StatusError => error instanceof StatusError)
    const refusal = own.find((error) => !isNotFound(error))
    if (refusal !== undefined) throw refusal
    if (own.length === errors.length) throw own[0]!
    const other = errors.find((error) => !(error instanceof CodedError))
    if (other !== undefined) throw other
  }

  /** The beginning of a member's watch. */
  async #open(member: FleetMember): Promise<Opened> {
    try {
      const version = this.#versions.get(member.key)
      if (version !== undefined) return { stream: await this.#watch(member, version) }
      // Whether it answers, and would.
      await askMember(member, `${this.#request.path}?${this.#parameters({ limit: '1' })}`, this.#request.accept, this.#asking)
      return {}
    } catch (error) {
      return { error }
    }
  }

  async #watch(member: FleetMember, resourceVersion: string): Promise<IncomingMessage> {
    const parameters = this.#parameters({ watch: 'true', resourceVersion, allowWatchBookmarks: 'true' })
    try {
      const response = await member.api().send({
        method: 'GET',
        path: `${this.#request.path}?${parameters}`,
        headers: { accept: this.#request.accept, ...identityHeaders(this.#asking) },
        signal: this.#abort.signal,
        patienceMs: patienceFor(member, this.#asking.patience),
      })
      const code = response.statusCode ?? 0
      if (code !== 200) throw errorOfAnswer(member.name, code, await readText(response), undefined)
      return response
    } catch (error) {
      if (error instanceof CodedError && !(error instanceof StatusError)) member.suspect()
      throw error
    }
  }

  async #run(watched: readonly FleetMember[], openings: ReadonlyMap<string, Opening>, send: SendEvent): Promise<void> {
    const { members, includes, initialEvents, bookmarks } = this.#request
    const { clock } = this.#asking
    this.#send = send
    const over = new Promise<void>((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error))
    })
    // It may end before anybody looks.
    over.catch(() => {})
    const ended = () => this.#end()
    if (this.#abort.signal.aborted) ended()
    else this.#abort.signal.addEventListener('abort', ended, { once: true })
    if (initialEvents) for (const { key } of watched) this.#initial.add(key)
    if (initialEvents && watched.length === 0) await this.#send(this.#initialEnd())
    for (const member of watched) this.#start(member, openings.get(member.key)?.result)
    const unfollow = members.onChange(({ key, what }) => {
      if (!includes(key)) return
      if (what === 'left') {
        if (this.#running.has(key)) this.#end(gone(key))
        return
      }
      const running = this.#running.get(key)
      const member = members.get(key)
      if (running === undefined) {
        if (member !== undefined) this.#start(member, undefined)
      } else if (what === 'health' && member?.state().health === 'Unknown')
        running.stream?.destroy(new Error('it does not answer its probes'))
      else running.wake()
    })
    let cancelBookmark = () => {}
    const markLater = () => {
      cancelBookmark = clock.after(bookmarkMs, () => {
        const mark = this.#initial.size === 0 ? this.bookmark() : undefined
        void (mark === undefined ? Promise.resolve() : this.#send(mark)).then(markLater, () => {})
      })
    }
    if (bookmarks) markLater()
    try {
      await over
    } finally {
      unfollow()
      cancelBookmark()
      this.#abort.abort()
    }
  }

  #start(member: FleetMember, first: Promise<Opened> | undefined): void {
    const running: Following = { wake: () => {}, stream: undefined }
    this.#running.set(member.key, running)
    void this.#follow(member, first, running).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#end(error)
    })
  }

  /** One member, for as long as the watch is. Throws what ends the whole watch. */
  async #follow(member: FleetMember, first: Promise<Opened> | undefined, running: Following): Promise<void> {
    let failures = 0
    let opened = await first
    while (!this.#abort.signal.aborted) {
      try {
        if (opened !== undefined && 'error' in opened) throw opened.error
        let version = this.#versions.get(member.key)
        if (version === undefined) {
          version = await this.#sendAll(member)
          this.#versions.set(member.key, version)
          await this.#initialDone(member.key)
        }
        running.stream = opened?.stream ?? (await this.#watch(member, version))
        opened = undefined
        failures = 0
        await this.#pass(member, running.stream)
      } catch (error) {
        if (this.#abort.signal.aborted) return
        opened = undefined
        if (error instanceof WatchEnds) throw error.reason
        // It had a position, and what happened since is forgotten.
        if (isExpired(error) && this.#versions.has(member.key)) throw error
        // What cannot be reached now is no part of what there is now.
        await this.#initialDone(member.key)
        failures++
        const refused = error instanceof StatusError && error.httpCode < 500 && error.httpCode !== 429
        const pauseMs = refused ? refusedPauseMs : Math.min(longestPauseMs, 500 * 2 ** Math.min(failures, 8))
        await this.#pause(pauseMs, running)
      } finally {
        running.stream?.destroy()
        running.stream = undefined
      }
    }
  }

  async #pause(delayMs: number, running: Following): Promise<void> {
    const early = new AbortController()
    running.wake = () => early.abort()
    const end = () => early.abort()
    this.#abort.signal.addEventListener('abort', end, { once: true })
    await sleep(this.#asking.clock, delayMs, early.signal).catch(() => {})
    this.#abort.signal.removeEventListener('abort', end)
    running.wake = () => {}
  }

  /** Sends what a cluster has as ADDED events; the position behind them. */
  async #sendAll(member: FleetMember): Promise<string> {
    let next = ''
    for (;;) {
      const parameters = this.#parameters({ limit: String(pageSize), ...(next === '' ? {} : { continue: next }) })
      const { body } = await askMember(member, `${this.#request.path}?${parameters}`, this.#request.accept, this.#asking)
      if (!isObject(body)) throw statusErrors.internal(`cluster ${member.name}: the answer is no list`)
      const metadata = isObject(body['metadata']) ? body['metadata'] : {}
      if (this.#request.table) await this.#sendRows(member, 'ADDED', body)
      else {
        for (const item of Array.isArray(body['items']) ? body['items'] : []) {
          if (!isObject(item)) continue
          // Items of typed lists do not say what they are.
          item['apiVersion'] ??= this.#request.kind.apiVersion
          item['kind'] ??= this.#request.kind.kind
          await this.#sendObject(member, 'ADDED', item)
        }
      }
      next = String(metadata['continue'] ?? '')
      if (next === '') return String(metadata['resourceVersion'] ?? '')
    }
  }

  /** Passes on what comes until the member ends its stream. */
  async #pass(member: FleetMember, stream: IncomingMessage): Promise<void> {
    for await (const line of readLines(stream, eventBytes)) {
      const event = parseJson(line) as { type?: unknown; object?: unknown }
      if (event.type === 'ERROR') throw errorOfEvent(event.object)
      if (!isObject(event.object)) continue
      const version = versionOf(event.object)
      if (version !== '') this.#versions.set(member.key, version)
      if (event.type === 'BOOKMARK') continue
      try {
        if (this.#request.table) await this.#sendRows(member, String(event.type), event.object)
        else await this.#sendObject(member, String(event.type), event.object)
      } catch (error) {
        throw new WatchEnds(error)
      }
    }
  }

  async #sendObject(member: FleetMember, type: string, object: Record<string, unknown>): Promise<void> {
    presentObject(object, member, this.#request.naming)
    this.#place(object)
    await this.#send({ type, object })
  }

  async #sendRows(member: FleetMember, type: string, table: Record<string, unknown>): Promise<void> {
    for (const row of this.#tables.rows(table, member, this.#request.naming)) {
      const object = row['object']
      if (isObject(object)) this.#place(object)
      const metadata = { resourceVersion: formatFleetVersion(this.#versions) }
      const columnDefinitions = this.#columnsSent ? null : this.#tables.columns
      this.#columnsSent = true
      const { apiVersion = 'meta.k8s.io/v1' } = table
      await this.#send({ type, object: { kind: 'Table', apiVersion, metadata, columnDefinitions, rows: [row] } })
    }
  }

  /** Clients go on from the version of the last object that they have seen: it is the position in every cluster. */
  #place(object: Record<string, unknown>): void {
    if (isObject(object['metadata'])) object['metadata']['resourceVersion'] = formatFleetVersion(this.#versions)
  }

  async #initialDone(key: string): Promise<void> {
    if (!this.#initial.delete(key) || this.#initial.size > 0) return
    await this.#send(this.#initialEnd())
  }

  #initialEnd(): FleetEvent {
    return this.#mark(formatFleetVersion(this.#versions), { 'k8s.io/initial-events-end': 'true' })
  }

  #mark(resourceVersion: string, annotations?: Record<string, string>): FleetEvent {
    const metadata = { resourceVersion, creationTimestamp: null, ...(annotations === undefined ? {} : { annotations }) }
    if (!this.#request.table) return { type: 'BOOKMARK', object: { ...this.#request.kind, metadata } }
    const row = { cells: [], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } }
    return {
      type: 'BOOKMARK',
      object: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions: null, rows: [row] },
    }
  }

  #parameters(more: Readonly<Record<string, string>>): URLSearchParams {
    return new URLSearchParams({ ...this.#request.parameters, ...more })
  }
}

/** The client cannot be written to any more. */
class WatchEnds extends Error {
  constructor(readonly reason: unknown) {
    super('the watch ends')
  }
}

function versionOf(object: Record<string, unknown>): string {
  const metadata = object['metadata']
  const own = isObject(metadata) ? metadata['resourceVersion'] : undefined
  if (typeof own === 'string' && own !== '') return own
  const rows = object['rows']
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  const inRow = isObject(row) && isObject(row['object']) ? row['object']['metadata'] : undefined
  return isObject(inRow) ? String(inRow['resourceVersion'] ?? '') : ''
}

function gone(key: string): StatusError {
  return statusErrors.expired(`cluster ${key} has left the fleet: list again`)
}
