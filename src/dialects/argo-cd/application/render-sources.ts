import { createHash } from 'node:crypto'
import { messageOf, Stalled } from '../../../base/errors.js'
import { canonicalJson } from '../../../base/json.js'
import type { Renderer, RenderOptions, RenderTarget } from '../../../delivery/render/contract.js'
import type { HelmOptions } from '../../../delivery/render/helm/helm-renderer.js'
import type { RenderCache } from '../../../delivery/render/render-cache.js'
import type { Tree } from '../../../delivery/render/tree.js'
import type { Repositories } from '../../../delivery/source/contract.js'
import type { ChartRepositories } from '../../../delivery/source/helm/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ApplicationSource } from '../kinds/application.js'
import { isChartSource } from './chart-source.js'

/** What rendering needs from outside. */
export interface RenderPorts {
  readonly repositories: Pick<Repositories, 'resolve' | 'tree'>
  /** Absent: charts of chart repositories are refused. */
  readonly charts?: ChartRepositories
  readonly renderers: readonly Renderer[]
  readonly cache: RenderCache
}

export interface RenderedSources {
  /** In source order; of several with the same identity the last. */
  readonly objects: readonly KubeObject[]
  /** Changes iff the objects change. */
  readonly digest: string
  /** The commit of each source. */
  readonly revisions: readonly string[]
  /** `Kustomize`, `Directory` for each source that is rendered. */
  readonly types: readonly string[]
  /** Objects that more than one source has, as `apps/Deployment/shop/web`. */
  readonly repeated: readonly string[]
  readonly warnings: readonly string[]
}

const typeNames: Readonly<Record<string, string>> = { kustomize: 'Kustomize', directory: 'Directory', helm: 'Helm' }
/** For whom sources are rendered: charts are told. */
export interface RenderContext {
  /** The release's name where source.helm gives none. */
  readonly releaseName: string
  readonly target: RenderTarget
}

/** What kustomize and plain manifests are rendered for: they look at nothing of it, so one result serves every application. */
const noTarget: RenderTarget = { namespace: '' }

/**
 * Resolves and renders all sources of an application, each alone, as upstream. `revisions` fixes commits (a sync of a given
 * revision); absent or empty entries take the source's targetRevision. Throws Stalled or Waiting with upstream's texts.
 */
export async function renderSources(
  ports: RenderPorts,
  sources: readonly ApplicationSource[],
  context: RenderContext,
  options: { revisions?: readonly string[]; refresh?: boolean; signal?: AbortSignal } = {},
): Promise<RenderedSources> {
  const commitOf = commitsOf(ports, sources, options)
  const parts = await Promise.all(
    sources.map(async (source, index) => {
      try {
        return await renderSource(ports, source, index, context, { ...options, all: sources, commitOf })
      } catch (error) {
        throw explain(error, index, sources.length)
      }
    }),
  )
  const last = new Map<string, KubeObject>()
  const count = new Map<string, number>()
  for (const object of parts.flatMap((part) => part.objects)) {
    const key = `${object.apiVersion.includes('/') ? object.apiVersion.slice(0, object.apiVersion.indexOf('/')) : ''}/${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name || object.metadata.generateName}`
    count.set(key, (count.get(key) ?? 0) + 1)
    last.set(key, object)
  }
  const repeated = [...count].filter(([, times]) => times > 1).map(([key]) => key)
  return {
    // The usual case keeps the renderer's own list, which is shared by all who render the same.
    objects: repeated.length === 0 && parts.length === 1 ? parts[0]!.objects : [...last.values()],
    digest: parts.length === 1 ? parts[0]!.digest : sha(parts.map((part) => part.digest).join()),
    revisions: parts.map((part) => part.revision),
    types: parts.flatMap((part) => part.type ?? []),
    repeated,
    warnings: parts.flatMap((part) => part.warnings),
  }
}

type CommitOf = (index: number) => Promise<string>

/** The commits of Git sources, each asked for once: what is told as a source's revision is what others took files from. */
function commitsOf(
  ports: RenderPorts,
  sources: readonly ApplicationSource[],
  options: { revisions?: readonly string[]; refresh?: boolean; signal?: AbortSignal },
): CommitOf {
  const commits = new Map<number, Promise<string>>()
  return (index) => {
    let commit = commits.get(index)
    if (commit === undefined) {
      commit = ports.repositories.resolve(sources[index]!.repoURL, revisionOf(sources, index, options), {
        ...(options.refresh ? { refresh: true } : {}),
        ...(options.signal ? { signal: options.signal } : {}),
      })
      commits.set(index, commit)
    }
    return commit
  }
}

