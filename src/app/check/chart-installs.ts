import { posix } from 'node:path'
import type { GenerationProblem } from '../../areas/analysis/load/input-text.js'
import { isObject } from '../../base/json.js'
import { parseYamlDocuments } from '../../formats/yaml/parse-yaml.js'
import type { Gathered } from './gather-inputs.js'
import { generatedApplications } from './generated-applications.js'

/** One way in which a chart of the inputs is installed. */
export interface ChartInstall {
  readonly release: string
  readonly namespace?: string | undefined
  /** Values files, the lowest first: paths as the inputs have them. */
  readonly files: readonly string[]
  /** Values that are written where it is installed; they lie over the files. */
  readonly inline: Readonly<Record<string, unknown>>
  readonly set: readonly string[]
  readonly setString: readonly string[]
  readonly cluster?: string | undefined
  /** How findings name it: `Application argocd/shop`. */
  readonly by: string
  readonly file: string
}

export interface ChartInstalls {
  readonly installs: ReadonlyMap<string, readonly ChartInstall[]>
  readonly problems: readonly GenerationProblem[]
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Who installs the charts of the inputs, by the chart's folder: Applications of Argo CD (those that ApplicationSets make, too),
 * HelmReleases, fleet.yaml and `charts` of flotilla.yaml, whose path is that of a chart here. Of what has a template in it nothing is known.
 */
export async function chartInstalls({ texts, charts, roots }: Gathered): Promise<ChartInstalls> {
  const found = new Map<string, ChartInstall[]>()
  const add = (folder: string | undefined, install: ChartInstall | undefined) => {
    if (folder === undefined || install === undefined || isTemplate(install)) return
    const known = found.get(folder)
    if (known === undefined) found.set(folder, [install])
    else known.push(install)
  }
  const documents = texts.flatMap(({ path, text }) => read(path, text).map((value) => ({ path, value })))
  const { applications, problems } = await generatedApplications(documents, roots)
  if (charts.length === 0) return { installs: found, problems }
  for (const { path, value } of [...documents, ...applications]) {
    const { kind } = value
    if (kind === 'Application' && String(value['apiVersion']).startsWith('argoproj.io/'))
      for (const [folder, install] of ofApplication(path, value, charts)) add(folder, install)
    else if (kind === 'HelmRelease') {
      // A name in a repository of charts is no path.
      const isPath = /^(GitRepository|Bucket)$/.test(textAt(value, 'spec', 'chart', 'spec', 'sourceRef', 'kind') ?? '')
      const folder = isPath ? chartAt(charts, textAt(value, 'spec', 'chart', 'spec', 'chart'), path) : undefined
      if (folder !== undefined) add(folder, ofHelmRelease(path, value, folder, documents))
    } else if (posix.basename(path) === 'fleet.yaml')
      for (const [folder, install] of ofFleet(path, value, charts)) add(folder, install)
    else if (posix.basename(path) === 'flotilla.yaml')
      for (const [folder, install] of ofSettings(path, value, charts)) add(folder, install)
  }
  return { installs: found, problems }
}

function read(path: string, text: string): Fields[] {
  const isOurs = /(^|\/)(fleet|flotilla)\.yaml$/.test(path)
  // Most files install nothing: they are not parsed twice.
  if (!isOurs && !/kind:\s*["']?(Application|ApplicationSet|HelmRelease|ConfigMap|Secret)\b/.test(text)) return []
  if (!/\.ya?ml$|^stdin/.test(path)) return []
  try {
    return parseYamlDocuments(text).flatMap(({ value }) => (isObject(value) ? [value] : []))
  } catch {
    return []
  }
}

/** The chart's folder that a path of a repository means: itself, or the only one (or nearest one) that ends so. */
function chartAt(charts: readonly string[], path: string | undefined, from: string): string | undefined {
  const plain = path === undefined ? '' : posix.normalize(path).replace(/^\.?\/+|\/+$/g, '')
  if (plain === '' || plain === '.' || plain.startsWith('..')) return undefined
  const near = (folder: string) => sharedLength(folder, from)
  return charts
    .filter((folder) => folder === plain || folder.endsWith(`/${plain}`))
    .sort((a, b) => near(b) - near(a) || a.length - b.length)[0]
}

function sharedLength(a: string, b: string): number {
  const [one, two] = [a.split('/'), b.split('/')]
  let at = 0
  while (at < one.length && one[at] === two[at]) at++
  return at
}

function ofApplication(file: string, value: Fields, charts: readonly string[]): [string, ChartInstall][] {
  const spec = fieldsAt(value, 'spec')
  const sources = [spec['source'], ...listAt(spec, 'sources')].filter(isObject)
  const destination = fieldsAt(spec, 'destination')
  const name = textAt(value, 'metadata', 'name') ?? ''
  const namespace = textAt(value, 'metadata', 'namespace')
  return sources.flatMap((source): [string, ChartInstall][] => {
    const path = textAt(source, 'path')
    const folder = chartAt(charts, path, file)
    if (folder === undefined || path === undefined) return []
    const helm = fieldsAt(source, 'helm')
    const root = folder.slice(0, folder.length - posix.normalize(path).replace(/^\.?\/+|\/+$/g, '').length)
    const files = listAt(helm, 'valueFiles').flatMap((each) => {
      if (typeof each !== 'string') return []
      if (each.startsWith('/')) return [root + each.slice(1)]
      // Other sources of the Application: mostly the same repository, at another revision.
      if (each.startsWith('$')) return [root + each.replace(/^\$[^/]*\//, '')]
      return [each.includes('://') ? each : posix.join(folder, each)]
    })
    const parameters = listAt(helm, 'parameters').filter(isObject)
    const settings = (forced: boolean) =>
      parameters
        .filter((each) => (each['forceString'] === true) === forced && textAt(each, 'name') !== undefined)
        .map((each) => `${textAt(each, 'name')}=${String(each['value'] ?? '').replaceAll(',', '\\,')}`)
    const inline = isObject(helm['valuesObject']) ? helm['valuesObject'] : parsed(helm['values'])
    const install: ChartInstall = {
      release: textAt(helm, 'releaseName') ?? name,
      namespace: textAt(destination, 'namespace'),
      files: helm['ignoreMissingValueFiles'] === true ? files.map((each) => `?${each}`) : files,
      inline,
      set: settings(false),
      setString: settings(true),
      cluster: clusterOf(destination),
      by: `Application ${namespace === undefined ? '' : `${namespace}/`}${name}`,
      file,
    }
    return [[folder, install]]
  })
}

function clusterOf(destination: Fields): string | undefined {
  const name = textAt(destination, 'name')
  return name === undefined || name === 'in-cluster' || /[{$]/.test(name) ? undefined : name
}

function ofHelmRelease(
  file: string,
  value: Fields,
  folder: string,
  documents: readonly { readonly value: Fields }[],
): ChartInstall | undefined {
  const spec = fieldsAt(value, 'spec')
  const chart = fieldsAt(spec, 'chart', 'spec')
  const name = textAt(value, 'metadata', 'name') ?? ''
  const namespace = textAt(value, 'metadata', 'namespace')
  const path = posix.normalize(textAt(chart, 'chart') ?? '').replace(/^\.?\/+|\/+$/g, '')
  const root = folder.slice(0, folder.length - path.length)
  let inline: Fields = {}
  for (const from of listAt(spec, 'valuesFrom').filter(isObject)) {
    const given = documents.find(
      (each) =>
        from['kind'] === 'ConfigMap' &&
        each.value['kind'] === 'ConfigMap' &&
        textAt(each.value, 'metadata', 'name') === from['name'] &&
        (textAt(each.value, 'metadata', 'namespace') ?? namespace) === namespace,
    )
    const text = given === undefined ? undefined : textAt(given.value, 'data', textAt(from, 'valuesKey') ?? 'values.yaml')
    // Without them it is installed otherwise than would be rendered here.
    if (text === undefined || from['targetPath'] !== undefined) return undefined
    inline = merged(inline, parsed(text))
  }
  return {
    release: textAt(spec, 'releaseName') ?? [textAt(spec, 'targetNamespace'), name].filter(Boolean).join('-'),
    namespace: textAt(spec, 'targetNamespace') ?? namespace,
    files: listAt(chart, 'valuesFiles').flatMap((each) => (typeof each === 'string' ? [root + each.replace(/^\.\//, '')] : [])),
    inline: merged(inline, fieldsAt(spec, 'values')),
    set: [],
    setString: [],
    by: `HelmRelease ${namespace === undefined ? '' : `${namespace}/`}${name}`,
    file,
  }
}

/** A bundle of Rancher Fleet, and each of its customizations: values and values files of one are laid over those of all. */
function ofFleet(file: string, value: Fields, charts: readonly string[]): [string, ChartInstall][] {
  const here = posix.dirname(file) === '.' ? '' : posix.dirname(file)
  const helm = fieldsAt(value, 'helm')
  const chart = textAt(helm, 'chart')
  if (textAt(helm, 'repo') !== undefined) return []
  const folder = [chart === undefined ? here : posix.join(here, chart), here === '' ? '.' : here].find((each) =>
    charts.includes(each),
  )
  if (folder === undefined || (chart !== undefined && folder !== posix.join(here, chart))) return []
  const filesOf = (from: Fields) =>
    listAt(from, 'valuesFiles').flatMap((each) => (typeof each === 'string' ? [posix.join(here, each)] : []))
  const make = (label: string, more: Fields): [string, ChartInstall] => [
    folder,
    {
      release: textAt(more, 'releaseName') ?? textAt(helm, 'releaseName') ?? 'release',
      namespace: textAt(value, 'namespace') ?? textAt(value, 'defaultNamespace'),
      files: [...filesOf(helm), ...filesOf(more)],
      inline: merged(fieldsAt(helm, 'values'), fieldsAt(more, 'values')),
      set: [],
      setString: [],
      by: label,
      file,
    },
  ]
  const targets = listAt(value, 'targetCustomizations').filter(isObject)
  return [
    make(file, {}),
    ...targets.flatMap((each): [string, ChartInstall][] => {
      const more = fieldsAt(each, 'helm')
      // Another chart is another bundle.
      return Object.keys(more).length === 0 || more['chart'] !== undefined
        ? []
        : [make(`${file}, ${textAt(each, 'name') ?? 'a customization'}`, more)]
    }),
  ]
}

function ofSettings(file: string, value: Fields, charts: readonly string[]): [string, ChartInstall][] {
  const here = posix.dirname(file) === '.' ? '' : posix.dirname(file)
  return listAt(value, 'charts')
    .filter(isObject)
    .flatMap((each): [string, ChartInstall][] => {
      const folder = posix.join(here, textAt(each, 'path') ?? '.')
      if (!charts.includes(folder)) return []
      const given = each['values']
      const files = (Array.isArray(given) ? given : [given]).flatMap((path) =>
        typeof path === 'string' ? [posix.join(here, path)] : [],
      )
      const cluster = textAt(each, 'cluster')
      return [
        [
          folder,
          {
            release: textAt(each, 'release') ?? 'release',
            namespace: textAt(each, 'namespace'),
            files,
            inline: {},
            set: [],
            setString: [],
            cluster,
            by: `${file}${cluster === undefined ? '' : `, ${cluster}`}`,
            file,
          },
        ],
      ]
    })
}

/** Filled in by a generator, a shell or another Application: what it is then is not known here. */
function isTemplate({ release, files, cluster = '' }: ChartInstall): boolean {
  return [release, cluster, ...files].some((text) => text.includes('{{') || text.includes('${'))
}

function parsed(text: unknown): Fields {
  if (typeof text !== 'string') return {}
  try {
    const value = parseYamlDocuments(text)[0]?.value
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function merged(below: Fields, above: Fields): Fields {
  const all: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const before = all[key]
    const after = isObject(before) && isObject(value) ? merged(before, value) : value
    Object.defineProperty(all, key, { value: after, enumerable: true, writable: true, configurable: true })
  }
  return all
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((each, key) => (isObject(each) && Object.hasOwn(each, key) ? each[key] : undefined), value)
}

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

function fieldsAt(value: unknown, ...path: readonly string[]): Fields {
  const found = at(value, path)
  return isObject(found) ? found : {}
}

function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, path)
  return Array.isArray(found) ? found : []
}
