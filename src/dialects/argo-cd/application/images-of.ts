import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

/** The images of all containers in the objects, sorted, each once. */
export function imagesOf(objects: readonly KubeObject[]): string[] {
  const images = new Set<string>()
  const visitPod = (spec: unknown) => {
    if (!isObject(spec)) return
    for (const list of [spec.containers, spec.initContainers]) {
      if (!Array.isArray(list)) continue
      for (const container of list) if (isObject(container) && typeof container.image === 'string') images.add(container.image)
    }
  }
  for (const { kind, spec } of objects) {
    if (!isObject(spec)) continue
    if (kind === 'Pod') visitPod(spec)
    const template =
      kind === 'CronJob' && isObject(spec.jobTemplate) && isObject(spec.jobTemplate.spec)
        ? spec.jobTemplate.spec.template
        : spec.template
    if (isObject(template)) visitPod(template.spec)
  }
  return [...images].sort()
}