function revisionOf(sources: readonly ApplicationSource[], index: number, options: { revisions?: readonly string[] }): string {
  return options.revisions?.[index] || sources[index]!.targetRevision || 'HEAD'
}

interface SourceOptions {
  readonly refresh?: boolean
  readonly signal?: AbortSignal
  readonly revisions?: readonly string[]
  readonly all: readonly ApplicationSource[]
  readonly commitOf: CommitOf
}

interface Part {
  readonly objects: readonly KubeObject[]
  readonly digest: string
  readonly revision: string
  readonly type: string | undefined
  readonly warnings: readonly string[]
}

async function renderSource(
  ports: RenderPorts,
  source: ApplicationSource,
  index: number,
  context: RenderContext,
  options: SourceOptions,
): Promise<Part> {
  if (isChartSource(source)) return renderChartSource(ports, source, revisionOf(options.all, index, options), context, options)
  const commit = await options.commitOf(index)
  // A source that others only refer to has nothing to render.
  if (source.path === undefined) return { objects: [], digest: '', revision: commit, type: undefined, warnings: [] }
  const tree = await ports.repositories.tree(source.repoURL, commit)
  const path = await checkPath(tree, source.path)
  const renderer = await chooseRenderer(ports.renderers, tree, path, source)
  const isChart = renderer.name === 'helm'
  const rendered = await ports.cache.render(renderer, {
    tree,
    path,
    options: isChart ? { helm: await helmOptions(ports, source, context.releaseName, options) } : optionsOf(source),
    target: isChart ? context.target : noTarget,
    source: source.repoURL,
  })
  return {
    objects: rendered.objects,
    digest: digestOf(rendered.objects),
    revision: commit,
    type: typeNames[renderer.name] ?? renderer.name,
    warnings: rendered.warnings,
  }
}

async function checkPath(tree: Tree, written: string): Promise<string> {
  if (written.startsWith('/'))
    throw new Stalled({
      code: 'path-absolute',
      message: `${written}: app path is absolute`,
      fix: 'Write the path relative to the root of the repository',
    })
  const parts = written.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..'))
    throw new Stalled({ code: 'path-outside', message: `${written}: app path outside root`, fix: 'Write a path without ..' })
  const path = parts.join('/')
  if ((await tree.list(path)) !== undefined) return path
  const why =
    (await tree.hash(path)) === undefined
      ? `app path does not exist${await neighboursOf(tree, parts)}`
      : 'app path is not a directory'
  throw new Stalled({
    code: 'path-missing',
    message: `${written}: ${why}`,
    fix: 'Correct spec.source.path, or push the directory',
  })
}

/** What there is where the path stops: ` (apps/web/overlays has production-eu, production-us)`. */
async function neighboursOf(tree: Tree, parts: readonly string[]): Promise<string> {
  for (let depth = parts.length - 1; depth >= 0; depth--) {
    const parent = parts.slice(0, depth).join('/')
    const entries = await tree.list(parent)
    if (entries === undefined) continue
    const names = entries.flatMap((entry) => (entry.kind === 'directory' ? [entry.name] : []))
    if (names.length === 0) return ` (${parent || 'the repository'} has no directories)`
    const more = names.length > 8 ? ` and ${names.length - 8} more` : ''
    return ` (${parent || 'the repository'} has ${names.slice(0, 8).join(', ')}${more})`
  }
  return ''
}

/** An explicit setting decides; else a kustomization file, then a chart, then plain files. */
async function chooseRenderer(
  renderers: readonly Renderer[],
  tree: Tree,
  path: string,
  source: ApplicationSource,
): Promise<Renderer> {
  const named = (name: string): Renderer => {
    const renderer = renderers.find((one) => one.name === name)
    if (renderer === undefined)
      throw new Stalled({ code: 'renderer-missing', message: `${path || '.'}: there is no renderer for ${name}` })
    return renderer
  }
  const set = (settings: object | undefined) => settings !== undefined && Object.keys(settings).length > 0
  if (set(source.kustomize)) {
    const kustomize = named('kustomize')
    if (!(await kustomize.detects(tree, path)))
      throw new Stalled({
        code: 'kustomization-missing',
        message: `${path || '.'}: kustomization file not found in the path`,
        fix: 'Add a kustomization.yaml there, or remove spec.source.kustomize',
      })
    return kustomize
  }
  if (set(source.directory)) return named('directory')
  if (set(source.helm)) return named('helm')
  const kustomize = renderers.find((one) => one.name === 'kustomize')
  if (kustomize && (await kustomize.detects(tree, path))) return kustomize
  const helm = renderers.find((one) => one.name === 'helm')
  if (helm && (await helm.detects(tree, path))) return helm
  return named('directory')
}

