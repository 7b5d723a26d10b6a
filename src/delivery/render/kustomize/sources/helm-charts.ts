import { Stalled } from '../../../../base/errors.js'
import { cloneJson } from '../../../../base/json.js'
import { formatYaml } from '../../../../formats/yaml/format-yaml.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import type { SchemaCatalogue } from '../../../../kube/schema/schema-node.js'
import type { ChartInflation } from '../../contract.js'
import { buildError, buildErrorIn } from '../build-error.js'
import type { Resource } from '../resources/resource.js'
import { decodeShape, type Shape, struct } from '../transformers/decode-shape.js'
import { mergeStrategically } from '../transformers/strategic-merge.js'
import type { Kustomization } from './kustomization.js'
import { joinPath, type Loader } from './loader.js'
import { parseResourceDocuments, toResources } from './read-documents.js'

interface ChartEntry {
  readonly name?: string
  readonly version?: string
  readonly repo?: string
  readonly releaseName?: string
  readonly namespace?: string
  readonly additionalValuesFiles?: readonly string[]
  readonly valuesFile?: string
  readonly valuesInline?: Record<string, unknown>
  readonly valuesMerge?: string
  readonly includeCRDs?: boolean
  readonly skipHooks?: boolean
  readonly skipTests?: boolean
  readonly apiVersions?: readonly string[]
  readonly kubeVersion?: string
  readonly nameTemplate?: string
}

const texts: Shape = { list: 'text' }
const chartShape = struct({
  name: 'text',
  version: 'text',
  repo: 'text',
  releaseName: 'text',
  namespace: 'text',
  additionalValuesFiles: texts,
  valuesFile: 'text',
  valuesInline: 'any',
  valuesMerge: 'text',
  includeCRDs: 'boolean',
  skipHooks: 'boolean',
  apiVersions: texts,
  kubeVersion: 'text',
  nameTemplate: 'text',
  skipTests: 'boolean',
  debug: 'boolean',
  devel: 'boolean',
})
const globalsShape = struct({ chartHome: 'text', configHome: 'text' })
const oldShape = struct({
  chartName: 'text',
  chartVersion: 'text',
  chartRepoUrl: 'text',
  chartHome: 'text',
  chartRepoName: 'text',
  helmBin: 'text',
  helmHome: 'text',
  values: 'text',
  valuesLocal: 'any',
  valuesMerge: 'text',
  releaseName: 'text',
  releaseNamespace: 'text',
  extraArgs: texts,
})

export interface ChartContext {
  readonly kustomization: Kustomization
  readonly loader: Loader
  readonly file: string
  /** The namespace that a kustomization above gives to releases that name none. */
  readonly namespace: string
  readonly schemas: SchemaCatalogue
  readonly inflate: ChartInflation | undefined
}

/** The resources of `helmCharts` and `helmChartInflationGenerator`. Their namespaces are Helm's own affair from here on. */
export async function inflateCharts(context: ChartContext): Promise<Resource[]> {
  const { kustomization, file } = context
  const charts = (kustomization.helmCharts ?? []).map(
    (entry) => decodeShape(entry, chartShape, `${file}: helmCharts`) as ChartEntry,
  )
  const globals = (decodeShape(kustomization.helmGlobals, globalsShape, `${file}: helmGlobals`) ?? {}) as { chartHome?: string }
  let home = globals.chartHome ?? ''
  for (const entry of kustomization.helmChartInflationGenerator ?? []) {
    const old = decodeShape(entry, oldShape, `${file}: helmChartInflationGenerator`) as Record<
      string,
      string & Record<string, unknown>
    >
    charts.push(asChart(old))
    home = old['chartHome'] || home
  }
  if (charts.length === 0) return []
  if (context.inflate === undefined) {
    throw new Stalled({
      code: 'kustomize-helm-charts',
      message: `${file}: helmCharts: must specify --enable-helm: charts in kustomizations are switched off here`,
      fix: 'Deliver the chart as a Helm source of its own, or switch charts on.',
    })
  }
  const resources: Resource[] = []
  for (const chart of charts) {
    try {
      resources.push(...(await inflateOne(chart, home || 'charts', context, context.inflate)))
    } catch (error) {
      throw buildErrorIn(`${file}: helmCharts: ${chart.name ?? ''}`, error)
    }
  }
  return resources
}

