import { isObject } from '../../../base/json.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'

export const autoscalerType: ResourceType = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
}

/** A workload by what names it: `apps/Deployment shop/web`. */
export function workloadKey(object: KubeObject): string {
  return `${groupOf(object.apiVersion)}/${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

/** Which autoscaler a workload has: among the objects of the hub, and among what goes to clusters. */
export class Autoscalers {
  /** By workload: the autoscaler's name by where it was found. */
  readonly #byWorkload = new Map<string, Map<string, string>>()
  readonly #targets = new Map<string, string>()

  of(workload: KubeObject): string | undefined {
    const found = this.#byWorkload.get(workloadKey(workload))
    return found === undefined ? undefined : [...found.values()].sort()[0]
  }

  /** Takes an autoscaler in (undefined: it is gone) and tells the workloads that are concerned. */
  note(origin: string, autoscaler: KubeObject | undefined): readonly string[] {
    const before = this.#targets.get(origin)
    const after = autoscaler === undefined ? undefined : targetOf(autoscaler)
    if (before === after) return []
    if (before !== undefined) {
      this.#targets.delete(origin)
      const found = this.#byWorkload.get(before)
      if (found?.delete(origin) && found.size === 0) this.#byWorkload.delete(before)
    }
    if (after !== undefined && autoscaler !== undefined) {
      this.#targets.set(origin, after)
      let found = this.#byWorkload.get(after)
      if (found === undefined) this.#byWorkload.set(after, (found = new Map()))
      found.set(origin, autoscaler.metadata.name)
    }
    return [before, after].filter((each) => each !== undefined)
  }
}

function targetOf(autoscaler: KubeObject): string | undefined {
  const spec = autoscaler['spec']
  const ref = isObject(spec) ? spec['scaleTargetRef'] : undefined
  if (!isObject(ref)) return undefined
  const { apiVersion, kind, name } = ref
  if (typeof kind !== 'string' || typeof name !== 'string') return undefined
  const group = typeof apiVersion === 'string' ? groupOf(apiVersion) : ''
  return `${group}/${kind} ${autoscaler.metadata.namespace ?? ''}/${name}`
}
