import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import type { Member } from '../../../delivery/federation/contract.js'
import { type KindRef, type WorkOrder, type WorkReport, workName } from '../work.js'
import { KeptOrders } from './kept-orders.js'
import type { StateStore } from './state-store.js'

export interface KeeperOptions {
  /** The engine on the member itself; `hubUid` is what copies are marked with, `kinds` are those that may have copies already. */
  readonly createMember: (hubUid: string, kinds: readonly KindRef[]) => Member
  readonly store: StateStore
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Tells the hub; rejects when it cannot be told. */
export type SendReports = (reports: readonly WorkReport[]) => Promise<void>

const gatherMs = 25
/** Of one message to the hub, about. */
const mostReportBytes = 2 * 1024 * 1024

/**
 * Keeps a member as the hub has ordered it: with the hub, without it, and after a restart. Nothing is removed but by an order to
 * remove it: a Work that is missing on the hub (deleted by hand, or lost with a restored backup) is told to the hub as a copy that
 * nobody asked for, and stays as it is.
 */
export class Keeper {
  readonly #options: KeeperOptions
  readonly #orders: KeptOrders
  #hubUid: string | undefined
  #member: Member | undefined
  #stopListening = () => {}
  /** Ids that the hub has to be told of. */
  readonly #news = new Set<string>()
  #send: SendReports | undefined
  #isGathering = false
  #isSending = false
  /** Names in the hub's list since it connected; undefined when all of it is here. */
  #listed: Set<string> | undefined
  #isSynced = false
  #isComplete = false

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#orders = new KeptOrders(options)
    options.signal.addEventListener('abort', () => {
      this.#stopListening()
      this.#member?.close()
    })
  }

  /** Takes up what was ordered before the last stop. */
  async start(): Promise<void> {
    const hubUid = await this.#options.store.read('hub')
    await this.#orders.load()
    if (hubUid === undefined) return
    this.#hubUid = hubUid
    this.#begin()
  }

  /** The hub has been told of everything there is, and has told of everything it wants. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Writes down what is not yet. */
  flush(): Promise<void> {
    return this.#orders.flush()
  }

  /** A connection to the hub is there: reports go to it until `disconnected`. */
  connected(send: SendReports): void {
    this.#send = send
    this.#listed = new Set()
    this.#isSynced = false
    this.#isComplete = false
  }

  disconnected(): void {
    this.#send = undefined
    this.#isComplete = false
  }

  /** A line of the hub's stream. What is not understood is left out, and said. */
  take(line: unknown): void {
    if (!isObject(line)) return
    if (typeof line['hub'] === 'string') this.#open(line['hub'])
    else if (line['synced'] === true) this.#synced()
    else if (typeof line['gone'] === 'string') this.#gone(line['gone'])
    else if (isObject(line['work'])) this.#order(line['work'] as unknown as WorkOrder)
  }

  #open(hubUid: string): void {
    if (this.#hubUid === hubUid) return
    const { store, log } = this.#options
    if (this.#hubUid !== undefined) {
      log.warn('the hub is another one than before: what the other one ordered stays as it is, and is kept no longer', {
        before: this.#hubUid,
        now: hubUid,
      })
      this.#stopListening()
      this.#member?.close()
      this.#member = undefined
      this.#orders.clear()
    }
    this.#hubUid = hubUid
    store.write('hub', hubUid).catch((error: unknown) => log.warn('cannot keep which hub this is', { problem: messageOf(error) }))
  }

  /** Not before all orders are known, the stored ones or the hub's: they say in which kinds to look for copies. */
  #begin(): void {
    if (this.#member !== undefined || this.#hubUid === undefined) return
    const member = this.#options.createMember(this.#hubUid, this.#orders.kinds())
    this.#member = member
    this.#stopListening = member.onChange((id) => this.#changed(id))
    for (const order of this.#orders.all()) this.#carryOut(order)
  }

  #order(order: WorkOrder): void {
    if (typeof order.id !== 'string' || typeof order.generation !== 'number') return
    const name = workName(order.id)
    this.#listed?.add(name)
    const before = this.#orders.get(name)
    if (before === undefined || before.generation !== order.generation || JSON.stringify(before) !== JSON.stringify(order)) {
      this.#orders.set(order)
      this.#carryOut(order)
    }
    this.#changed(order.id)
  }