/** A chart of a chart repository; its version is the source's revision. */
async function renderChartSource(
  ports: RenderPorts,
  source: ApplicationSource,
  revision: string,
  context: RenderContext,
  options: SourceOptions,
): Promise<Part> {
  const renderer = ports.renderers.find((one) => one.name === 'helm')
  if (ports.charts === undefined || renderer === undefined)
    throw new Stalled({
      code: 'helm-chart-not-fetched',
      message: `chart ${source.chart} of ${source.repoURL} is in a chart repository, and those are not read here`,
      fix: 'Put the chart into a Git repository (helm pull --untar) and name it with spec.source.path',
    })
  const chart = {
    repository: source.repoURL,
    chart: source.chart ?? '',
    ...(source.helm?.['passCredentials'] === true ? { passCredentials: true } : {}),
  }
  const signal = options.signal ? { signal: options.signal } : {}
  const version = await ports.charts.resolve(chart, revision, { ...(options.refresh ? { refresh: true } : {}), ...signal })
  const tree = await ports.charts.tree(chart, version, signal)
  const rendered = await ports.cache.render(renderer, {
    tree,
    path: '',
    options: { helm: await helmOptions(ports, source, context.releaseName, options) },
    target: context.target,
    source: `${source.repoURL} ${source.chart}`,
  })
  return {
    objects: rendered.objects,
    digest: digestOf(rendered.objects),
    revision: version,
    type: 'Helm',
    warnings: rendered.warnings,
  }
}

/** source.helm, with the contents of the files that it takes from other sources (`$values/production.yaml`). */
async function helmOptions(
  ports: RenderPorts,
  source: ApplicationSource,
  releaseName: string,
  options: SourceOptions,
): Promise<HelmOptions> {
  const helm = (source.helm ?? {}) as HelmOptions
  const referencedFiles: Record<string, string> = {}
  for (const file of helm.valueFiles ?? []) {
    if (!file.startsWith('$')) continue
    const slash = file.indexOf('/')
    const reference = slash === -1 ? file.slice(1) : file.slice(1, slash)
    const index = options.all.findIndex((each) => each.ref === reference)
    const from = options.all[index]
    if (from === undefined)
      throw new Stalled({
        code: 'helm-reference-missing',
        message: `source referenced ${JSON.stringify(file)}, but no source has a 'ref' field defined for it`,
        fix: `Give one of spec.sources the field ref: ${reference}`,
      })
    const tree = await ports.repositories.tree(from.repoURL, await options.commitOf(index))
    const parts = file
      .slice(slash + 1)
      .split('/')
      .filter((part) => part !== '' && part !== '.')
    if (parts.includes('..'))
      throw new Stalled({
        code: 'path-outside',
        message: `${file}: value file path outside root`,
        fix: 'Write a path without ..',
      })
    const bytes = await tree.read(parts.join('/'))
    if (bytes !== undefined) referencedFiles[file] = new TextDecoder().decode(bytes)
  }
  return {
    ...helm,
    releaseName: helm.releaseName || releaseName,
    ...(Object.keys(referencedFiles).length > 0 ? { referencedFiles } : {}),
  }
}

function optionsOf(source: ApplicationSource): RenderOptions {
  return {
    ...(source.directory && Object.keys(source.directory).length > 0 ? { directory: source.directory } : {}),
    ...(source.kustomize && Object.keys(source.kustomize).length > 0 ? { kustomize: source.kustomize } : {}),
  }
}

const digests = new WeakMap<readonly KubeObject[], string>()

/** Lists of objects come out of the cache: the same list is hashed once. */
function digestOf(objects: readonly KubeObject[]): string {
  let digest = digests.get(objects)
  if (digest === undefined) {
    digest = sha(canonicalJson(objects))
    digests.set(objects, digest)
  }
  return digest
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** As upstream words it, so that people find it; the class, which says whether trying again can help, stays. */
function explain(error: unknown, index: number, count: number): unknown {
  if (!(error instanceof Stalled)) return error
  return new Stalled({
    code: error.code,
    message: `failed to generate manifest for source ${index + 1} of ${count}: ${messageOf(error)}`,
    ...(error.fix ? { fix: error.fix } : {}),
    cause: error,
  })
}
