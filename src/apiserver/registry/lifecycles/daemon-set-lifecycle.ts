import { equalJson, isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Lifecycle } from './lifecycle.js'

const generation = 'deprecated.daemonset.template.generation'

/** How often the template changed, in the annotation that stands for a field of older versions. */
export const daemonSetLifecycle: Lifecycle = {
  beforeCreate(_scope, object) {
    setGeneration(object, Math.max(1, generationOf(object)))
  },
  beforeUpdate(_scope, object, previous) {
    const changed = !equalJson(templateOf(object), templateOf(previous))
    setGeneration(object, Math.max(1, generationOf(previous)) + (changed ? 1 : 0))
  },
}

/** The annotation is there before anybody's fields are counted: it stands for a field that always has a value. */
export function withTemplateGeneration(object: KubeObject): KubeObject {
  const { annotations } = object.metadata
  if (annotations?.[generation] === undefined) object.metadata.annotations = { ...annotations, [generation]: '0' }
  return object
}

function generationOf(object: KubeObject): number {
  return Number.parseInt(object.metadata.annotations?.[generation] ?? '0', 10) || 0
}

function setGeneration(object: KubeObject, value: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [generation]: String(value) }
}

function templateOf(object: KubeObject): unknown {
  return isObject(object['spec']) ? object['spec']['template'] : undefined
}
