import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf } from '../../../kube/object/resource-type.js'
import type { Federated, FederationDialect, ObjectRef } from '../contract.js'
import { federatedId } from '../federated-id.js'
import { type Autoscalers, autoscalerType, workloadKey } from './autoscalers.js'
import { newState, type SourceState } from './source-state.js'

/** The sources that the engine looks after, by key, by id and by the workload that they send out. */
export class Sources {
  readonly #autoscalers: Autoscalers
  readonly #states = new Map<string, SourceState>()
  readonly #byId = new Map<string, string>()
  readonly #byWorkload = new Map<string, Set<string>>()

  constructor(autoscalers: Autoscalers) {
    this.#autoscalers = autoscalers
  }

  get(key: string): SourceState | undefined {
    return this.#states.get(key)
  }

  ofId(id: string): SourceState | undefined {
    return this.#states.get(this.#byId.get(id) ?? '')
  }

  values(): MapIterator<SourceState> {
    return this.#states.values()
  }

  /** The state of a source, made where there is none yet. */
  for(dialect: FederationDialect, ref: ObjectRef): SourceState {
    const key = `${dialect.name} ${groupResourceOf(ref.type)} ${ref.namespace}/${ref.name}`
    let state = this.#states.get(key)
    if (state === undefined) {
      const { type, namespace, name } = ref
      const named = { apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`, kind: type.kind }
      const id = federatedId(dialect.name, { ...named, metadata: { name, ...(namespace === '' ? {} : { namespace }) } })
      state = newState(key, dialect, ref, id)
      this.#states.set(key, state)
      this.#byId.set(id, key)
    }
    return state
  }

  forget(state: SourceState): void {
    this.#states.delete(state.key)
    if (this.#byId.get(state.id) === state.key) this.#byId.delete(state.id)
  }

  /** An autoscaler on the hub; undefined: it is gone. Tells which sources are concerned. */
  noteAutoscaler(origin: string, autoscaler: KubeObject | undefined): string[] {
    return this.#autoscalers.note(origin, autoscaler).flatMap((workload) => [...(this.#byWorkload.get(workload) ?? [])])
  }

  /** What a source sends out now. An autoscaler among it concerns other sources, which are told. */
  noteWorkload(state: SourceState, read: Federated | undefined): string[] {
    const object = read?.workload.object
    const concerned = this.noteAutoscaler(state.id, object?.kind === autoscalerType.kind ? object : undefined)
    const workload = object && workloadKey(object)
    if (workload === state.workload) return concerned
    if (state.workload !== undefined) {
      const keys = this.#byWorkload.get(state.workload)
      if (keys?.delete(state.key) && keys.size === 0) this.#byWorkload.delete(state.workload)
    }
    state.workload = workload
    if (workload === undefined) return concerned
    let keys = this.#byWorkload.get(workload)
    if (keys === undefined) this.#byWorkload.set(workload, (keys = new Set()))
    keys.add(state.key)
    return concerned
  }
}
