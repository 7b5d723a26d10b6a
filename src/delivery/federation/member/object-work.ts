import type { Clock } from '../../../base/clock.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { keyOf } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isConflict, isNotFound } from '../../../kube/object/status-error.js'
import { type Desired, federationMark, type Member, type MemberResult, type MemberState } from '../contract.js'
import { configOf, readRemoval } from './applied-config.js'
import { type Copies, type Copy, idOf, targetOf } from './copies.js'
import type { KindWatches } from './kind-watches.js'
import type { MemberWriter } from './member-writer.js'
import { type OwnedFields, ownedFields, ownsAll } from './owned-fields.js'
import { needsLive } from './retain-fields.js'

/** What is asked of a cluster for one id, and how far it has come. */
export interface Wish {
  desired: Desired | undefined
  /** Of `desired`. */
  digest: string
  /** Set when it is to go. */
  dropping: { readonly rules?: NonNullable<Parameters<Member['drop']>[1]> } | undefined
  target: string | undefined
  /** The digest of the fields that were ours when all was well: as long as they are, nobody has changed anything of it. */
  accepted: string | undefined
  /** How often it had to be put right of late, and when last. */
  corrections: number
  correctedAt: number | undefined
  result: MemberResult | undefined
}

/** What came of a step. */
export interface Step {
  readonly state?: MemberState
  readonly step?: MemberResult['step']
  readonly message?: string
  /** `kind`: its copies are being read; `service`: the cluster does not serve the kind. */
  readonly waitsFor?: 'kind' | 'service'
  readonly againAt?: number
  /** Nothing is left to do for the id. */
  readonly gone?: true
}

interface ObjectWorkOptions {
  readonly hub: string
  /** The field manager. */
  readonly manager: string
  /** Whether all copies are known that there were from before. */
  readonly isKnown: () => boolean
  readonly clock: Clock
  readonly copies: Copies
  readonly kinds: KindWatches
  readonly writer: MemberWriter
}

/** After so long without a correction, the next is the first again. */
const calmMs = 600_000
const lookAtUnmarkedMs = 60_000

/** Brings one object to a cluster, or takes it away, a step at a time. Throws what requests throw. */
export class ObjectWork {
  readonly #options: ObjectWorkOptions
  /** What was being done when a request failed. */
  readonly #doing = new WeakMap<Wish, MemberResult['step']>()

  constructor(options: ObjectWorkOptions) {
    this.#options = options
  }

  stepOf(wish: Wish): MemberResult['step'] {
    return this.#doing.get(wish) ?? 'none'
  }

  /** Whether the copy is as it was wanted and nobody has touched what is ours. */
  stands(wish: Wish): boolean {
    if (wish.target === undefined || wish.desired === undefined) return false
    const copy = this.#options.copies.get(wish.target)
    if (copy === undefined || copy.live.metadata.deletionTimestamp !== undefined) return false
    if (wish.result?.state === 'Drifted' || wish.result?.state === 'LetBe') return false
    return this.#isInPlace(wish, wish.desired, copy)
  }

  async bring(wish: Wish, targetChosen: (target: string) => void): Promise<Step> {
    // Both of one moment: while requests are under way something else may be asked for, and its digest must not mark this.
    const { desired, digest } = wish
    if (desired === undefined) return {}
    const { copies, kinds } = this.#options
    this.#doing.set(wish, 'read')
    const { apiVersion, kind } = desired.object
    const type = await kinds.typeOf(apiVersion, kind)
    if (type === undefined) {
      const message = `the cluster does not serve ${kind} of ${apiVersion}; it is looked for again`
      return { state: 'Waiting', message, waitsFor: 'service' }
    }
    if (!kinds.isRead(type)) return { state: 'Waiting', message: 'its copies are being read', waitsFor: 'kind' }
    wish.target = targetOf(type, desired.object)
    targetChosen(wish.target)
    const copy = copies.get(wish.target)
    if (copy === undefined) return this.#make(wish, desired, digest, type)
    return this.#keep(wish, desired, digest, type, copy)
  }

