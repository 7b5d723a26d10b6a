import type { Clock } from '../../../base/clock.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { Cluster, Inventory } from '../../../inventory/cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import { ClusterCapacity } from '../clusters/cluster-capacity.js'
import type { ClusterDirectory } from '../clusters/cluster-directory.js'
import type { Member } from '../contract.js'
import { type CreatedMember, createMember, type MemberOptions } from '../member/create-member.js'
import { ApiQuestions } from './api-questions.js'

/** A member, however it is reached. */
export type OpenedMember = Member & Partial<Pick<CreatedMember, 'reachChanged' | 'idle' | 'writes'>>

/** Makes the member of a cluster; undefined: it is written to directly. */
export type OpenMember = (cluster: Cluster, options: MemberOptions) => OpenedMember | undefined

export interface FleetMembersOptions {
  readonly inventory: Inventory
  readonly directory: ClusterDirectory
  readonly openMember?: OpenMember
  readonly hubId: string
  readonly kinds: () => MemberOptions['kinds']
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** A result or a copy has changed; '' : the copies of the cluster have been read. Must only enqueue. */
  readonly onResult: (cluster: string, id: string) => void
  /** What a cluster serves, or the room there, has changed. Must only enqueue. */
  readonly onFacts: (cluster: string, what: 'apis' | 'room') => void
}

export interface Place {
  readonly name: string
  readonly member: OpenedMember
  readonly client: KubeClient
  readonly lifetime: AbortSignal
  readonly openedAt: number
  capacity: ClusterCapacity | undefined
  readonly apis: ApiQuestions
}

/** The members of the fleet: one for each cluster that has a client, for as long as that client lives. */
export class FleetMembers {
  readonly #options: FleetMembersOptions
  readonly #places = new Map<string, Place>()
  #awakeAt: number | undefined

  constructor(options: FleetMembersOptions) {
    this.#options = options
  }

  get(name: string): Place | undefined {
    return this.#places.get(name)
  }

  values(): MapIterator<Place> {
    return this.#places.values()
  }

  /** Epoch ms since when a cluster has been asked for what it serves and for its copies. */
  askedSince({ openedAt }: Place): number {
    return Math.max(openedAt, this.#awakeAt ?? 0)
  }

  /** Opens and closes members as the inventory has clusters; true when any has come or gone. */
  sync(): boolean {
    const { inventory, directory } = this.#options
    const clusters = new Map(directory.members().map((cluster) => [cluster.name, cluster]))
    let changed = false
    for (const [name, place] of this.#places) {
      if (clusters.has(name) && !place.lifetime.aborted) continue
      this.#places.delete(name)
      place.member.close()
      changed = true
      if (!clusters.has(name)) directory.forget(name)
    }
    for (const [name, cluster] of clusters) {
      if (this.#places.has(name)) continue
      try {
        this.#places.set(name, this.#open(cluster, inventory.client(name)))
        changed = true
      } catch {
        // Its source is broken: it has no member until that is mended.
      }
    }
    return changed
  }

  /** Something is to be placed: from now on it is known what clusters serve. Until then nobody asks them. */
  wake(): void {
    if (this.#awakeAt !== undefined) return
    this.#awakeAt = this.#options.clock.now()
    for (const name of this.#places.keys()) if (this.#options.inventory.state(name).health === 'Healthy') this.askApis(name)
  }

  /** A cluster answers, or does not any more. */
  health(name: string): void {
    const place = this.#places.get(name)
    if (place === undefined) return
    place.member.reachChanged?.()
    if (this.#options.inventory.state(name).health === 'Healthy') this.askApis(name)
  }

  /** Asks a cluster what it serves, not too often; `keepsOut`: until it serves something else, as something is kept out of it. */
  askApis(name: string, keepsOut = false): void {
    if (this.#awakeAt !== undefined) this.#places.get(name)?.apis.ask(keepsOut)
  }

  /** A definition of ours has come, changed or gone in a cluster. */
  definitionChanged(name: string): void {
    if (this.#awakeAt !== undefined) this.#places.get(name)?.apis.definitionChanged()
  }

  /** The room of a cluster, watched from the first time that somebody asks. */
  capacity(name: string): ClusterCapacity | undefined {
    const place = this.#places.get(name)
    if (place === undefined) return undefined
    const { clock, random, log, onFacts } = this.#options
    place.capacity ??= new ClusterCapacity({
      client: place.client,
      clock,
      random,
      log,
      signal: place.lifetime,
      onChange: () => onFacts(name, 'room'),
    })
    return place.capacity
  }

  #open(cluster: Cluster, client: KubeClient): Place {
    const { inventory, directory, hubId, kinds, clock, random, log, signal, onResult, onFacts, openMember } = this.#options
    const { name } = cluster
    const lifetime = AbortSignal.any([signal, inventory.lifetime?.(name) ?? signal])
    const known = kinds()
    const options: MemberOptions = {
      cluster: name,
      client,
      hub: hubId,
      ...(known === undefined ? {} : { kinds: known }),
      away: () => {
        const { health, message, since } = inventory.state(name)
        return health === 'Healthy' || health === 'Pending' ? undefined : { message, since }
      },
      onSilence: () => inventory.suspect?.(name),
      clock,
      random,
      log,
      signal: lifetime,
    }
    const member = openMember?.(cluster, options) ?? createMember(options)
    member.onChange((id) => onResult(name, id))
    const place: Place = {
      name,
      member,
      client,
      lifetime,
      openedAt: clock.now(),
      capacity: undefined,
      apis: new ApiQuestions({
        cluster: name,
        client,
        clock,
        log,
        lifetime,
        learn(catalogue) {
          const changed = directory.learnApis(name, catalogue)
          if (changed) onFacts(name, 'apis')
          return changed
        },
      }),
    }
    if (inventory.state(name).health === 'Healthy') queueMicrotask(() => this.askApis(name))
    return place
  }
}
