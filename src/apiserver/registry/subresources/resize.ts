import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { partSubresource } from './parent.js'

interface Container {
  name?: string
  resources?: unknown
  resizePolicy?: unknown
}

/**
 * pods/resize: the resources and resize policies of containers, and nothing else. Containers that are others, or in another
 * order, are left for validation to refuse.
 */
export const resize = partSubresource(takeResources, { sentIsOwned: true })

function takeResources(object: KubeObject, sent: KubeObject): void {
  const spec = object['spec']
  const wanted = sent['spec']
  if (!isObject(wanted) || !isObject(spec)) return
  for (const key of ['containers', 'initContainers']) {
    const now = (wanted[key] ?? []) as Container[]
    const then = (spec[key] ?? []) as Container[]
    const same = now.length === then.length && now.every(({ name }, index) => name === then[index]?.name)
    if (!same) spec[key] = now
    else spec[key] = then.map((container, index) => resized(container, now[index] as Container))
  }
  if (Array.isArray(spec['initContainers']) && spec['initContainers'].length === 0) delete spec['initContainers']
}

function resized(container: Container, { resources, resizePolicy }: Container): Container {
  const { resources: _, resizePolicy: __, ...rest } = container
  return {
    ...rest,
    ...(resources === undefined ? {} : { resources }),
    ...(resizePolicy === undefined ? {} : { resizePolicy }),
  }
}
