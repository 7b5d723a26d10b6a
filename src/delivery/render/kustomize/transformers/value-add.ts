import { isObject, setOwn } from '../../../../base/json.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import { isQuoted } from '../../../../formats/yaml/source-marks.js'
import { buildError } from '../build-error.js'
import { isClusterScoped } from '../resources/gvk.js'
import { type Resource, scalarText } from '../resources/resource.js'
import type { ResourceList } from '../resources/resource-list.js'
import { setUntyped } from '../resources/untyped-scalar.js'
import { type ResourceSelector, selectorShape } from '../sources/kustomization.js'
import type { Loader } from '../sources/loader.js'
import { decodeConfiguration, struct } from './decode-shape.js'
import { splitFieldPath } from './field-spec.js'

interface ValueTarget {
  readonly selector?: ResourceSelector
  readonly fieldPath?: string
  readonly filePathPosition?: number
}

const targets = { list: struct({ selector: selectorShape, fieldPath: 'text', filePathPosition: 'integer' }) } as const
export const valueAddShape = { value: 'text', targets, targetFilePath: 'text' } as const

/** The built-in ValueAddTransformer: one text into fields of many objects, or into file paths that fields hold. */
export async function addValues(list: ResourceList, config: Readonly<Record<string, unknown>>, loader: Loader): Promise<void> {
  const given = ((config['value'] ?? '') as string).trim()
  const value = given === '' ? (loader.root.split('/').pop() ?? '') : given
  const all = [...((config['targets'] ?? []) as ValueTarget[])]
  const file = (config['targetFilePath'] ?? '') as string
  if (file !== '') {
    const name = loader.name(file)
    const text = await loader.loadText(file)
    const read = loader.budget.work(() => decodeConfiguration(parseYaml(text, { source: name }), struct({ targets }), name))
    all.push(...((read as { targets?: ValueTarget[] } | undefined)?.targets ?? []))
  }
  if (all.length === 0) throw buildError('must specify at least one target')
  for (const { fieldPath = '', filePathPosition = 0 } of all) {
    if (fieldPath === '') throw buildError('fieldPath cannot be empty')
    if (filePathPosition < 0) throw buildError(`value of FilePathPosition (${filePathPosition}) cannot be negative`)
  }
  loader.budget.work(() => addAll(list, all, value))
}

function addAll(list: ResourceList, all: readonly ValueTarget[], value: string): void {
  for (const { selector, fieldPath, filePathPosition = 0 } of all) {
    const parts = splitFieldPath(fieldPath!)
    for (const resource of selector === undefined ? list.items : list.select(selector)) {
      if (fieldPath === 'metadata/namespace') {
        if (!isClusterScoped(resource.apiVersion, resource.kind)) resource.setNamespace(value)
      } else addValue(resource, parts, value, filePathPosition)
    }
    list.changed()
  }
}

function addValue(resource: Resource, parts: readonly string[], value: string, position: number): void {
  let map: Record<string, unknown> | undefined = resource.object
  if (map === undefined) return
  for (const part of parts.slice(0, -1)) {
    if (!Object.hasOwn(map, part) || map[part] === null) setOwn(map, part, {})
    const next: unknown = map[part]
    if (!isObject(next)) throw buildError(`wrong node kind: expected a map at ${part}`)
    map = next
  }
  const key = parts[parts.length - 1]!
  const present = Object.hasOwn(map, key) ? map[key] : undefined
  if (typeof present === 'object' && present !== null) throw buildError(`wrong node kind: expected a scalar at ${key}`)
  const text = position > 0 ? insertPart(scalarText(present), position - 1, value) : value
  const isText = map === resource.metadata()?.['annotations'] || (present !== undefined && isQuoted(map, key))
  if (isText) setOwn(map, key, text)
  else setUntyped(map, key, text)
}

/** A path with one more part at an index; an index beyond its end is its end. */
function insertPart(path: string, index: number, part: string): string {
  const parts = path.split('/').filter((each) => each !== '' && each !== '.')
  parts.splice(index, 0, part)
  return (path.startsWith('/') ? '/' : '') + parts.join('/')
}
