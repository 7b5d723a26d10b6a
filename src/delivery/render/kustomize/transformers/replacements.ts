import { Stalled } from '../../../../base/errors.js'
import { cloneJson, isObject, setOwn } from '../../../../base/json.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import { isIntegerText, plainKind } from '../../../../formats/yaml/resolve-scalar.js'
import { numberText, untypedText } from '../../../../formats/yaml/source-marks.js'
import { type BuildBudget, sizeOf } from '../build-budget.js'
import { buildError } from '../build-error.js'
import { splitListPart, splitObjectPath } from '../resources/object-path.js'
import { formatId, type Resource, type ResourceId, scalarText } from '../resources/resource.js'
import type { ResourceList } from '../resources/resource-list.js'
import { anchoredPattern, compilePattern, fromLabelText } from '../resources/selector.js'
import { formatStructuredText, parseStructuredText, WrittenText } from '../resources/structured-text.js'
import { retyped, setUntyped } from '../resources/untyped-scalar.js'
import {
  type FieldOptions,
  type Replacement,
  type ReplacementEntry,
  type ResourceSelector,
  replacementShape,
} from '../sources/kustomization.js'
import type { Loader } from '../sources/loader.js'
import { decodeConfiguration } from './decode-shape.js'
import { setAt } from './field-spec.js'
import { writeShared } from './shared-values.js'

/** Copies values from fields of one resource into fields of others. */
export async function applyReplacements(list: ResourceList, entries: readonly ReplacementEntry[], loader: Loader): Promise<void> {
  for (const entry of entries) {
    if ((entry.path ?? '') === '') {
      const { budget } = loader
      budget.work(() => applyReplacement(list, entry, `replacements of ${loader.name('') || '.'}`, budget))
      continue
    }
    if (entry.source !== undefined || (entry.targets?.length ?? 0) > 0) {
      throw buildError(`${loader.name(entry.path!)}: cannot specify both path and inline replacement`)
    }
    const name = loader.name(entry.path!)
    const text = await loader.loadText(entry.path!)
    loader.budget.work(() => applyReplacementsOf(text, name, list, loader.budget))
  }
}

function applyReplacementsOf(text: string, name: string, list: ResourceList, budget: BuildBudget): void {
  const data = parseYaml(text, { source: name })
  const shape = Array.isArray(data) ? ({ list: replacementShape } as const) : replacementShape
  const decoded = decodeConfiguration(data, shape, name) as Replacement | Replacement[] | undefined
  if (decoded === undefined)
    throw buildError(`${name}: unsupported replacement type encountered within replacement path: nothing`)
  for (const replacement of Array.isArray(decoded) ? decoded : [decoded]) applyReplacement(list, replacement, name, budget)
}

function applyReplacement(list: ResourceList, replacement: Replacement, where: string, budget: BuildBudget): void {
  const { source, sourceValue, targets } = replacement
  if ((source === undefined && sourceValue === undefined) || targets === undefined)
    throw buildError(`${where}: replacements must specify a source and at least one target`)
  if (source !== undefined && sourceValue !== undefined)
    throw buildError(`${where}: value and resource selectors are mutually exclusive`)
  const value = source === undefined ? sourceValue : readSource(list, source, where)
  const plain = source === undefined
  const size = sizeOf(value)
  for (const target of targets) {
    if (target.select === undefined) throw buildError(`${where}: target must specify resources to select`)
    const paths = (target.fieldPaths?.length ?? 0) === 0 ? ['metadata.name'] : target.fieldPaths!
    const selects = fromLabelText(target.select)
    const picks = pickerOf(target.select)
    const rejects = (target.reject ?? []).filter(
      (reject) => (reject.labelSelector ?? '') !== '' || (reject.annotationSelector ?? '') !== '',
    )
    const rejectsByLabel = rejects.map(fromLabelText)
    const rejectedIds = (target.reject ?? []).filter((reject) =>
      [reject.group, reject.version, reject.kind, reject.name, reject.namespace].some((part) => (part ?? '') !== ''),
    )
    const rejectsById = rejectedIds.map(pickerOf)
    for (const resource of list.items) {
      if (!selects(resource) || rejectsByLabel.some((rejected) => rejected(resource))) continue
      const ids = resource.allIds()
      if (!ids.some(picks) || rejectsById.some((rejected) => ids.some(rejected))) continue
      for (const path of paths) {
        budget.checkTime(where)
        budget.spend(size, `${where}: field "${path}" of ${formatId(resource.currentId())}`)
        copyTo(resource, path, { value, plain }, target.options, where)
      }
    }
  }
}

