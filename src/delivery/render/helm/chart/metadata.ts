import { isObject } from '../../../../base/json.js'
import { parseVersion } from '../../../../formats/semver/version.js'
import { formatGoNumber } from '../../../../formats/yaml/go-number.js'
import { HelmError } from '../helm-error.js'
import type { ChartMetadata, Dependency, Maintainer } from './chart.js'

export function emptyMetadata(): ChartMetadata {
  return {
    name: '',
    home: '',
    sources: [],
    version: '',
    description: '',
    keywords: [],
    maintainers: [],
    icon: '',
    apiVersion: '',
    condition: '',
    tags: '',
    appVersion: '',
    deprecated: false,
    annotations: undefined,
    kubeVersion: '',
    dependencies: undefined,
    type: '',
  }
}

const texts = [
  'name',
  'home',
  'version',
  'description',
  'icon',
  'apiVersion',
  'condition',
  'tags',
  'appVersion',
  'kubeVersion',
  'type',
] as const

/** Takes over what a document (Chart.yaml, requirements.yaml) says; `file` is named when a field has the wrong type. */
export function decodeMetadata(into: ChartMetadata, document: unknown, file: string): void {
  if (document === null) return
  if (!isObject(document)) throw wrongType(file, jsonType(document), 'value of type chart.Metadata')
  const read = decoder(file, 'Metadata')
  for (const field of texts) into[field] = read.text(document, field, into[field])
  into.deprecated = read.flag(document, 'deprecated', into.deprecated)
  into.sources = read.list(document, 'sources')?.map((item) => read.item(item, 'sources')) ?? into.sources
  into.keywords = read.list(document, 'keywords')?.map((item) => read.item(item, 'keywords')) ?? into.keywords
  into.maintainers = read.list(document, 'maintainers')?.map((item) => decodeMaintainer(item, file)) ?? into.maintainers
  const annotations = document['annotations']
  if (isObject(annotations)) {
    into.annotations = Object.fromEntries(
      Object.entries(annotations).map(([key, value]) => [key, value === null ? '' : read.item(value, 'annotations')]),
    )
  } else if (annotations !== undefined && annotations !== null) {
    throw wrongType(file, jsonType(annotations), 'Go struct field Metadata.annotations of type map[string]string')
  }
  into.dependencies = read.list(document, 'dependencies')?.map((item) => decodeDependency(item, file)) ?? into.dependencies
}

function decodeMaintainer(item: unknown, file: string): Maintainer {
  if (!isObject(item)) {
    if (item === null) throw new HelmError('validation: maintainers must not contain empty or null nodes')
    throw wrongType(file, jsonType(item), 'Go struct field Metadata.maintainers of type chart.Maintainer')
  }
  const read = decoder(file, 'Metadata.maintainers')
  return { name: read.text(item, 'name', ''), email: read.text(item, 'email', ''), url: read.text(item, 'url', '') }
}

function decodeDependency(item: unknown, file: string): Dependency {
  if (!isObject(item)) {
    if (item === null) throw new HelmError('validation: dependencies must not contain empty or null nodes')
    throw wrongType(file, jsonType(item), 'Go struct field Metadata.dependencies of type chart.Dependency')
  }
  const read = decoder(file, 'Metadata.dependencies')
  return {
    name: read.text(item, 'name', ''),
    version: read.text(item, 'version', ''),
    repository: read.text(item, 'repository', ''),
    condition: read.text(item, 'condition', ''),
    tags: read.list(item, 'tags')?.map((tag) => read.item(tag, 'tags')) ?? [],
    enabled: false,
    importValues: [...(read.list(item, 'import-values') ?? [])],
    alias: read.text(item, 'alias', ''),
  }
}

function decoder(file: string, struct: string) {
  const fail = (value: unknown, field: string, type: string): never => {
    throw wrongType(file, jsonType(value), `Go struct field ${struct}.${field} of type ${type}`)
  }
  return {
    text(from: Record<string, unknown>, field: string, otherwise: string): string {
      const value = from[field]
      if (value === undefined || value === null) return otherwise
      return scalarText(value) ?? fail(value, field, 'string')
    },
    flag(from: Record<string, unknown>, field: string, otherwise: boolean): boolean {
      const value = from[field]
      if (value === undefined || value === null) return otherwise
      return typeof value === 'boolean' ? value : fail(value, field, 'bool')
    },
    list(from: Record<string, unknown>, field: string): readonly unknown[] | undefined {
      const value = from[field]
      if (value === undefined || value === null) return undefined
      return Array.isArray(value) ? value : fail(value, field, '[]string')
    },
    item(value: unknown, field: string): string {
      if (value === null) return ''
      return scalarText(value) ?? fail(value, field, 'string')
    },
  }
}

/** A scalar where a text is wanted, which YAML's readers turn into one: `appVersion: 1.10` is `1.1`. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'number' ? formatGoNumber(value) : undefined
}

/** The type of a JSON value as encoding/json's messages name it. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function wrongType(file: string, found: string, wanted: string): HelmError {
  return new HelmError(
    `cannot load ${file}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${found} into ${wanted}`,
  )
}

/** Checks a chart's metadata and cleans its texts, as Helm does when it loads a chart. */
export function validateMetadata(metadata: ChartMetadata): void {
  const invalid = (what: string) => new HelmError(`validation: ${what}`, { code: 'helm-chart-invalid' })
  for (const field of texts) {
    if (field !== 'apiVersion' && field !== 'version' && field !== 'type') metadata[field] = clean(metadata[field])
  }
  metadata.sources = metadata.sources.map(clean)
  metadata.keywords = metadata.keywords.map(clean)
  const { name, version, type } = metadata
  if (metadata.apiVersion === '') throw invalid('chart.metadata.apiVersion is required')
  if (name === '') throw invalid('chart.metadata.name is required')
  if (name === '.' || name === '..') throw invalid(`chart.metadata.name ${JSON.stringify(name)} is not allowed`)
  if (name.includes('/')) throw invalid(`chart.metadata.name ${JSON.stringify(name)} is invalid`)
  if (version === '') throw invalid('chart.metadata.version is required')
  try {
    parseVersion(version)
  } catch {
    throw invalid(`chart.metadata.version ${JSON.stringify(version)} is invalid`)
  }
  if (type !== '' && type !== 'application' && type !== 'library')
    throw invalid('chart.metadata.type must be application or library')
  metadata.maintainers = metadata.maintainers.map((each) => ({
    name: clean(each.name),
    email: clean(each.email),
    url: clean(each.url),
  }))
  const seen = new Set<string>()
  metadata.dependencies = metadata.dependencies?.map((dependency) => {
    const cleaned: Dependency = {
      ...dependency,
      name: clean(dependency.name),
      version: clean(dependency.version),
      repository: clean(dependency.repository),
      condition: clean(dependency.condition),
      tags: dependency.tags.map(clean),
    }
    if (cleaned.alias !== '' && !/^[a-zA-Z0-9_-]+$/.test(cleaned.alias))
      throw invalid(`dependency ${JSON.stringify(cleaned.name)} has disallowed characters in the alias`)
    const key = cleaned.alias === '' ? cleaned.name : cleaned.alias
    if (seen.has(key)) throw invalid(`more than one dependency with name or alias ${JSON.stringify(key)}`)
    seen.add(key)
    return cleaned
  })
}

/** White space becomes a space, characters that do not print go. */
function clean(text: string): string {
  return text.replace(/[\s\u0085]/gu, ' ').replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, '')
}
