import { messageOf } from '../../../base/errors.js'
import { cloneJson, type Json } from '../../../base/json.js'
import { WorkTime } from '../../../base/work-time.js'
import { compileDoublestar } from '../../../formats/glob/doublestar.js'
import { formatYaml } from '../../../formats/yaml/format-yaml.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Renderer, RenderRequest, RenderResult } from '../contract.js'
import { flatten } from '../directory/read-manifests.js'
import type { Tree } from '../tree.js'
import { type LoadOptions, loadChart, type OpenArchive } from './chart/load-chart.js'
import { readChartFiles } from './chart/read-chart-files.js'
import { readYaml } from './chart/yaml.js'
import type { HelmPorts } from './engine/helm-functions.js'
import { chartMilliseconds, type RenderLimits } from './engine/render-templates.js'
import { HelmError } from './helm-error.js'
import type { HelmMajor } from './helm-major.js'
import { splitManifests } from './output/split-manifests.js'
import { type SlowAnswers, settleAnswers } from './settle-answers.js'
import { type TemplateRequest, templateChart } from './template-chart.js'
import { type GivenValues, mergeGivenValues } from './values/merge-values.js'

/** Argo CD's `source.helm`, and what it is read with. */
export interface HelmOptions {
  readonly releaseName?: string
  /** Paths below the chart, `/...` below the tree's root, or `$ref/...`; globs are allowed. */
  readonly valueFiles?: readonly string[]
  readonly ignoreMissingValueFiles?: boolean
  /** YAML text; without effect beside valuesObject. */
  readonly values?: string
  readonly valuesObject?: Readonly<Record<string, unknown>>
  readonly parameters?: readonly { readonly name?: string; readonly value?: string; readonly forceString?: boolean }[]
  readonly fileParameters?: readonly { readonly name?: string; readonly path?: string }[]
  readonly skipCrds?: boolean
  readonly skipTests?: boolean
  readonly skipSchemaValidation?: boolean
  readonly namespace?: string
  readonly kubeVersion?: string
  readonly apiVersions?: readonly string[]
  /** Read and without effect: nothing is fetched while a chart renders. */
  readonly passCredentials?: boolean
  /** `v3` (also when absent) or `v4`: whose rules hold. */
  readonly version?: string
  /** Contents of the files that `$ref/...` in valueFiles names; whoever asks has read them. */
  readonly referencedFiles?: Readonly<Record<string, string>>
}

export interface HelmRendererOptions extends HelmPorts, RenderLimits {
  readonly openArchive?: OpenArchive
  /** Makes RSA keys elsewhere than in this thread; absent: in it. */
  readonly generateKey?: NonNullable<SlowAnswers['generateKey']>
}

const decoder = new TextDecoder()

/** Renders Helm charts as `helm template` does, with the settings of Argo CD's `source.helm`. */
export function createHelmRenderer(ports: HelmRendererOptions): Renderer {
  return {
    name: 'helm',
    async detects(tree, path) {
      const file = below(path, 'Chart.yaml')
      return (await tree.hash(file)) !== undefined && (await tree.list(file)) === undefined
    },
    render: (request) => render(request, ports),
  }
}

/** Does the synchronous parts of a rendering in the time that it has, where that is limited. */
export function workWithin(given: WorkTime | undefined, { elapsed, maxMilliseconds = chartMilliseconds }: RenderLimits) {
  const time = given ?? (elapsed === undefined ? undefined : new WorkTime({ elapsed, maxMilliseconds }))
  return <T>(work: () => T): T => (time === undefined ? work() : time.run(work))
}

async function render(request: RenderRequest, ports: HelmRendererOptions): Promise<RenderResult> {
  const { tree, path, options, target } = request
  const work = workWithin(request.time, ports)
  const helm = (options['helm'] ?? {}) as HelmOptions
  const warnings: string[] = []
  const warn = (message: string) => {
    if (!warnings.includes(message)) warnings.push(message)
  }
  const helmMajor: HelmMajor = helm.version === 'v4' ? 4 : 3
  const load: LoadOptions = { warn, helmMajor, ...(ports.openArchive === undefined ? {} : { openArchive: ports.openArchive }) }
  try {
    const files = await readChartFiles(tree, path)
    const chart = work(() => loadChart(files, load))
    const given = await givenValues(tree, path, helm)
    const values = work(() => mergeGivenValues({ ...given, helmMajor }))
    const kubeVersion = helm.kubeVersion || target.kubeVersion
    const apiVersions = (helm.apiVersions ?? []).length > 0 ? helm.apiVersions : target.apiVersions
    const wanted: TemplateRequest = {
      releaseName: helm.releaseName || chart.metadata.name,
      namespace: helm.namespace || target.namespace || 'default',
      values,
      skipSchemaValidation: helm.skipSchemaValidation === true,
      helmMajor,
      ...(kubeVersion ? { kubeVersion } : {}),
      ...(apiVersions === undefined ? {} : { apiVersions }),
    }
    const slow: SlowAnswers = {
      ...(target.lookup === undefined ? {} : { lookup: target.lookup }),
      ...(ports.generateKey === undefined ? {} : { generateKey: ports.generateKey }),
    }
    const rendered = await settleAnswers(slow, ports, (settled) =>
      work(() => templateChart(chart, wanted, { ...ports, ...settled, warn })),
    )
    const objects: KubeObject[] = []
    if (helm.skipCrds !== true)
      for (const { path: file, content } of rendered.crds) objects.push(...work(() => crdObjects(file, content)))
    for (const manifest of rendered.manifests) objects.push(...flattened(manifest.path, manifest.value as Json))
    for (const hook of rendered.hooks) {
      if (!(helm.skipTests === true && hook.events.includes('test'))) objects.push(...flattened(hook.path, hook.value as Json))
    }
    return { objects, warnings, ...(target.lookup === undefined ? {} : { isVolatile: true }) }
  } catch (error) {
    if (!(error instanceof HelmError)) throw error
    throw new HelmError(`${path || '.'}: ${error.message}`, {
      code: error.code,
      cause: error,
      ...(error.fix ? { fix: error.fix } : {}),
    })
  }
}

