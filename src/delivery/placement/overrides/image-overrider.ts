import { CodedError } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { JsonPatchOperation } from '../../../formats/json-patch/json-patch.js'
import { resolvePointer } from '../../../formats/json-pointer/json-pointer.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { containersOf } from './container-lists.js'
import { formatImageName, type ImageName, parseImageName, withTagOrDigest } from './image-name.js'

export interface ImageOverrider {
  /** Which image; absent: of every container (not init containers) of the kinds that Kubernetes has for pods. */
  readonly predicate?: { readonly path: string }
  readonly component: string
  readonly operator: string
  readonly value?: string
}

export function patchImages(object: KubeObject, overrider: ImageOverrider): JsonPatchOperation[] {
  if (overrider.predicate !== undefined) {
    const { path } = overrider.predicate
    const image = path.startsWith('/') ? resolvePointer(object, path) : undefined
    if (typeof image !== 'string') {
      throw new CodedError({
        code: 'image-path-invalid',
        message: `imageOverrider: there is no text at predicate path ${JSON.stringify(path)} of ${object.kind} ${object.metadata.name}`,
        fix: 'Write the path of an image, such as /spec/template/spec/containers/0/image.',
      })
    }
    return [{ op: 'replace', path, value: override(image, overrider) }]
  }
  const found = containersOf(object)
  if (found === undefined) return []
  return found.containers.map((container, index) => ({
    op: 'replace',
    path: `${found.path}/${index}/image`,
    value: override(isObject(container) && typeof container['image'] === 'string' ? container['image'] : '', overrider),
  }))
}

function override(text: string, { component, operator, value = '' }: ImageOverrider): string {
  const image = parseImageName(text)
  const changed = (old: string) =>
    operator === 'add' ? old + value : operator === 'replace' ? value : operator === 'remove' ? '' : old
  return formatImageName(changeComponent(image, component, operator, changed))
}

function changeComponent(image: ImageName, component: string, operator: string, changed: (old: string) => string): ImageName {
  switch (component) {
    case 'Registry':
      return { ...image, registry: changed(image.registry) }
    case 'Repository':
      return { ...image, repository: changed(image.repository) }
    case 'Tag':
      if (operator === 'remove') return image.tag !== '' ? { ...image, tag: '' } : { ...image, digest: '' }
      return withTagOrDigest(image, changed(image.tag !== '' ? image.tag : image.digest))
    default:
      throw new CodedError({
        code: 'image-component-invalid',
        message: `unsupported image component(${component})`,
        fix: 'Write Registry, Repository or Tag.',
      })
  }
}
