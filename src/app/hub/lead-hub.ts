import { type Clock, formatMicroTime, sleep } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isAlreadyExists, isConflict, isNotFound } from '../../kube/object/status-error.js'
import { type Lease, leaseType } from '../../services/leases/source-lease.js'

/** The Lease in the hub's namespace that one of its replicas holds. */
export const leaderLeaseName = 'flotilla-hub'
/** On it: the host at which the other replicas reach the one that leads. */
export const leaderAddressAnnotation = 'flotilla.dev/leader-address'

/** Nobody takes over before a lease has not been renewed for this long; as long as Kubernetes' own controllers wait. */
const leaseMs = 15_000
/** Who cannot renew for this long does not lead any more: well before anybody else takes over. */
const renewWithinMs = 10_000
/** And who could do nothing at all meanwhile, because a chart took its time: it may still renew, before anybody else could have led. */
const renewAfterPauseMs = 13_000
const everyMs = 2_000
/** A Lease that is not there may have been deleted by hand: who leads makes it again meanwhile. */
const missingMs = 3_000
const requestMs = 5_000
const lookMs = 1_000

export interface LeadHubOptions {
  readonly hub: KubeClient
  readonly namespace: string
  /** Of this process, unlike that of any other. */
  readonly identity: string
  /** Where other replicas reach this one; absent: they do not. */
  readonly address?: string
  /** Only differences of its times count; best one that nobody sets. */
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface LeaderWatch {
  /** The address of the replica that leads, while another one does. */
  leaderAddress(): string | undefined
  /** Resolves when this one leads; rejects with the signal. */
  readonly leading: Promise<Leadership>
}

export interface Leadership {
  /** Resolves with why this one leads no more: it must do nothing from then on. Never, after `release`. */
  readonly lost: Promise<string>
  /** Lets another one lead at once. */
  release(): Promise<void>
}

/**
 * One replica of a hub leads, the others stand by. Times are measured by the own clock from when a change of the Lease was seen:
 * what clocks of other machines say does not matter.
 *
 * A Lease that is deleted says nothing of who led. Others wait as long as if it were there and were not renewed (client-go's make it
 * anew at once, and two lead until the old one looks); who leads makes it again, unless it could not renew it for so long that somebody
 * else may have led meanwhile.
 */
export function leadHub(options: LeadHubOptions): LeaderWatch {
  const { clock, log, signal } = options
  const lease = new HeldLease(options)
  const lead = async (): Promise<Leadership> => {
    let told = ''
    for (;;) {
      signal.throwIfAborted()
      try {
        if (await lease.take()) break
        const holder = lease.holder ?? ''
        if (holder !== told) log.info('another replica of this hub leads; standing by', { leader: (told = holder) })
      } catch (error) {
        log.warn('the Lease of the hub cannot be taken', { problem: messageOf(error) })
      }
      await sleep(clock, everyMs, signal)
    }
    log.info('this replica of the hub leads')
    return keep(lease, options)
  }
  return { leaderAddress: () => lease.address, leading: lead() }
}

function keep(lease: HeldLease, { clock, log, signal }: LeadHubOptions): Leadership {
  const released = new AbortController()
  const ended = AbortSignal.any([signal, released.signal])
  let renewedAt = lease.heldSince
  const renew = async (): Promise<string> => {
    for (;;) {
      await sleep(clock, everyMs, ended)
      try {
        // An edit of the Lease in between is no loss: a second look tells at once whether somebody has taken it.
        if ((await lease.take()) || (lease.isOwn && (await lease.take()))) renewedAt = lease.heldSince
        else if (!lease.isOwn) return lease.holder ? `${lease.holder} leads now` : 'another one has taken the Lease'
      } catch (error) {
        log.warn('the Lease of the hub cannot be renewed', { problem: messageOf(error) })
      }
    }
  }
  const lost = new Promise<string>((resolve) => {
    const end = (why: string) => {
      if (!ended.aborted) resolve(why)
    }
    renew().then(end, () => {})
    // Beside the requests, which may hang.
    let lookedAt = clock.now()
    let pausedSince: number | undefined
    const look = () => {
      if (ended.aborted) return
      const now = clock.now()
      if (now - lookedAt > 3 * lookMs) pausedSince = renewedAt
      lookedAt = now
      const withinMs = pausedSince === renewedAt ? renewAfterPauseMs : renewWithinMs
      if (now - renewedAt >= withinMs) end(`the Lease could not be renewed for ${withinMs / 1000} s`)
      else clock.after(lookMs, look)
    }
    clock.after(lookMs, look)
  })
  return {
    lost,
    async release() {
      // Before anything else: who renews takes it again.
      released.abort(new Error('released'))
      await lease.release().catch((error: unknown) => log.info('the Lease runs out by itself', { problem: messageOf(error) }))
    },
  }
}

class HeldLease {
  readonly #options: LeadHubOptions
  #seen: Lease | undefined
  #seenAt = 0
  #underWay: Promise<boolean> | undefined
  #missingSince: number | undefined
  /** When the request was sent that took or renewed it last: others have seen that later, and wait from then on. */
  heldSince = 0

