import type { KubeDocument } from '../model/document.js'
import type { FleetModel, PodSpecView } from '../model/fleet-model.js'
import { applicationOf } from './application-of.js'

/** Pod templates by application and namespace, so that Services find theirs without looking at all. */
export class SelectedPods {
  readonly #model: FleetModel
  readonly #byLabel = new Map<string, PodSpecView[]>()
  readonly #byApplication = new Map<string, PodSpecView[]>()

  constructor(model: FleetModel) {
    this.#model = model
    for (const pod of model.podSpecs) {
      push(this.#byApplication, applicationOf(pod.object), pod)
      const cluster = this.#clusterOf(pod.object)
      for (const [key, value] of Object.entries(labelsOf(pod))) {
        push(this.#byLabel, `${key}=${value}`, pod)
        push(this.#byLabel, `${cluster}|${key}=${value}`, pod)
      }
    }
  }

  /** The pod templates that a selector matches in the namespace of what has it. */
  of(selector: Readonly<Record<string, string>>, from: KubeDocument): PodSpecView[] {
    const wanted = Object.entries(selector)
    const [first] = wanted
    if (first === undefined) return []
    const label = `${first[0]}=${first[1]}`
    const cluster = this.#clusterOf(from)
    const found =
      cluster === ''
        ? (this.#byLabel.get(label) ?? [])
        : [...(this.#byLabel.get(`${cluster}|${label}`) ?? []), ...(this.#byLabel.get(`|${label}`) ?? [])]
    return found.filter((pod) => {
      const labels = labelsOf(pod)
      return mayShareNamespace(pod.object, from) && wanted.every(([key, value]) => labels[key] === value)
    })
  }

  #clusterOf(object: KubeDocument): string {
    return this.#model.clusterOf(object)?.name ?? object.cluster ?? ''
  }

  /** Those that are applied together with an object, into its namespace. */
  beside(from: KubeDocument): PodSpecView[] {
    return (this.#byApplication.get(applicationOf(from)) ?? []).filter((pod) => mayShareNamespace(pod.object, from))
  }
}

const cache = new WeakMap<FleetModel, SelectedPods>()

export function selectedPods(model: FleetModel): SelectedPods {
  let known = cache.get(model)
  if (known === undefined) {
    known = new SelectedPods(model)
    cache.set(model, known)
  }
  return known
}

/** Labels of the pods; those that controllers add are told apart by `isGivenByController`. */
export function labelsOf({ metadata }: PodSpecView): Readonly<Record<string, unknown>> {
  return metadata.map('labels')
}

export function isGivenByController(key: string): boolean {
  return /(^|\.)kubernetes\.io\/pod-(name|index)$|pod-template-hash$|^controller-revision-hash$|job-name$/.test(key)
}

/** A selector whose values are all text; undefined for anything else. */
export function selectorOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value)
  return entries.length > 0 && entries.every(([, each]) => typeof each === 'string')
    ? (value as Record<string, string>)
    : undefined
}

function mayShareNamespace(a: KubeDocument, b: KubeDocument): boolean {
  return a.namespace === undefined || b.namespace === undefined || a.namespace === b.namespace
}

function push(map: Map<string, PodSpecView[]>, key: string, pod: PodSpecView): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [pod])
  else known.push(pod)
}
