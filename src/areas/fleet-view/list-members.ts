import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { isExpired, isNotFound, StatusError, statusErrors } from '../../kube/object/status-error.js'
import { type Asking, askMember, type MemberAnswer } from './ask-member.js'
import { formatPosition, type ListPosition, mostAhead, parsePosition } from './continue-token.js'
import { type FleetMember, whyNot } from './fleet-members.js'
import { atOnce, inOrder } from './in-order.js'
import { TableMerger, type TableRow } from './merge-tables.js'
import { type Naming, presentObject } from './present-object.js'
import { formatFleetVersion, isFleetVersion, parseFleetVersion } from './resource-version.js'

export interface ListRequest {
  /** Sorted by key. */
  readonly members: readonly FleetMember[]
  /** Of the collection on each member, without a query. */
  readonly path: string
  /** The selectors and what else each member is asked; neither limit nor continue nor versions. */
  readonly parameters: Readonly<Record<string, string>>
  /** 0: none. */
  readonly limit: number
  readonly next: string
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  readonly accept: string
  readonly table: boolean
  readonly naming: Naming
}

export interface FleetList {
  /** Of a table. */
  readonly columns?: readonly unknown[]
  /** Objects of the view, or rows of the merged table. */
  readonly items: readonly (TableRow | Record<string, unknown>)[]
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly unreachable?: readonly object[] }
  /** Why clusters are not in it, by key. */
  readonly missing: ReadonlyMap<string, string>
  readonly warnings: readonly string[]
}

/** Reads one page of the list over all members. Throws when no member could answer, and what each of them refuses. */
export async function listMembers(request: ListRequest, asking: Asking): Promise<FleetList> {
  return new Listing(request, asking).run()
}

interface Page {
  readonly items: unknown[]
  readonly table: unknown
  readonly version: string
  readonly next: string
  readonly kind: { apiVersion: string; kind: string }
}

type Outcome = { readonly page: Page; readonly warnings: readonly string[] } | { readonly error: unknown }

class Listing {
  readonly #request: ListRequest
  readonly #asking: Asking
  readonly #tables: TableMerger
  readonly #items: (TableRow | Record<string, unknown>)[] = []
  readonly #versions = new Map<string, string>()
  readonly #missing = new Map<string, string>()
  readonly #refusals: StatusError[] = []
  readonly #warnings = new Set<string>()
  readonly #position: ListPosition | undefined
  readonly #signature: string
  #kind: Page['kind'] | undefined
  /** Of how many answers the page is made. */
  #answers = 0

  constructor(request: ListRequest, asking: Asking) {
    this.#request = request
    this.#asking = asking
    const { path, parameters } = request
    this.#signature = [path, ...Object.entries(parameters).map((pair) => pair.join('='))].join('&')
    this.#position = request.next === '' ? undefined : parsePosition(request.next, this.#signature)
    this.#tables = new TableMerger(this.#position?.columns)
  }