  constructor(options: LeadHubOptions) {
    this.#options = options
  }

  get holder(): string | undefined {
    return this.#seen?.spec?.holderIdentity
  }

  get isOwn(): boolean {
    return this.holder === this.#options.identity
  }

  get address(): string | undefined {
    const found = this.#isLive() && !this.isOwn ? this.#seen?.metadata.annotations?.[leaderAddressAnnotation] : undefined
    // Of this process before it was started anew: connections would be passed on to itself, round and round.
    return found === this.#options.address ? undefined : found
  }

  /** Takes or renews it. False: another one holds it, or has changed it at the same time. */
  take(): Promise<boolean> {
    this.#underWay = this.#inTime((signal) => this.#take(signal))
    return this.#underWay
  }

  async #inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new AbortController()
    const cancel = this.#options.clock.after(requestMs, () => deadline.abort(new Error(`no answer within ${requestMs / 1000} s`)))
    try {
      return await ask(deadline.signal)
    } finally {
      cancel()
    }
  }

  async #take(signal: AbortSignal): Promise<boolean> {
    const { hub, namespace, clock } = this.#options
    const found = await hub
      .get<Lease>({ type: leaseType, namespace, name: leaderLeaseName }, { signal })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
    if (found === undefined) {
      if (!this.#mayMake()) return false
      const metadata = { name: leaderLeaseName, namespace }
      const lease = this.#held({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata })
      return this.#write(() => hub.create<Lease>(leaseType, lease, { signal }))
    }
    this.#missingSince = undefined
    if (found.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion) {
      this.#seen = found
      this.#seenAt = clock.now()
    }
    if (!this.isOwn && this.#isLive()) return false
    return this.#write(() => hub.update<Lease>(leaseType, this.#held(found), { signal }))
  }

  /** Whether a Lease that is not there may be made: not while somebody may lead who has not noticed yet that it is gone. */
  #mayMake(): boolean {
    const now = this.#options.clock.now()
    if (this.isOwn) return now - this.heldSince < renewAfterPauseMs
    this.#missingSince ??= now
    return !this.#isLive() && now - this.#missingSince >= missingMs
  }

  async release(): Promise<void> {
    const { hub } = this.#options
    await this.#underWay?.catch(() => {})
    const seen = this.#seen
    if (seen === undefined || !this.isOwn) return
    const left = { ...seen, spec: { ...seen.spec, holderIdentity: '' } }
    await this.#inTime((signal) => hub.update<Lease>(leaseType, left, { signal }))
  }

  #isLive(): boolean {
    const { holder } = this
    return holder !== undefined && holder !== '' && this.#options.clock.now() - this.#seenAt < leaseMs
  }

  #held(lease: Lease): Lease {
    const { identity, address, clock } = this.#options
    const now = formatMicroTime(clock.now())
    const { [leaderAddressAnnotation]: _, ...annotations } = lease.metadata.annotations ?? {}
    const isNew = lease.spec?.holderIdentity !== identity
    return {
      ...lease,
      metadata: {
        ...lease.metadata,
        annotations: { ...annotations, ...(address === undefined ? {} : { [leaderAddressAnnotation]: address }) },
      },
      spec: {
        ...lease.spec,
        holderIdentity: identity,
        leaseDurationSeconds: leaseMs / 1000,
        renewTime: now,
        ...(isNew ? { acquireTime: now } : {}),
      },
    }
  }

  async #write(write: () => Promise<Lease>): Promise<boolean> {
    const sentAt = this.#options.clock.now()
    try {
      this.#seen = await write()
      this.heldSince = this.#seenAt = sentAt
      return true
    } catch (error) {
      // Another one was faster: the next look tells who.
      if (isConflict(error) || isAlreadyExists(error)) return false
      throw error
    }
  }
}