  #carryOut(order: WorkOrder): void {
    const { log } = this.#options
    try {
      if (order.removal !== undefined) this.#member?.drop(order.id, order.removal as Parameters<Member['drop']>[1])
      else if (order.desired !== undefined) this.#member?.want(order.desired)
    } catch (error) {
      log.warn('an order of the hub cannot be carried out', { id: order.id, problem: messageOf(error) })
    }
  }

  /** The Work is no more. What was removed as ordered is forgotten; everything else goes on. */
  #gone(name: string): void {
    this.#listed?.delete(name)
    const order = this.#orders.get(name)
    if (order === undefined) return
    if (order.removal !== undefined || order.desired === undefined) this.#orders.delete(name)
    else {
      this.#options.log.warn('a Work was deleted on the hub without an order to remove its copy: the copy stays', {
        id: order.id,
      })
    }
    this.#changed(order.id)
  }

  #synced(): void {
    const listed = this.#listed ?? new Set()
    this.#listed = undefined
    this.#begin()
    for (const name of this.#orders.names()) if (!listed.has(name)) this.#gone(name)
    this.#isSynced = true
    for (const order of this.#orders.all()) this.#news.add(order.id)
    for (const id of this.#member?.copies()?.keys() ?? []) this.#news.add(id)
    this.#gather()
  }

  #changed(id: string): void {
    this.#news.add(id)
    if (this.#isSynced) this.#gather()
  }

  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    this.#options.clock.after(gatherMs, () => {
      this.#isGathering = false
      void this.#tell()
    })
  }

  async #tell(): Promise<void> {
    const send = this.#send
    if (send === undefined || this.#isSending || !this.#isSynced || this.#options.signal.aborted) return
    this.#isSending = true
    const told: string[] = []
    let failed = false
    try {
      // Before the first report is made: what comes later is news again.
      const copies = this.#member?.copies()
      if (copies !== undefined && !this.#isComplete) for (const id of copies.keys()) this.#news.add(id)
      const reports: WorkReport[] = []
      let bytes = 0
      for (const id of this.#news) {
        this.#news.delete(id)
        told.push(id)
        const report = this.#report(id)
        if (report === undefined) continue
        reports.push(report)
        bytes += report.result?.live === undefined ? 200 : JSON.stringify(report.result.live).length
        if (bytes > mostReportBytes) break
      }
      if (reports.length > 0) await send(reports)
      if (this.#news.size === 0 && copies !== undefined && send === this.#send) this.#isComplete = true
    } catch (error) {
      failed = true
      for (const id of told) this.#news.add(id)
      this.#options.log.debug('the hub cannot be told', { problem: messageOf(error) })
    } finally {
      this.#isSending = false
    }
    // After a failure the connection is mostly gone; if not, not at once again.
    if (failed) this.#options.clock.after(2000, () => this.#gather())
    else if (this.#news.size > 0 || (!this.#isComplete && this.#send !== undefined)) {
      this.#options.clock.after(this.#news.size > 0 ? 0 : 500, () => this.#gather())
    }
  }

  #report(id: string): WorkReport | undefined {
    const order = this.#orders.get(workName(id))
    const generation = order?.generation ?? 0
    const copies = this.#member?.copies()
    const result = this.#member?.result(id)
    if (order?.desired !== undefined) {
      // A Work that was deleted under it is made again by this report, for the hub to say what is to become of the copy.
      return result === undefined ? undefined : { id, generation, result }
    }
    const copy = copies?.get(id)
    if (copies === undefined) return undefined
    if (copy === undefined) return order === undefined || result !== undefined ? undefined : { id, generation }
    return {
      id,
      generation,
      result: result ?? { state: 'Unknown', step: 'none', message: 'a copy that no Work asks for', since: 0, live: copy },
    }
  }
}
