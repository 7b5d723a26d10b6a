import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { messageOf, UsageError } from '../../base/errors.js'
import type { Chart } from '../../delivery/render/helm/chart/chart.js'
import { type LoadOptions, loadChart } from '../../delivery/render/helm/chart/load-chart.js'
import { readChartFiles } from '../../delivery/render/helm/chart/read-chart-files.js'
import { HelmError } from '../../delivery/render/helm/helm-error.js'
import type { HelmMajor } from '../../delivery/render/helm/helm-major.js'
import type { Tree } from '../../delivery/render/tree.js'
import { openChartArchive } from '../../delivery/source/helm/archive.js'
import { type HelmPaths, helmPaths, parseRepositories, registryLogin } from '../../delivery/source/helm/helm-settings.js'
import { httpGet } from '../../delivery/source/helm/http-get.js'
import { type ChartPlace, type LocatePorts, locateChart } from '../../delivery/source/helm/locate-chart.js'
import { fileError } from './render-chart-values.js'
import { openDirectoryTree } from './render-directory.js'

/** The flags of `helm template` that say where a chart is. */
export interface SourceFlags extends Omit<ChartPlace, 'caPem' | 'certPem' | 'keyPem'> {
  /** What of the tree around a chart's directory links in it may lead to; absent: all of it. */
  readonly bound?: (tree: Tree) => Promise<Tree>
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly repositoryConfig?: string
  readonly repositoryCache?: string
  readonly registryConfig?: string
}

/** What it takes to find charts: helm's own settings, and where notices go. */
export interface ChartSourcePorts {
  readonly locate: LocatePorts
  readonly place: ChartPlace
  readonly load: LoadOptions
  readonly bound?: SourceFlags['bound']
}

export async function chartSourcePorts(
  flags: SourceFlags,
  helmMajor: HelmMajor,
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): Promise<ChartSourcePorts> {
  const known = helmPaths(env, process.platform)
  const paths: HelmPaths = {
    ...known,
    ...(flags.repositoryConfig ? { repositoryConfig: flags.repositoryConfig } : {}),
    ...(flags.repositoryCache ? { repositoryCache: flags.repositoryCache } : {}),
    ...(flags.registryConfig ? { registryConfig: flags.registryConfig } : {}),
  }
  const text = (path: string) =>
    readFile(path, 'utf8').catch((error) => {
      throw fileError(path, error)
    })
  const optional = (path: string) =>
    readFile(path, 'utf8').catch((error: { code?: string }) => {
      if (error.code === 'ENOENT') return undefined
      throw fileError(path, error)
    })
  const pem = async (path: string | undefined) => (path ? await text(path) : undefined)
  const { bound, ...placing } = flags
  const [caPem, certPem, keyPem] = await Promise.all([pem(flags.caFile), pem(flags.certFile), pem(flags.keyFile)])
  return {
    load: { openArchive: openChartArchive, warn, helmMajor },
    ...(bound === undefined ? {} : { bound }),
    place: {
      ...placing,
      ...(caPem === undefined ? {} : { caPem }),
      ...(certPem === undefined ? {} : { certPem }),
      ...(keyPem === undefined ? {} : { keyPem }),
    },
    locate: {
      get: httpGet,
      helmMajor,
      notice: warn,
      readFile: text,
      repositories: async () => {
        const found = await optional(paths.repositoryConfig)
        return found === undefined ? [] : parseRepositories(found, paths.repositoryConfig)
      },
      cachedIndex: (repository) => text(join(paths.repositoryCache, `${repository}-index.yaml`)),
      registryLogin: async (registry) => {
        for (const path of [paths.registryConfig, paths.dockerConfig]) {
          const found = await optional(path)
          const login = found === undefined ? undefined : registryLogin(found, registry)
          if (login !== undefined) return login
        }
        return undefined
      },
    },
  }
}

/** A chart by what a person calls it: a directory, a packed chart, or a name that means one elsewhere. */
export async function openChart(name: string, ports: ChartSourcePorts): Promise<{ chart: Chart; directory: string | undefined }> {
  const trimmed = name.trim()
  const { helmMajor } = ports.locate
  const isElsewhere = (ports.place.repo ?? '') !== ''
  const found = isElsewhere && helmMajor === 4 ? undefined : await stat(trimmed).catch(() => undefined)
  if (found !== undefined) {
    if (isElsewhere) ports.load.warn(`local chart found in current working directory. repository url ignored: ${trimmed}`)
    if (found.isDirectory()) return { chart: await openDirectory(trimmed, ports), directory: trimmed }
    return { chart: openPacked(new Uint8Array(await readFile(trimmed)), resolve(trimmed), ports), directory: undefined }
  }
  if ((!isElsewhere || helmMajor === 3) && (trimmed.startsWith('/') || trimmed.startsWith('.')))
    throw new UsageError({
      code: 'helm-template-failed',
      message: `path ${JSON.stringify(name)} not found`,
      fix: 'Name a directory with a Chart.yaml, a packed chart, or a chart of a repository.',
    })
  return { chart: openPacked(await locateChart(trimmed, ports.place, ports.locate), trimmed, ports), directory: undefined }
}

async function openDirectory(path: string, { load, bound }: ChartSourcePorts): Promise<Chart> {
  const { tree: around, path: below } = await openDirectoryTree(path)
  const tree = bound === undefined ? around : await bound(around)
  const chartFile = below === '' ? 'Chart.yaml' : `${below}/Chart.yaml`
  if (load.helmMajor === 4 && (await tree.hash(chartFile)) === undefined)
    throw new HelmError(
      `unable to detect chart at ${join(resolve(path), 'Chart.yaml')}: open ${join(resolve(path), 'Chart.yaml')}: no such file or directory`,
    )
  return loadChart(await readChartFiles(tree, below), load)
}

export function openPacked(bytes: Uint8Array, path: string, { load }: Pick<ChartSourcePorts, 'load'>): Chart {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    throw new HelmError(
      /\.ya?ml$/.test(path)
        ? `file '${path}' seems to be a YAML file, but expected a gzipped archive`
        : `file '${path}' does not appear to be a gzipped archive; got '${contentTypeOf(bytes)}'`,
    )
  }
  try {
    return loadChart(openChartArchive(bytes), load)
  } catch (error) {
    if (error instanceof HelmError) throw error
    throw new HelmError(messageOf(error), { cause: error })
  }
}

/** As Go's http.DetectContentType sees the first 512 bytes, which Helm fills up with zeros. */
function contentTypeOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 512)).toString('latin1')
  if (start.startsWith('PK\u0003\u0004')) return 'application/zip'
  if (start.startsWith('%PDF-')) return 'application/pdf'
  if (/^\s*<(?:!doctype html|html|head|body|script|h1|div|p|a|table)[\s>]/i.test(start)) return 'text/html; charset=utf-8'
  if (/^\s*<\?xml/.test(start)) return 'text/xml; charset=utf-8'
  return start.length < 512 || /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/.test(start)
    ? 'application/octet-stream'
    : 'text/plain; charset=utf-8'
}