function asChart(old: Record<string, string & Record<string, unknown>>): ChartEntry {
  const { chartName, chartVersion, chartRepoUrl, values, valuesLocal, valuesMerge, releaseName } = old
  return {
    ...(chartName === undefined ? {} : { name: chartName }),
    ...(chartVersion === undefined ? {} : { version: chartVersion }),
    ...(chartRepoUrl === undefined ? {} : { repo: chartRepoUrl }),
    ...(values === undefined ? {} : { valuesFile: values }),
    ...(valuesLocal === undefined ? {} : { valuesInline: valuesLocal }),
    ...(valuesMerge === undefined ? {} : { valuesMerge }),
    ...(releaseName === undefined ? {} : { releaseName }),
  }
}

async function inflateOne(chart: ChartEntry, home: string, context: ChartContext, inflate: ChartInflation): Promise<Resource[]> {
  const { loader, kustomization } = context
  const { name = '', version = '', repo = '', releaseName = '', valuesMerge = '' } = chart
  if (name === '') throw buildError('chart name cannot be empty')
  if (name.startsWith('-')) throw buildError(`chart name must not start with '-', got "${name}"`)
  if (releaseName.startsWith('-')) throw buildError(`releaseName must not start with '-', got "${releaseName}"`)
  if (!['', 'merge', 'override', 'replace'].includes(valuesMerge))
    throw buildError('valuesMerge must be one of [merge override replace]')
  const place = `${home}/${version !== '' && repo !== '' ? `${name}-${version}/` : ''}${name}`
  const path = home.startsWith('/') ? undefined : joinPath(loader.root, place)
  if (path === undefined) throw buildError(`chartHome '${home}' is outside the source`)
  const isLocal = (await loader.tree.list(path)) !== undefined
  if (!isLocal && repo === '') throw buildError(`no repo specified for pull, no chart found at '${path}'`)
  const source = isLocal ? { tree: loader.tree, path } : await loader.fetched(() => inflate.pull({ repo, name, version }))
  const own = async () => {
    const file = (chart.valuesFile ?? '') === '' ? undefined : chart.valuesFile!
    if (file !== undefined) return loader.loadText(file)
    const bytes = await source.tree.read(source.path === '' ? 'values.yaml' : `${source.path}/values.yaml`)
    if (bytes === undefined) throw buildError(`${place}/values.yaml: no such file`)
    return new TextDecoder().decode(bytes)
  }
  const { time } = loader.budget
  const values = [await mergedValues(chart, own, context)]
  for (const file of chart.additionalValuesFiles ?? []) values.push(await loader.loadText(file))
  const text = await inflate.render({
    ...source,
    releaseName,
    nameTemplate: chart.nameTemplate ?? '',
    namespace: (chart.namespace ?? '') || (kustomization.namespace ?? '') || context.namespace,
    values,
    includeCrds: chart.includeCRDs === true,
    noHooks: chart.skipHooks === true,
    skipTests: chart.skipTests === true,
    apiVersions: chart.apiVersions ?? [],
    kubeVersion: chart.kubeVersion ?? '',
    ...(time === undefined ? {} : { time }),
  })
  const resources = loader.budget.work(() => toResources(parseResourceDocuments(text, `chart ${name}`), `chart ${name}`))
  for (const resource of resources) resource.isFromChart = true
  return resources
}

/** The values of the file with the inline ones over them (`override`), below them (`merge`), or these alone (`replace`). */
async function mergedValues(
  chart: ChartEntry,
  own: () => Promise<string>,
  { schemas, loader }: Pick<ChartContext, 'schemas' | 'loader'>,
): Promise<string> {
  const inline = chart.valuesInline
  if (inline === undefined || Object.keys(inline).length === 0) return own()
  if (chart.valuesMerge === 'replace') return formatYaml(inline)
  const text = await own()
  return loader.budget.work(() => {
    const file = (parseYaml(text) ?? {}) as Record<string, unknown>
    const given = cloneJson(inline) as Record<string, unknown>
    const merged =
      chart.valuesMerge === 'merge' ? mergeStrategically(given, file, schemas) : mergeStrategically(file, given, schemas)
    return formatYaml(merged ?? {})
  })
}