  /** There is a copy with our mark. */
  async #keep(wish: Wish, desired: Desired, digest: string, type: ResourceType, copy: Copy): Promise<Step> {
    const { live } = copy
    const going = leaving(live)
    if (going !== undefined) return going
    if (isLetBe(desired, live)) return letBe(desired)
    const owner = idOf(live)
    if (owner !== undefined && owner !== desired.id) return taken(desired, live)
    if (this.#isInPlace(wish, desired, copy)) return { state: 'Applied', message: '' }
    const changed = live.metadata.annotations?.[federationMark.applied] === wish.digest
    if (changed && desired.rules.drift === 'report') {
      return { state: 'Drifted', message: 'it was changed in the cluster, and the rules say to report only' }
    }
    if (changed) {
      const againAt = this.#nextCorrection(wish)
      if (againAt > this.#options.clock.now()) {
        return { state: 'Applied', message: 'it is changed in the cluster again and again', againAt }
      }
    }
    const fresh = needsLive(desired.object, desired.rules.retain)
      ? await this.#options.writer.read(type, desired.object)
      : undefined
    return this.#apply(wish, desired, digest, type, fresh, changed ? 'corrected' : 'updated')
  }

  /** There is none with our mark: maybe there is one without. */
  async #make(wish: Wish, desired: Desired, digest: string, type: ResourceType): Promise<Step> {
    const { rules, object } = desired
    const recreated = wish.accepted !== undefined
    if (recreated) {
      const againAt = this.#nextCorrection(wish)
      if (againAt > this.#options.clock.now()) {
        return { state: 'Waiting', message: 'it is deleted in the cluster again and again; it is made anew', againAt }
      }
    }
    const look =
      rules.existing === 'refuse' || rules.letBe !== undefined || rules.source !== undefined || needsLive(object, rules.retain)
    if (!look) {
      try {
        return await this.#apply(wish, desired, digest, type, undefined, recreated ? 'corrected' : 'created', false)
      } catch (error) {
        // Somebody has it, and otherwise than wanted.
        if (!isConflict(error)) throw error
      }
    }
    this.#doing.set(wish, 'read')
    const found = await this.#options.writer.read(type, object)
    if (found === undefined)
      return this.#apply(wish, desired, digest, type, undefined, recreated ? 'corrected' : 'created', false)
    if (rules.source !== undefined && found.metadata.uid === rules.source) return { state: 'Applied', message: '' }
    const going = leaving(found)
    if (going !== undefined) return { ...going, againAt: this.#options.clock.now() + 2000 }
    if (isLetBe(desired, found)) return { ...letBe(desired), againAt: this.#options.clock.now() + lookAtUnmarkedMs }
    const owner = idOf(found)
    const hub = found.metadata.labels?.[federationMark.label]
    const ours = owner === desired.id && (hub === undefined || hub === this.#options.hub)
    const { predecessor } = rules
    const inherited = predecessor !== undefined && found.metadata.labels?.[predecessor.label] === predecessor.value
    if (!ours && (owner !== undefined || (rules.existing === 'refuse' && !inherited))) {
      return { ...taken(desired, found), againAt: this.#options.clock.now() + lookAtUnmarkedMs }
    }
    return this.#apply(wish, desired, digest, type, found, ours ? 'corrected' : 'adopted')
  }

  async #apply(
    wish: Wish,
    desired: Desired,
    digest: string,
    type: ResourceType,
    live: KubeObject | undefined,
    how: 'created' | 'updated' | 'corrected' | 'adopted',
    force = true,
  ): Promise<Step> {
    const { writer, hub, copies, clock } = this.#options
    this.#doing.set(wish, how === 'created' ? 'create' : 'update')
    const facts = live === undefined ? undefined : { object: live, own: ownedFields(live, this.#options.manager) }
    const config = configOf(desired, { hub, digest }, facts)
    try {
      await writer.apply(type, config, force)
    } catch (error) {
      const { namespace } = desired.object.metadata
      if (!isNotFound(error) || error.status.details?.kind !== 'namespaces' || !namespace || desired.namespace === undefined)
        throw error
      await writer.createNamespace(namespace, desired.namespace.labels)
      await writer.apply(type, config, force)
    }
    if (how === 'corrected') {
      wish.corrections = this.#isCalm(wish) ? 1 : wish.corrections + 1
      wish.correctedAt = clock.now()
    }
    const copy = wish.target === undefined ? undefined : copies.get(wish.target)
    if (copy !== undefined && wish.digest === digest) {
      wish.accepted = copy.ownDigest
      copy.own = undefined
    }
    return { state: 'Applied', step: how === 'created' ? 'create' : 'update', message: '' }
  }

  /** As `drop` asks: `gone` when there is nothing of ours left. */
  async remove(id: string, wish: Wish): Promise<Step> {
    const { copies, kinds, writer, isKnown } = this.#options
    this.#doing.set(wish, 'delete')
    if (!isKnown() && !copies.byId.has(id) && wish.desired === undefined) return { waitsFor: 'kind' }
    const type = await this.#typeToRemove(id, wish)
    if (type === undefined) return { gone: true }
    if (!kinds.isRead(type)) return { state: 'Waiting', step: 'delete', message: 'its copies are being read', waitsFor: 'kind' }
    const byTarget = wish.target === undefined ? undefined : copies.get(wish.target)?.live
    const live = byTarget !== undefined && (idOf(byTarget) ?? id) === id ? byTarget : copies.byId.get(id)
    if (live === undefined) return { gone: true }
    const note = readRemoval(live)
    const rules = wish.dropping?.rules ?? note
    const marks = [federationMark.annotation, federationMark.applied, federationMark.removal]
    const kept = wish.dropping?.rules?.letBe ?? wish.desired?.rules.letBe
    if (kept !== undefined && live.metadata.labels?.[kept.label] === kept.value) {
      await writer.strip(type, live, [federationMark.label], marks)
      return { gone: true }
    }
    if (rules.onRemoval === 'orphan' || (await this.#isOfHub(type, live))) {
      const labels = Array.isArray(rules.labels) ? (rules.labels as string[]) : Object.keys(rules.labels ?? {})
      await writer.strip(type, live, [federationMark.label, ...labels], marks)
      return { gone: true }
    }
    if (live.metadata.deletionTimestamp === undefined) await writer.delete(type, live, rules.propagation ?? 'Background')
    return copies.byId.get(id) === undefined
      ? { gone: true }
      : { state: 'Removing', step: 'delete', message: `${live.kind} ${keyOf(live)} is being deleted` }
  }

  /** The hub may be a cluster of its own fleet. Its namespaces hold what is federated: they are never removed with a copy. */
  async #isOfHub(type: ResourceType, { kind }: KubeObject): Promise<boolean> {
    if (kind !== 'Namespace' || type.group !== '') return false
    const { hub, writer } = this.#options
    const system = await writer.read(type, { apiVersion: 'v1', kind, metadata: { name: 'kube-system' } })
    return system?.metadata.uid === hub
  }

  async #typeToRemove(id: string, wish: Wish): Promise<ResourceType | undefined> {
    const object = wish.desired?.object ?? this.#options.copies.byId.get(id)
    return object === undefined ? undefined : this.#options.kinds.typeOf(object.apiVersion, object.kind)
  }

  #isInPlace(wish: Wish, desired: Desired, copy: Copy): boolean {
    const { live, own } = copy
    if (live.metadata.annotations?.[federationMark.applied] !== wish.digest) return false
    if (wish.accepted === copy.ownDigest) return true
    if (own === undefined) return false
    if (!ownsAll(own, this.#wantedOf(wish, desired, live, own))) return false
    wish.accepted = copy.ownDigest
    copy.own = undefined
    return true
  }

  #wantedOf({ digest }: Wish, desired: Desired, live: KubeObject, own: OwnedFields): KubeObject {
    return configOf(desired, { hub: this.#options.hub, digest }, { object: live, own })
  }

  /** When it may be put right: at once the first time, later and later where somebody undoes it each time. */
  #nextCorrection(wish: Wish): number {
    if (wish.correctedAt === undefined || this.#isCalm(wish)) return 0
    return wish.correctedAt + Math.min(300_000, 1000 * 2 ** Math.min(12, wish.corrections - 1))
  }

  #isCalm({ correctedAt }: Wish): boolean {
    return correctedAt === undefined || this.#options.clock.now() - correctedAt > calmMs
  }
}

function leaving(live: KubeObject): Step | undefined {
  if (live.metadata.deletionTimestamp === undefined) return undefined
  return { state: 'Waiting', step: 'create', message: 'one of the name is being deleted; it is made anew then' }
}

function isLetBe({ rules }: Desired, live: KubeObject): boolean {
  return rules.letBe !== undefined && live.metadata.labels?.[rules.letBe.label] === rules.letBe.value
}

function letBe({ rules }: Desired): Step {
  return { state: 'LetBe', message: `it has the label ${rules.letBe?.label}=${rules.letBe?.value}: remove it to have it managed` }
}

function taken({ object }: Desired, found: KubeObject): Step {
  const name = `${object.kind} ${keyOf(object)}`
  const owner = idOf(found)
  const message =
    owner === undefined
      ? `${name} is there already and was not made by the fleet; it is not taken over`
      : `${name} is there already as the copy of ${owner}`
  return { state: 'AlreadyExists', step: 'create', message }
}
