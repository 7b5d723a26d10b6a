import { messageOf } from '../../../../base/errors.js'
import type { JsonObject } from '../../../../base/json.js'
import { HelmError } from '../helm-error.js'
import type { HelmMajor } from '../helm-major.js'
import { readTables } from '../values/merge-values.js'
import type { Chart, ChartFile, ChartMetadata } from './chart.js'
import { decodeMetadata, emptyMetadata, validateMetadata } from './metadata.js'
import { readYaml } from './yaml.js'

/**
 * Opens a packed chart (tar with gzip) and gives its files, with the directory that they stand in cut off their names.
 * Throws an Error that says what is wrong with the archive.
 */
export type OpenArchive = (bytes: Uint8Array) => readonly ChartFile[]

export interface LoadOptions {
  /** Absent: packed sub-charts are refused. */
  readonly openArchive?: OpenArchive
  readonly warn: (message: string) => void
  /** 3 unless told. */
  readonly helmMajor?: HelmMajor
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const decoded = new WeakMap<Uint8Array, string>()

/** A file's text. Bytes that stay the same object, as those of kept trees do, are decoded once. */
export function textOf({ data }: ChartFile): string {
  let text = decoded.get(data)
  if (text === undefined) {
    text = decoder.decode(data)
    decoded.set(data, text)
  }
  return text
}

/** Makes a chart of its files, and of the charts below charts/. Throws HelmError with Helm's messages. */
export function loadChart(files: readonly ChartFile[], options: LoadOptions, depth = 0): Chart {
  if (depth > 32) throw new HelmError('charts are packed inside each other more than 32 deep')
  let metadata: ChartMetadata | undefined
  for (const file of files) {
    if (file.name !== 'Chart.yaml') continue
    metadata ??= emptyMetadata()
    decodeMetadata(metadata, parsed(file), 'Chart.yaml')
    if (metadata.apiVersion === '') metadata.apiVersion = 'v1'
  }
  const isFirst = () => (metadata ??= emptyMetadata()).apiVersion === 'v1'
  let values: JsonObject = {}
  let schema: Uint8Array | undefined
  const templates: ChartFile[] = []
  const others: ChartFile[] = []
  const inner = new Map<string, ChartFile[]>()
  for (const file of files) {
    const { name } = file
    if (name === 'Chart.yaml') continue
    if (name === 'Chart.lock') parsed(file)
    else if (name === 'values.yaml') values = readTable(file, options.helmMajor ?? 3)
    else if (name === 'values.schema.json') schema = file.data
    else if (name === 'requirements.yaml') {
      if (!isFirst())
        options.warn(
          'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". We recommend migrating dependencies to Chart.yaml.',
        )
      decodeMetadata(metadata!, parsed(file), 'requirements.yaml')
      if (isFirst()) others.push(file)
    } else if (name === 'requirements.lock') {
      parsed(file)
      if (isFirst()) others.push(file)
      else
        options.warn(
          'Warning: Dependency locking is handled in Chart.lock since apiVersion "v2". We recommend migrating to Chart.lock.',
        )
    } else if (name.startsWith('templates/')) templates.push(file)
    else if (name.startsWith('charts/') && !name.endsWith('.prov')) {
      const path = name.slice('charts/'.length)
      const first = path.split('/', 1)[0]!
      const group = inner.get(first)
      const entry = { name: path, data: file.data }
      if (group === undefined) inner.set(first, [entry])
      else group.push(entry)
    } else others.push(file)
  }
  if (metadata === undefined) throw new HelmError('Chart.yaml file is missing')
  if (options.helmMajor === 4 && depth === 0 && !['v1', 'v2', 'v3'].includes(metadata.apiVersion))
    throw new HelmError('unsupported chart version')
  validateMetadata(metadata)
  const chart: Chart = { metadata, values, schema, templates, files: others, dependencies: [], parent: undefined }
  for (const [name, group] of [...inner].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name.startsWith('_') || name.startsWith('.')) continue
    try {
      const child = loadChart(innerFiles(name, group, metadata.name, options), options, depth + 1)
      child.parent = chart
      chart.dependencies.push(child)
    } catch (error) {
      throw new HelmError(`error unpacking subchart ${name} in ${metadata.name}: ${messageOf(error)}`, { cause: error })
    }
  }
  return chart
}

function innerFiles(name: string, group: readonly ChartFile[], parent: string, options: LoadOptions): readonly ChartFile[] {
  if (!name.endsWith('.tgz')) {
    return group.flatMap((file) => {
      const slash = file.name.indexOf('/')
      return slash === -1 ? [] : [{ name: file.name.slice(slash + 1), data: file.data }]
    })
  }
  const [file] = group
  if (file!.name !== name) throw new HelmError(`error unpacking subchart tar in ${parent}: expected ${name}, got ${file!.name}`)
  if (options.openArchive === undefined) throw new HelmError('packed charts cannot be opened here: unpack it below charts/')
  return options.openArchive(file!.data)
}

function parsed(file: ChartFile): unknown {
  try {
    return readYaml(textOf(file))
  } catch (error) {
    throw new HelmError(`cannot load ${file.name}: ${messageOf(error)}`, { cause: error })
  }
}

function readTable(file: ChartFile, helmMajor: HelmMajor): JsonObject {
  try {
    return readTables(textOf(file), helmMajor) as JsonObject
  } catch (error) {
    throw new HelmError(`cannot load ${file.name}: ${messageOf(error)}`, { cause: error })
  }
}