/** Anchored regular expressions, as in the targets of patches. */
function pickerOf(selector: ResourceSelector): (id: ResourceId) => boolean {
  const [group, version, kind] = [selector.group, selector.version, selector.kind].map(anchoredPattern)
  const [name, namespace] = [selector.name, selector.namespace].map(anchoredPattern)
  return (id) => group!(id.group) && version!(id.version) && kind!(id.kind) && name!(id.name) && namespace!(id.namespace)
}

/** Exact parts, unlike the regular expressions in patch targets. */
function isPicked(id: ResourceId, selector: ResourceSelector): boolean {
  const { group = '', version = '', kind = '', name = '', namespace = '' } = selector
  return (
    (name === '' || name === id.name) &&
    (namespace === '' || namespace === id.effectiveNamespace) &&
    (group === '' || group === id.group) &&
    (version === '' || version === id.version) &&
    (kind === '' || kind === id.kind)
  )
}

function readSource(list: ResourceList, source: NonNullable<Replacement['source']>, where: string): unknown {
  const described = ['kind', 'version', 'group', 'name', 'namespace']
    .map((part) => source[part as keyof ResourceSelector])
    .filter((part) => (part ?? '') !== '')
    .join(' ')
  const found = list.items.filter((resource) => resource.allIds().some((id) => isPicked(id, source)))
  if (found.length > 1) throw buildError(`${where}: multiple matches for selector ${described}`)
  const [resource] = found
  if (resource === undefined) throw buildError(`${where}: nothing selected by ${described}`)
  const path = (source.fieldPath ?? '') === '' ? 'metadata.name' : source.fieldPath!
  const value = lookUp(resource.object, splitObjectPath(path))
  if (isNothing(value)) {
    throw buildError(`${where}: fieldPath \`${path}\` is missing for replacement source ${formatId(resource.currentId())}`)
  }
  const delimiter = source.options?.delimiter ?? ''
  if (delimiter === '') return value
  if (typeof value === 'object') throw buildError(`${where}: delimiter option can only be used with scalar nodes`)
  const parts = scalarText(value).split(delimiter)
  const index = source.options?.index ?? 0
  if (index < 0 || index >= parts.length)
    throw buildError(`${where}: options.index ${index} is out of bounds for value ${scalarText(value)}`)
  return typeof value === 'string' ? parts[index]! : retyped(parts[index]!)
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function lookUp(object: unknown, path: readonly string[]): unknown {
  let value = object
  for (const raw of path) {
    const part = raw.trim()
    if (part === '') continue
    const listPart = splitListPart(part)
    if (listPart !== undefined) {
      if (!Array.isArray(value)) return undefined
      value = value.find((item) =>
        listPart.key === ''
          ? scalarText(item) === listPart.value
          : isObject(item) && Object.hasOwn(item, listPart.key) && scalarText(item[listPart.key]) === listPart.value,
      )
    } else if (Array.isArray(value)) {
      if (part === '-') value = value[value.length - 1]
      else if (/^\d+$/.test(part)) value = value[Number(part)]
      else return undefined
    } else value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
    if (value === undefined || value === null) return undefined
  }
  return value
}

/** A field in a target: `container[key]`. `created` says that it was not there before. */
interface Place {
  readonly container: Record<string, unknown> | unknown[]
  readonly key: string | number
  readonly created: boolean
}

/** What is copied; `plain` is a text that gets the type it would have in YAML where a field is made of it. */
interface Copied {
  readonly value: unknown
  readonly plain: boolean
}

function copyTo(resource: Resource, path: string, copied: Copied, options: FieldOptions | undefined, where: string): void {
  if (resource.object === undefined) return
  const create = options?.create === true
  const parts = splitObjectPath(path)
  if (copyIntoText(resource, parts, copied, options, where)) return
  const finder = new PlaceFinder(create, copied.value)
  finder.find(resource.object, parts, where)
  if (finder.places.length === 0) {
    const verb = create ? 'find or create' : 'find'
    throw buildError(
      `${where}: unable to ${verb} field "${path}" in replacement target ${formatId(resource.currentId())}`,
      create ? undefined : 'Check the path, or set options.create.',
    )
  }
  const { annotations } = resource.metadata() ?? {}
  for (const place of finder.places) {
    // Annotations are text, whatever they are made of.
    const isText = place.container === annotations
    setPlace(isText ? { ...place, created: false } : place, copied, options, where, false, isText)
  }
}

/** Where a path leads into data that is written as text in a field: the text is written anew. False where it does not. */
function copyIntoText(
  resource: Resource,
  parts: readonly string[],
  copied: Copied,
  options: FieldOptions | undefined,
  where: string,
): boolean {
  for (let length = 1; length < parts.length; length++) {
    const text = lookUp(resource.object, parts.slice(0, length))
    if (text === undefined) return false
    if (typeof text === 'object' && text !== null) continue
    const data = typeof text === 'string' ? parseStructuredText(text) : undefined
    if (data === undefined) return false
    try {
      const finder = new PlaceFinder(options?.create === true, copied.value)
      finder.find(data, parts.slice(length), where)
      if (finder.places.length === 0) return false
      for (const place of finder.places) setPlace(place, copied, options, where, true)
    } catch (error) {
      if (error instanceof Stalled) return false
      throw error
    }
    const outer = new PlaceFinder(false, '')
    outer.find(resource.object, parts.slice(0, length), where)
    const [place] = outer.places
    if (place === undefined) return false
    const written = formatStructuredText(data, text as string)
    if (written !== undefined) setAt(place.container, place.key, written)
    return true
  }
  return false
}

class PlaceFinder {
  readonly places: Place[] = []
  readonly #creates: boolean
  readonly #value: unknown

  constructor(creates: boolean, value: unknown) {
    this.#creates = creates
    this.#value = value
  }

  find(node: unknown, path: readonly string[], where: string, place?: Place): void {
    const [part, ...rest] = path
    if (part === undefined) {
      if (place !== undefined) this.places.push(place)
      return
    }
    const listPart = splitListPart(part)
    if (/^\d+$/.test(part) && (Array.isArray(node) || !isObject(node))) this.#inIndex(node, Number(part), rest, where)
    else if (listPart !== undefined) this.#inMatching(node, listPart, rest, where)
    else if (part === '*') {
      if (!Array.isArray(node)) {
        if (node !== undefined && node !== null) throw buildError(`${where}: * needs a list`)
        return
      }
      for (const [index, item] of node.entries()) this.find(item, rest, where, { container: node, key: index, created: false })
    } else this.#inField(node, part, rest, where)
  }

  #inField(node: unknown, name: string, rest: readonly string[], where: string): void {
    if (node === null || node === undefined) return
    if (!isObject(node)) throw buildError(`${where}: wrong node kind: expected a map at ${name}`)
    const has = Object.hasOwn(node, name)
    if (!has && !this.#creates) return
    if (!has) setOwn(node, name, this.#made(rest[0]))
    const field = node[name]
    // Found in the data that a text holds, but what is written there is lost: so does kustomize, behind a `*`.
    if (rest.length > 0 && typeof field === 'string') {
      this.find(parseStructuredText(field) ?? field, rest, where)
      return
    }
    this.find(field, rest, where, { container: node, key: name, created: !has })
  }

  #inIndex(node: unknown, index: number, rest: readonly string[], where: string): void {
    if (!Array.isArray(node)) {
      if (node !== undefined && node !== null) throw buildError(`${where}: wrong node kind: expected a list`)
      return
    }
    let created = false
    if (node.length === index && this.#creates) {
      node.push(this.#made(rest[0]))
      created = true
    }
    if (index >= node.length) throw buildError(`${where}: index ${index} specified but only ${node.length} elements found`)
    this.find(node[index], rest, where, { container: node, key: index, created })
  }

  #inMatching(node: unknown, part: { key: string; value: string }, rest: readonly string[], where: string): void {
    if (!Array.isArray(node)) {
      if (node !== undefined && node !== null) throw buildError(`${where}: wrong node kind: expected a list`)
      return
    }
    const pattern = compilePattern(part.value)
    const visit = () => {
      const before = this.places.length
      for (const [index, item] of node.entries()) {
        const text = part.key === '' ? item : isObject(item) && Object.hasOwn(item, part.key) ? item[part.key] : undefined
        if (text === undefined || !pattern.test(scalarText(text))) continue
        if (part.key === '') this.places.push({ container: node, key: index, created: false })
        else this.find(item, rest, where, { container: node, key: index, created: false })
      }
      return this.places.length > before
    }
    if (visit() || !this.#creates) return
    if (part.key === '') node.push(part.value)
    else {
      const made: Record<string, unknown> = {}
      setUntyped(made, part.key, part.value)
      node.push(made)
    }
    visit()
  }

  /** What a created field is made of, by the part that follows it. */
  #made(next: string | undefined): unknown {
    if (next === undefined) return Array.isArray(this.#value) ? [] : isObject(this.#value) ? {} : ''
    return splitListPart(next) !== undefined || /^\d+$/.test(next) ? [] : {}
  }
}

function setPlace(
  place: Place,
  { value: copied, plain }: Copied,
  options: FieldOptions | undefined,
  where: string,
  inText = false,
  isText = false,
): void {
  const current = (place.container as Record<string | number, unknown>)[place.key]
  const delimiter = options?.delimiter ?? ''
  let replacement = cloneJson(copied)
  if (delimiter !== '') {
    if (typeof current === 'object' && current !== null)
      throw buildError(`${where}: delimiter option can only be used with scalar nodes`)
    const parts = scalarText(current).split(delimiter)
    const index = options?.index ?? 0
    const text = scalarText(copied)
    if (index < 0) parts.unshift(text)
    else if (index >= parts.length) parts.push(text)
    else parts[index] = text
    replacement = parts.join(delimiter)
  }
  const intoScalar = typeof current !== 'object' || current === null
  if (!intoScalar || typeof replacement === 'object') {
    if (intoScalar && !place.created) replacement = ''
    setAt(place.container, place.key, plain && typeof replacement === 'string' ? retyped(replacement) : replacement)
    return
  }
  // Only the text is taken over: the field keeps its own type, a created one gets that of the plain text.
  const text = replacement === null ? 'null' : scalarText(replacement)
  if (inText) {
    setAt(
      place.container,
      place.key,
      new WrittenText(text, place.created ? undefined : typeOf(current), isIntegerAt(place, current)),
    )
    return
  }
  if (Array.isArray(place.container)) {
    setAt(place.container, place.key, place.created ? retyped(text) : keepingType(place, current, text, where))
    return
  }
  const key = String(place.key)
  if (!isText && (place.created || untypedText(place.container, key) !== undefined)) setUntyped(place.container, key, text)
  else writeShared(place.container, key, keepingType(place, current, text, where))
}

/** The text read as what the field has been all along. */
function keepingType(place: Place, current: unknown, text: string, where: string): unknown {
  const type = typeOf(current)
  if (type === 'string') return text
  const value = retyped(text)
  const found = plainKind(text, 'kyaml')
  const isInteger = type === 'number' && isIntegerAt(place, current)
  if (found === type && (!isInteger || isIntegerText(text))) return value
  const from = found === 'number' ? (isIntegerText(text) ? 'int' : 'float') : (yamlTags[found] ?? 'float')
  const to = type === 'number' ? (isInteger ? 'int' : 'float') : yamlTags[type ?? 'null']
  throw buildError(
    `${where}: cannot decode !!${from} \`${text}\` as a !!${to}`,
    'Replace a field by what is of its type, or a text in quotes.',
  )
}

/** `1.0` is a float to YAML, although the number is whole. */
function isIntegerAt(place: Place, current: unknown): boolean {
  if (!Number.isInteger(current)) return false
  const written = Array.isArray(place.container) ? undefined : numberText(place.container, String(place.key))
  return written === undefined || retyped(written) !== current || isIntegerText(written)
}

const yamlTags: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool', null: 'null', timestamp: 'timestamp' }

function typeOf(value: unknown): WrittenText['was'] {
  if (value === null || value === undefined) return 'null'
  return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'string'
}
