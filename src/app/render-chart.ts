import { readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { messageOf } from '../base/errors.js'
import type { Chart } from '../delivery/render/helm/chart/chart.js'
import { type LoadOptions, loadChart } from '../delivery/render/helm/chart/load-chart.js'
import { readChartFiles } from '../delivery/render/helm/chart/read-chart-files.js'
import { HelmError } from '../delivery/render/helm/helm-error.js'
import { formatOutput, type OutputOptions } from '../delivery/render/helm/output/format-output.js'
import { type TemplateRequest, templateChart } from '../delivery/render/helm/template-chart.js'
import { mergeGivenValues } from '../delivery/render/helm/values/merge-values.js'
import { openChartArchive } from '../delivery/source/helm/archive.js'
import { createTemplateCrypto } from '../delivery/source/helm/template-crypto.js'
import { openDirectoryTree } from './render-directory.js'
import { systemClock, systemRandom } from './system-ports.js'

/** What `flotilla render helm` is told; the names are those of `helm template`'s flags. */
export interface RenderChartOptions extends Omit<TemplateRequest, 'values' | 'releaseName'>, OutputOptions {
  readonly values?: readonly string[]
  readonly set?: readonly string[]
  readonly setString?: readonly string[]
  readonly setJson?: readonly string[]
  readonly setFile?: readonly string[]
  readonly setLiteral?: readonly string[]
}

/** What `helm template NAME CHART` prints; CHART is a directory or a packed chart. Warnings go to `warn`. */
export async function renderChart(
  name: string,
  chart: string,
  options: RenderChartOptions,
  warn: (message: string) => void,
): Promise<string> {
  const values = mergeGivenValues({
    files: await Promise.all((options.values ?? []).map(async (path) => ({ name: path, text: await readText(path) }))),
    ...(options.setJson === undefined ? {} : { setJson: options.setJson }),
    ...(options.set === undefined ? {} : { set: options.set }),
    ...(options.setString === undefined ? {} : { setString: options.setString }),
    ...(options.setFile === undefined ? {} : { setFile: options.setFile }),
    ...(options.setLiteral === undefined ? {} : { setLiteral: options.setLiteral }),
    readFile: (path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch (error) {
        throw fileError(path, error)
      }
    },
  })
  const loaded = await openChart(chart, { openArchive: openChartArchive, warn })
  const rendered = templateChart(
    loaded,
    { ...options, values, releaseName: name },
    { clock: systemClock, random: systemRandom, crypto: createTemplateCrypto(systemClock), warn },
  )
  return formatOutput(rendered, options)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw fileError(path, error)
  }
}

/** As Go words the usual failures of opening a file. */
function fileError(path: string, error: unknown): HelmError {
  const { code } = error as { code?: string }
  const why = code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : messageOf(error)
  return new HelmError(code === 'EISDIR' ? `read ${path}: is a directory` : `open ${path}: ${why}`)
}

async function openChart(path: string, options: LoadOptions): Promise<Chart> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined)
    throw new HelmError(`path ${JSON.stringify(path)} not found`, {
      fix: 'Name a directory with a Chart.yaml, or a packed chart.',
    })
  if (found.isDirectory()) {
    const { tree, path: below } = await openDirectoryTree(path)
    return loadChart(await readChartFiles(tree, below), options)
  }
  const bytes = new Uint8Array(await readFile(path))
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    throw new HelmError(
      /\.ya?ml$/.test(path)
        ? `file '${path}' seems to be a YAML file, but expected a gzipped archive`
        : `file '${path}' does not appear to be a gzipped archive; got 'text/plain; charset=utf-8'`,
    )
  }
  try {
    return loadChart(openChartArchive(bytes), options)
  } catch (error) {
    if (error instanceof HelmError) throw error
    throw new HelmError(messageOf(error), { cause: error })
  }
}