  async run(): Promise<FleetList> {
    const position = this.#position
    if (position !== undefined) {
      for (const [key, why] of position.silent) this.#missing.set(key, why)
      for (const [key, version] of position.versions) this.#versions.set(key, version)
      return this.#further(position)
    }
    const { members, limit } = this.#request
    // All are asked at once: the versions of a list's first page are those of the whole list.
    const share = limit === 0 ? 0 : Math.min(limit, Math.max(1, Math.ceil((2 * limit) / Math.max(1, members.length))))
    const outcomes = await inOrder(members, atOnce, (member) => this.#read(member, share, '', this.#versionAsked(member)))
    for (const [index, outcome] of outcomes.entries()) {
      if ('page' in outcome) this.#versions.set(members[index]!.key, outcome.page.version)
    }
    this.#throwIfAllFailed(outcomes)
    for (const [index, outcome] of outcomes.entries()) {
      const member = members[index]!
      if (!this.#note(member, outcome)) continue
      const { page } = outcome
      // Read as it was, from its beginning, on the next page.
      if (limit > 0 && this.#items.length > 0 && this.#items.length + page.items.length > limit)
        return this.#answer({ at: member.key })
      this.#take(member, page)
      if (page.next === '') continue
      const rest = await this.#rest(member, page.next)
      if (rest !== undefined) return this.#answer(rest)
    }
    return this.#answer(undefined)
  }

  /** Goes on behind an earlier page; a few clusters are read ahead, more as they turn out to be small. */
  async #further({ at, next, versions, ...position }: ListPosition): Promise<FleetList> {
    const { limit } = this.#request
    const left = this.#request.members.filter((member) => member.key >= at && !this.#missing.has(member.key))
    if (left[0]?.key === at && next !== undefined) {
      const rest = await this.#rest(left[0], next)
      if (rest !== undefined) return this.#answer(rest)
      left.shift()
    }
    let { ahead } = position
    while (left.length > 0) {
      const room = limit === 0 ? 0 : limit - this.#items.length
      const wave = left.splice(0, ahead)
      const outcomes = await inOrder(wave, ahead, (member) => this.#read(member, room, '', versions.get(member.key)))
      for (const [index, outcome] of outcomes.entries()) {
        const member = wave[index]!
        if (!this.#note(member, outcome)) continue
        const { page } = outcome
        const full = limit > 0 && this.#items.length + page.items.length > limit
        if (full && this.#items.length > 0) return this.#answer({ at: member.key })
        this.#take(member, page)
        if (page.next === '') continue
        const rest = await this.#rest(member, page.next)
        if (rest !== undefined) return this.#answer(rest)
      }
      if (limit > 0 && this.#items.length >= limit && left.length > 0) return this.#answer({ at: left[0]!.key })
      ahead = Math.min(ahead * 2, mostAhead)
    }
    return this.#answer(undefined)
  }

  /** What is left of a cluster behind its own token, as far as there is room; where to go on when there is none. */
  async #rest(member: FleetMember, from: string): Promise<{ at: string; next: string } | undefined> {
    const { limit } = this.#request
    let next = from
    while (next !== '') {
      const room = limit === 0 ? 0 : limit - this.#items.length
      if (limit > 0 && room <= 0) return { at: member.key, next }
      const outcome = await this.#read(member, room, next, undefined)
      // Part of what it has is out already: without the rest the list would look whole.
      if ('error' in outcome) throw isExpired(outcome.error) ? tooOld() : interrupted(member, outcome.error)
      this.#take(member, outcome.page)
      next = outcome.page.next
    }
    return undefined
  }

  async #read(member: FleetMember, limit: number, next: string, version: string | undefined): Promise<Outcome> {
    const parameters = new URLSearchParams(this.#request.parameters)
    if (limit > 0) parameters.set('limit', String(limit))
    if (next !== '') parameters.set('continue', next)
    else if (version !== undefined && version !== '') {
      parameters.set('resourceVersion', version)
      const match = this.#position === undefined ? this.#request.resourceVersionMatch : 'Exact'
      if (match !== '') parameters.set('resourceVersionMatch', match)
    }
    const query = parameters.size === 0 ? '' : `?${parameters}`
    try {
      const answer = await askMember(member, this.#request.path + query, this.#request.accept, this.#asking)
      return { page: toPage(member, answer), warnings: answer.warnings }
    } catch (error) {
      this.#asking.signal.throwIfAborted()
      // What it was at the first page is forgotten: what it is now is nearer to that than nothing.
      if (this.#position !== undefined && next === '' && version !== undefined && isExpired(error))
        return this.#read(member, limit, '', undefined)
      return { error }
    }
  }

  #versionAsked({ key }: FleetMember): string | undefined {
    const { resourceVersion } = this.#request
    if (resourceVersion === '' || resourceVersion === '0') return resourceVersion
    if (isFleetVersion(resourceVersion)) return parseFleetVersion(resourceVersion).get(key)
    if (this.#request.members.length === 1) return resourceVersion
    throw statusErrors.badRequest(
      'invalid resource version: it is of one object; a list over several clusters takes that of a list',
    )
  }

  #take(member: FleetMember, page: Page): void {
    this.#answers++
    this.#kind ??= page.kind
    if (page.version !== '' && !this.#versions.has(member.key)) this.#versions.set(member.key, page.version)
    if (this.#request.table) {
      for (const row of this.#tables.rows(page.table, member, this.#request.naming)) this.#items.push(row)
      return
    }
    for (const item of page.items) {
      presentObject(item, member, this.#request.naming)
      if (isObject(item)) this.#items.push(item)
    }
  }

  /** True for a page; otherwise it is noted why there is none. */
  #note(member: FleetMember, outcome: Outcome): outcome is Extract<Outcome, { page: Page }> {
    if ('page' in outcome) {
      for (const text of outcome.warnings) this.#warnings.add(text)
      return true
    }
    const { error } = outcome
    // It does not serve the resource, which is nothing to be warned of: it has none of its objects.
    if (isNotFound(error)) return false
    if (error instanceof StatusError) this.#refusals.push(error)
    this.#missing.set(member.key, whyNot(error))
    return false
  }

  #throwIfAllFailed(outcomes: readonly Outcome[]): void {
    if (outcomes.length === 0 || outcomes.some((outcome) => 'page' in outcome)) return
    const errors = outcomes.map((outcome) => ('error' in outcome ? outcome.error : undefined))
    const own = errors.filter((error): error is StatusError => error instanceof StatusError)
    const other = errors.find((error) => !(error instanceof CodedError))
    if (other !== undefined) throw other
    // Clients act upon what the clusters say: the resource is not served, the selector is wrong, the user may not.
    const refusal = own.find((error) => !isNotFound(error))
    if (own.length === errors.length) throw refusal ?? own[0]!
    if (refusal !== undefined) throw refusal
    const silent = errors.filter((error) => !(error instanceof StatusError)).map(whyNot)
    throw statusErrors.serviceUnavailable(`no cluster of the fleet answers: ${[...new Set(silent)].slice(0, 3).join('; ')}`)
  }

  #answer(next: { at: string; next?: string } | undefined): FleetList {
    const metadata = {
      resourceVersion: formatFleetVersion(this.#versions),
      ...(next === undefined ? {} : { continue: this.#tokenAt(next) }),
      ...(this.#missing.size === 0
        ? {}
        : { unreachable: [...this.#missing].map(([cluster, message]) => ({ cluster, message })) }),
    }
    return {
      ...(this.#request.table ? { columns: this.#tables.columns ?? [] } : {}),
      items: this.#items,
      ...(this.#kind ?? { apiVersion: 'v1', kind: 'List' }),
      metadata,
      missing: this.#missing,
      warnings: [...this.#warnings],
    }
  }

  #tokenAt(next: { at: string; next?: string }): string {
    const columns = this.#tables.names
    return formatPosition({
      ...next,
      versions: this.#versions,
      silent: this.#missing,
      ahead: Math.max(1, Math.min(this.#answers, mostAhead)),
      ...(columns === undefined ? {} : { columns }),
      request: this.#signature,
    })
  }
}

function toPage(member: FleetMember, { body }: MemberAnswer): Page {
  const wrong = () =>
    new CodedError({
      code: 'cluster-unreachable',
      message: `cluster ${member.name}: the answer is no list`,
      fix: 'Check that the server of the cluster is a Kubernetes API server.',
    })
  if (!isObject(body)) throw wrong()
  const items = Array.isArray(body['items']) ? body['items'] : Array.isArray(body['rows']) ? body['rows'] : undefined
  const kind = { apiVersion: String(body['apiVersion'] ?? ''), kind: String(body['kind'] ?? '') }
  if (items === undefined && !('items' in body || 'rows' in body)) throw wrong()
  const metadata = isObject(body['metadata']) ? body['metadata'] : {}
  return {
    items: items ?? [],
    table: body,
    version: String(metadata['resourceVersion'] ?? ''),
    next: String(metadata['continue'] ?? ''),
    kind,
  }
}

function tooOld(): StatusError {
  return statusErrors.expired('The provided continue parameter is too old to display a consistent list result: list again')
}

function interrupted(member: FleetMember, error: unknown): unknown {
  if (error instanceof StatusError) return error
  return statusErrors.serviceUnavailable(`cluster ${member.name} stopped answering in the middle of its list: ${whyNot(error)}`)
}
