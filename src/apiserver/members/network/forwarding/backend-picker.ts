import type { Clock } from '../../../../base/clock.js'
import type { Random } from '../../../../base/random.js'
import { isInCidr } from '../cidr.js'
import { Affinity } from './affinity.js'
import { type Caller, usableBackends } from './choose-backend.js'
import type { Backend, Front } from './service-plan.js'

export interface PickerPorts {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  /** Who an address of the cluster is. */
  callerOf(address: string): Caller
}

/** Picks the endpoint of each new connection of one front: at random, or the one that its client had before. */
export class BackendPicker {
  readonly #ports: PickerPorts
  #front: Front
  #affinity: Affinity | undefined
  /** What callers of a node (and zone) may use, until the front changes. */
  #usable = new Map<string, readonly Backend[]>()

  constructor(front: Front, ports: PickerPorts) {
    this.#ports = ports
    this.#front = front
    this.update(front)
  }

  get front(): Front {
    return this.#front
  }

  update(front: Front): void {
    if (front.affinityMs === undefined) this.#affinity = undefined
    else if (this.#affinity === undefined || front.affinityMs !== this.#front.affinityMs) {
      this.#affinity = new Affinity(front.affinityMs)
    }
    this.#front = front
    this.#usable = new Map()
  }

  /** Undefined: the client may go nowhere. */
  pick(client: string): Backend | undefined {
    const { sourceRanges } = this.#front
    if (sourceRanges !== undefined && !sourceRanges.some((range) => isInCidr(range, client))) return undefined
    const usable = this.#usableFor(this.#ports.callerOf(client))
    if (usable.length === 0) return undefined
    if (this.#affinity === undefined) return this.#random(usable)
    const now = this.#ports.clock.now()
    const before = this.#affinity.get(client, now)
    const backend = usable.find((candidate) => nameOf(candidate) === before) ?? this.#random(usable)
    this.#affinity.set(client, nameOf(backend), now)
    return backend
  }

  #usableFor(caller: Caller): readonly Backend[] {
    const key = `${caller.node ?? ''}\0${caller.zone ?? ''}`
    let usable = this.#usable.get(key)
    if (usable === undefined) this.#usable.set(key, (usable = usableBackends(this.#front, caller)))
    return usable
  }

  #random(backends: readonly Backend[]): Backend {
    return backends[Math.floor(this.#ports.random.number() * backends.length)]!
  }
}

function nameOf(backend: Backend): string {
  return `${backend.address}:${backend.port}`
}
