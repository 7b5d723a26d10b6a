import { createSeededRandom } from '../../../base/random.js'
import type { Tree } from '../tree.js'
import { loadChart, type OpenArchive } from './chart/load-chart.js'
import { readChartFiles } from './chart/read-chart-files.js'
import { formatOutput, type OutputOptions } from './output/format-output.js'
import { type TemplatePorts, type TemplateRequest, templateChart } from './template-chart.js'
import { mergeGivenValues } from './values/merge-values.js'

/** What programs other than this one use of the renderer: docs/guides/render-as-a-library.md. Runs in Node and in browsers. */
export { createMemoryTree } from '../memory-tree.js'
export type { Tree, TreeEntry } from '../tree.js'
export { HelmError } from './helm-error.js'
export type { OpenArchive, OutputOptions, TemplatePorts }

/** What `helm template` is told by flags; the names are those of the flags. */
export interface RenderChartOptions extends Omit<TemplateRequest, 'values' | 'releaseName'>, OutputOptions {
  /** `release-name` unless told. */
  readonly releaseName?: string
  /** Texts of values files; the last wins. */
  readonly values?: readonly string[]
  readonly set?: readonly string[]
  readonly setString?: readonly string[]
  readonly setJson?: readonly string[]
  readonly setLiteral?: readonly string[]
  /** Clock, chance, keys and time limit; unless told the clock stands at 1970, chance is the same each time, and no keys are made. */
  readonly ports?: Partial<TemplatePorts>
  /** Takes apart packed charts in `charts/`; absent: they are refused. */
  readonly openArchive?: OpenArchive
}

/** The text that `helm template` prints for the chart at a path of the tree. Throws HelmError with its messages. */
export async function renderHelmChart(
  tree: Tree,
  path: string,
  options: RenderChartOptions = {},
): Promise<{ text: string; warnings: readonly string[] }> {
  const { releaseName = 'release-name', values, set, setString, setJson, setLiteral, ports, openArchive, ...request } = options
  const warnings: string[] = []
  const warn = (message: string) => warnings.push(message)
  const { helmMajor } = request
  const chart = loadChart(await readChartFiles(tree, path), {
    warn,
    ...(helmMajor === undefined ? {} : { helmMajor }),
    ...(openArchive === undefined ? {} : { openArchive }),
  })
  const merged = mergeGivenValues({
    files: (values ?? []).map((text, index) => ({ name: `values ${index + 1}`, text })),
    ...(set === undefined ? {} : { set }),
    ...(setString === undefined ? {} : { setString }),
    ...(setJson === undefined ? {} : { setJson }),
    ...(setLiteral === undefined ? {} : { setLiteral }),
    ...(helmMajor === undefined ? {} : { helmMajor }),
  })
  const defaults = { clock: { now: () => 0 }, random: createSeededRandom(1), warn }
  const rendered = templateChart(chart, { ...request, releaseName, values: merged }, { ...defaults, ...ports })
  return { text: formatOutput(rendered, request), warnings }
}