function flattened(file: string, value: Json): KubeObject[] {
  return value === null ? [] : flatten(value, file)
}

function crdObjects(file: string, content: string): KubeObject[] {
  return splitManifests(content).flatMap((text) => {
    try {
      return flattened(file, readYaml(text))
    } catch (error) {
      throw error instanceof HelmError ? error : new HelmError(`${file}: ${messageOf(error)}`, { cause: error })
    }
  })
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}

/** A path that a person wrote, below the chart or (with a leading slash) the root; never outside the tree. */
function resolve(base: string, written: string): string {
  const parts: string[] = []
  for (const part of (written.startsWith('/') ? written : below(base, written)).split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined)
      throw new HelmError(`value file ${written} leads out of the repository`, {
        code: 'helm-value-file-outside',
        fix: 'Name files of the repository only.',
      })
  }
  return parts.join('/')
}

async function givenValues(tree: Tree, path: string, helm: HelmOptions): Promise<GivenValues> {
  const files: { name: string; text: string }[] = []
  for (const name of helm.valueFiles ?? []) files.push(...(await readValueFiles(tree, path, name, helm)))
  if (helm.valuesObject !== undefined && Object.keys(helm.valuesObject).length > 0)
    files.push({ name: 'valuesObject', text: formatYaml(cloneJson(helm.valuesObject)) })
  else if (helm.values !== undefined && helm.values !== '') files.push({ name: 'values', text: helm.values })
  const parameters = helm.parameters ?? []
  const line = (name: string | undefined, value: string | undefined) => `${name ?? ''}=${protectCommas(value ?? '')}`
  const contents = new Map<string, string>()
  const setFile: string[] = []
  for (const { name, path: file = '' } of helm.fileParameters ?? []) {
    const bytes = await tree.read(resolve(path, file))
    if (bytes === undefined) throw new HelmError(`failed parsing --set-file data: open ${file}: no such file or directory`)
    contents.set(file, decoder.decode(bytes))
    setFile.push(line(name, file))
  }
  return {
    files,
    set: parameters.filter((each) => each.forceString !== true).map(({ name, value }) => line(name, value)),
    setString: parameters.filter((each) => each.forceString === true).map(({ name, value }) => line(name, value)),
    setFile,
    readFile: (file) => contents.get(file) ?? '',
  }
}

/** Commas of a value are no separators, unless the value is a list in braces. */
function protectCommas(value: string): string {
  return value.startsWith('{') && value.endsWith('}') ? value : value.replace(/([^\\]),/g, '$1\\,')
}

async function readValueFiles(
  tree: Tree,
  path: string,
  name: string,
  helm: HelmOptions,
): Promise<{ name: string; text: string }[]> {
  if (name.startsWith('$')) {
    const text = helm.referencedFiles?.[name]
    if (text !== undefined) return [{ name, text }]
    if (helm.ignoreMissingValueFiles === true) return []
    throw missing(name)
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name))
    throw new HelmError(`value file ${name}: files at URLs are not fetched`, {
      code: 'helm-value-file-remote',
      fix: 'Put the file into the repository.',
    })
  const wanted = resolve(path, name)
  const bytes = await tree.read(wanted)
  if (bytes !== undefined) return [{ name, text: decoder.decode(bytes) }]
  const found = /[*?[{]/.test(wanted) ? await matching(tree, wanted) : []
  if (found.length > 0) {
    return await Promise.all(
      found.map(async (file) => ({ name: file, text: decoder.decode((await tree.read(file)) ?? new Uint8Array()) })),
    )
  }
  if (helm.ignoreMissingValueFiles === true) return []
  throw missing(name)
}

function missing(name: string): HelmError {
  return new HelmError(`open ${name}: no such file or directory`, {
    code: 'helm-value-file-missing',
    fix: 'Correct helm.valueFiles, push the file, or set ignoreMissingValueFiles.',
  })
}

/** The files that a glob takes, sorted. Looks only below the pattern's part without wildcards. */
async function matching(tree: Tree, pattern: string): Promise<string[]> {
  const matches = compileDoublestar(pattern)
  const parts = pattern.split('/')
  const fixed = parts.slice(
    0,
    parts.findIndex((part) => /[*?[{]/.test(part)),
  )
  const found: string[] = []
  const walk = async (directory: string, depth: number): Promise<void> => {
    for (const entry of (await tree.list(directory)) ?? []) {
      const name = below(directory, entry.name)
      if (entry.kind === 'directory' && depth < 32) await walk(name, depth + 1)
      else if (entry.kind !== 'directory' && matches(name)) found.push(name)
    }
  }
  await walk(fixed.join('/'), 0)
  return found.sort()
}
