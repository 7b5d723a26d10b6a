import type { JsonObject } from '../../base/json.js'

/** Where on its way a step stands: the object as written, what it means, what the hub does with it, each cluster. */
export type Layer = 'dialect' | 'model' | 'engine' | 'cluster'

/** `waits`: it goes on by itself once something happens. `bad`: a person has to look. */
export type StepState = 'ok' | 'info' | 'waits' | 'bad'

export interface Step {
  readonly layer: Layer
  /** `source`, `sync`, the name of a cluster. */
  readonly what: string
  readonly state: StepState
  /** The hub's own words: as in conditions, events and decisions. */
  readonly why: string
  /** RFC 3339. */
  readonly since?: string
}

/** Why something on the hub is as it is. */
export interface FleetExplanation {
  /** `Application argocd/web` */
  readonly object: string
  /** In a few words: `OutOfSync, Degraded`. */
  readonly state: string
  readonly steps: readonly Step[]
  /** What has to happen before it goes on; empty where nothing is open. */
  readonly waitsFor: readonly string[]
  /** What programs may want beside the steps: a whole decision, a ranking. */
  readonly details?: JsonObject
}

/** Collects steps in order. */
export class Steps {
  readonly list: Step[] = []
  readonly waitsFor: string[] = []

  add(layer: Layer, what: string, state: StepState, why: string, since?: string): this {
    this.list.push({ layer, what, state, why, ...(since === undefined ? {} : { since }) })
    return this
  }

  waits(what: string): this {
    if (!this.waitsFor.includes(what)) this.waitsFor.push(what)
    return this
  }
}

/** `a, b, c and 4 more` */
export function someOf(names: readonly string[], most = 4): string {
  return names.length <= most ? names.join(', ') : `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`
}

const layers: readonly Layer[] = ['dialect', 'model', 'engine', 'cluster']

/** From the object as written to the clusters; within a layer as they were found. */
export function inOrder(steps: readonly Step[]): readonly Step[] {
  return [...steps].sort((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer))
}

/** `1 object`, `3 objects` */
export function countOf(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}
