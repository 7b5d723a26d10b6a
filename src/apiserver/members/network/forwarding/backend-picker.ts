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

/** An endpoint of another cluster that could not be reached is left out so long, if there are others. */
const shunMs = 3000

/**
 * Picks the endpoint of each new connection of one front: at random, or the one that its client had before. Across clusters,
 * those of the first priority that has any.
 */
export class BackendPicker {
  readonly #ports: PickerPorts
  #front: Front
  #affinity: Affinity | undefined
  /** What callers of a node (and zone) may use, until the front changes. */
  #usable = new Map<string, readonly Backend[]>()
  readonly #shunned = new Map<string, number>()

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

  /** Undefined: the client may go nowhere. `tried`: names of endpoints that it could not be connected with. */
  pick(client: string, tried?: ReadonlySet<string>): Backend | undefined {
    const { sourceRanges } = this.#front
    if (sourceRanges !== undefined && !sourceRanges.some((range) => isInCidr(range, client))) return undefined
    const usable = this.#choice(this.#ports.callerOf(client), tried)
    if (usable.length === 0) return undefined
    if (this.#affinity === undefined) return this.#random(usable)
    const now = this.#ports.clock.now()
    const before = this.#affinity.get(client, now)
    const backend = usable.find((candidate) => nameOf(candidate) === before) ?? this.#random(usable)
    this.#affinity.set(client, nameOf(backend), now)
    return backend
  }

  /** The endpoint could not be reached: others come first for a while. */
  shun(backend: Backend): void {
    const now = this.#ports.clock.now()
    for (const [name, until] of this.#shunned) if (until <= now) this.#shunned.delete(name)
    this.#shunned.set(nameOf(backend), now + shunMs)
  }

  #choice(caller: Caller, tried: ReadonlySet<string> | undefined): readonly Backend[] {
    if (this.#front.acrossClusters === undefined) return this.#usableFor(caller, 0)
    const now = this.#ports.clock.now()
    let shunned: readonly Backend[] = []
    for (const priority of new Set(this.#front.backends.map((backend) => backend.priority).sort((a, b) => a - b))) {
      const left = this.#usableFor(caller, priority).filter((backend) => tried?.has(nameOf(backend)) !== true)
      const good = this.#shunned.size === 0 ? left : left.filter((backend) => (this.#shunned.get(nameOf(backend)) ?? 0) <= now)
      if (good.length > 0) return good
      if (shunned.length === 0) shunned = left
    }
    return shunned
  }

  #usableFor(caller: Caller, priority: number): readonly Backend[] {
    const key = `${priority}\0${caller.node ?? ''}\0${caller.zone ?? ''}`
    let usable = this.#usable.get(key)
    if (usable === undefined) {
      const { acrossClusters, backends } = this.#front
      const of = acrossClusters === undefined ? backends : backends.filter((backend) => backend.priority === priority)
      this.#usable.set(key, (usable = usableBackends({ ...this.#front, backends: of }, caller)))
    }
    return usable
  }

  #random(backends: readonly Backend[]): Backend {
    const { random } = this.#ports
    const [first] = backends
    if (backends.every((backend) => backend.weight === first!.weight))
      return backends[Math.floor(random.number() * backends.length)]!
    let left = random.number() * backends.reduce((sum, { weight }) => sum + weight, 0)
    return backends.find((backend) => (left -= backend.weight) < 0) ?? first!
  }
}

export function nameOf(backend: Backend): string {
  return `${backend.address}:${backend.port}`
}
