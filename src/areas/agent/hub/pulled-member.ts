import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { canonicalJson } from '../../../base/json.js'
import type { Desired, Member, MemberResult } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { encodeDesired, liveOf, type Removal, type Work, workName } from '../work.js'
import type { WorkWriter } from './work-writer.js'
import type { Works } from './works.js'

export interface PulledMemberOptions {
  readonly cluster: string
  readonly works: Works
  readonly writer: WorkWriter
  readonly agent: AgentSight
  readonly clock: Clock
}

/** What the hub knows of an agent now. */
export interface AgentSight {
  /** Why nothing is known of the cluster now; undefined while its agent is here. */
  absence(): string | undefined
  /** The agent has read all copies in its cluster since it connected, and told of them. */
  isComplete(): boolean
  onChange(listener: () => void): () => void
}

interface Wanted {
  readonly desired: Desired
  readonly text: string
  /** It does not fit into a Work. */
  readonly problem?: string
  readonly since: number
}

/**
 * A cluster that fetches what is meant for it: what is wanted is written as Works on the hub, and what became of it is read from their
 * status. While the agent is away nothing is known (`Unknown`) and nothing is concluded; what was written is there when it is back.
 */
export function createPulledMember(options: PulledMemberOptions): Member {
  return new PulledMember(options)
}

class PulledMember implements Member {
  readonly cluster: string
  readonly #options: PulledMemberOptions
  readonly #wanted = new Map<string, Wanted>()
  readonly #listeners = new Set<(id: string) => void>()
  /** Since when the agent is away (or here): results change with it. */
  #absentSince: number
  #absence: string | undefined
  #copies: Map<string, KubeObject> | undefined
  /** Ids by the names of their Works, for those that are gone. */
  readonly #names = new Map<string, string>()
  readonly #stops: (() => void)[]

  constructor(options: PulledMemberOptions) {
    this.#options = options
    this.cluster = options.cluster
    const { works, agent, clock, cluster } = options
    this.#absence = agent.absence()
    this.#absentSince = clock.now()
    this.#stops = [
      works.onChange(cluster, (name) => this.#changed(name)),
      agent.onChange(() => {
        const absence = agent.absence()
        if ((absence === undefined) !== (this.#absence === undefined)) this.#absentSince = clock.now()
        this.#absence = absence
        for (const id of this.#ids()) this.#tell(id)
        // Whether all copies are known may be another matter now.
        this.#tell('')
      }),
    ]
  }

  want(desired: Desired): void {
    const { writer, works, clock } = this.#options
    const text = canonicalJson(desired)
    if (this.#wanted.get(desired.id)?.text === text) return
    const name = workName(desired.id)
    try {
      const spec = encodeDesired(desired)
      this.#wanted.set(desired.id, { desired, text, since: clock.now() })
      const present = works.get(this.cluster, name)
      const isThere = present !== undefined && writer.pending(this.cluster, name)?.spec === undefined
      if (!isThere || canonicalJson(present.spec) !== canonicalJson(spec))
        writer.write(this.cluster, name, { spec, isNew: present === undefined })
    } catch (error) {
      this.#wanted.set(desired.id, { desired, text, problem: messageOf(error), since: clock.now() })
    }
    this.#tell(desired.id)
  }

  drop(id: string, rules?: Removal): void {
    const { writer, works } = this.#options
    const known = this.#wanted.get(id)
    this.#wanted.delete(id)
    const name = workName(id)
    const present = works.get(this.cluster, name)
    if (present === undefined && writer.pending(this.cluster, name) === undefined) return
    const { onRemoval, propagation, labels } = { ...known?.desired.rules, ...rules }
    const removal: Removal = {
      ...(onRemoval === undefined ? {} : { onRemoval }),
      ...(propagation === undefined ? {} : { propagation }),
      ...(labels === undefined ? {} : { labels }),
    }
    const pending = writer.pending(this.cluster, name)?.spec?.removal ?? present?.spec.removal
    if (pending !== undefined && canonicalJson(pending) === canonicalJson(removal)) return
    writer.write(this.cluster, name, { spec: { id, removal } })
    this.#tell(id)
  }

  result(id: string): MemberResult | undefined {
    const { writer, works } = this.#options
    const wanted = this.#wanted.get(id)
    if (wanted?.problem !== undefined) {
      return { state: 'Refused', step: 'none', message: wanted.problem, since: wanted.since }
    }
    const name = workName(id)
    const work = works.get(this.cluster, name)
    const pending = writer.pending(this.cluster, name)
    if (work === undefined && pending === undefined) return undefined
    const live = liveIn(work)
    const status = work?.status
    const isGoing = (pending?.spec ?? work?.spec)?.removal !== undefined
    if (this.#absence !== undefined) {
      return {
        state: 'Unknown',
        step: isGoing ? 'delete' : 'read',
        message: this.#absence,
        since: this.#absentSince,
        ...(live === undefined ? {} : { live }),
      }
    }
    const isCurrent = pending?.spec === undefined && status?.observedGeneration === work?.metadata.generation
    if (status !== undefined && isCurrent) {
      const { observedGeneration: _generation, packed: _packed, live: _live, ...result } = status
      return { ...result, ...(live === undefined ? {} : { live }) }
    }
    return {
      state: isGoing ? 'Removing' : 'Waiting',
      step: isGoing ? 'delete' : live === undefined ? 'create' : 'update',
      message: 'the agent has been told',
      since: wanted?.since ?? 0,
      ...(live === undefined ? {} : { live }),
    }
  }

  copies(): ReadonlyMap<string, KubeObject> | undefined {
    const { works, agent } = this.#options
    if (this.#absence !== undefined || !agent.isComplete()) return undefined
    if (this.#copies === undefined) {
      this.#copies = new Map()
      for (const work of works.list(this.cluster)) this.#note(work.metadata.name)
    }
    return this.#copies
  }

  onChange(listener: (id: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop()
    this.#listeners.clear()
  }

  #ids(): Set<string> {
    const { works } = this.#options
    return new Set([...this.#wanted.keys(), ...works.list(this.cluster).map((work) => work.spec.id)])
  }

  /** Keeps the copies in step with one Work: asking for them is frequent, and there may be many. */
  #note(name: string): void {
    const work = this.#options.works.get(this.cluster, name)
    const id = work?.spec.id ?? this.#names.get(name)
    if (id === undefined || this.#copies === undefined) return
    this.#names.set(name, id)
    const live = liveIn(work)
    if (live === undefined) this.#copies.delete(id)
    else this.#copies.set(id, live)
  }

  #changed(name: string): void {
    this.#note(name)
    const id = this.#options.works.get(this.cluster, name)?.spec.id ?? this.#idOf(name)
    if (id !== undefined) this.#tell(id)
  }

  /** The id of a Work that is gone. */
  #idOf(name: string): string | undefined {
    const known = this.#names.get(name)
    this.#names.delete(name)
    return known
  }

  #tell(id: string): void {
    this.#names.set(workName(id), id)
    for (const listener of this.#listeners) listener(id)
  }
}

/** A Work that somebody has written nonsense into has no live object. */
function liveIn(work: Work | undefined): KubeObject | undefined {
  try {
    return work?.status === undefined ? undefined : liveOf(work.status)
  } catch {
    return undefined
  }
}
