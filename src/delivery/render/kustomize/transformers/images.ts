import { Stalled } from '../../../../base/errors.js'
import { isObject } from '../../../../base/json.js'
import { buildError } from '../build-error.js'
import { scalarText } from '../resources/resource.js'
import type { ResourceList } from '../resources/resource-list.js'
import { compilePattern, type Pattern } from '../resources/selector.js'
import type { ImageEntry } from '../sources/kustomization.js'
import { type FieldSpec, setAt, visitField } from './field-spec.js'

/**
 * Changes images by name, everywhere below a list `containers` or `initContainers` and at the fields of the specs. Both
 * are tried one after the other, as in kustomize: a tag suffix can therefore land twice. CRDs are left alone.
 */
export function setImages(list: ResourceList, entry: ImageEntry, specs: readonly FieldSpec[]): void {
  const edit = imageEditor(entry)
  for (const resource of list.items) {
    if (resource.object === undefined || resource.kind === 'CustomResourceDefinition') continue
    editContainers(resource.object, edit)
  }
  for (const resource of list.items) {
    if (resource.kind === 'CustomResourceDefinition') continue
    for (const spec of specs) {
      visitField(resource, spec, undefined, (parent, key, value) => {
        if (value === null) return
        if (typeof value === 'object') throw buildError('wrong node kind: expected a scalar')
        const edited = edit(scalarText(value))
        if (edited !== undefined) setAt(parent, key, edited)
      })
    }
  }
}

function editContainers(node: unknown, edit: ImageEdit): void {
  if (Array.isArray(node)) {
    for (const item of node) if (typeof item === 'object') editContainers(item, edit)
    return
  }
  if (!isObject(node)) return
  for (const key of Object.keys(node)) {
    const value = node[key]
    if (typeof value !== 'object' || value === null) continue
    editContainers(value, edit)
    if ((key !== 'containers' && key !== 'initContainers') || !Array.isArray(value)) continue
    for (const container of value) {
      if (!isObject(container)) continue
      const image = container['image']
      if (image === undefined || image === null) continue
      if (typeof image === 'object') throw buildError('wrong node kind: expected a scalar at image')
      const edited = edit(scalarText(image))
      if (edited !== undefined) container['image'] = edited
    }
  }
}

/** Undefined where the image is not the one meant: it is not written at all then. */
type ImageEdit = (image: string) => string | undefined

function imageEditor(entry: ImageEntry): ImageEdit {
  const wanted = entry.name ?? ''
  // The name goes into a regular expression as it is, in kustomize too; most names need none.
  const isLiteral = /^[\w/-]*$/.test(wanted)
  const pattern = imagePattern(wanted)
  return (image) => {
    if (isLiteral && !image.startsWith(wanted)) return undefined
    if (pattern === undefined || !pattern.test(image)) return undefined
    let { name, tag, digest } = splitImage(image)
    if ((entry.newName ?? '') !== '') name = entry.newName!
    const newTag = entry.newTag ?? ''
    const newDigest = entry.digest ?? ''
    if (newTag !== '' || newDigest !== '') {
      tag = newTag
      digest = newDigest
    } else if ((entry.tagSuffix ?? '') !== '') {
      tag += entry.tagSuffix!
      digest = ''
    }
    return `${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`
  }
}

/** Undefined for a name that is no regular expression: it matches no image. */
function imagePattern(name: string): Pattern | undefined {
  try {
    return compilePattern(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$`)
  } catch (error) {
    if (error instanceof Stalled) return undefined
    throw error
  }
}

/** The parts of `[host[:port]/]name[:tag][@digest]`. */
export function splitImage(image: string): { name: string; tag: string; digest: string } {
  const slash = Math.max(image.indexOf('/'), 0)
  const at = image.indexOf('@', slash)
  const colon = image.indexOf(':', slash)
  if (at === -1 && colon === -1) return { name: image, tag: '', digest: '' }
  if (at !== -1 && (colon === -1 || at < colon)) return { name: image.slice(0, at), tag: '', digest: image.slice(at + 1) }
  if (at !== -1) return { name: image.slice(0, colon), tag: image.slice(colon + 1, at), digest: image.slice(at + 1) }
  return { name: image.slice(0, colon), tag: image.slice(colon + 1), digest: '' }
}
