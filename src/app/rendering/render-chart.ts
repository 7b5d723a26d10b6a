import { parseKubeVersion } from '../../delivery/render/helm/engine/capabilities.js'
import { HelmError } from '../../delivery/render/helm/helm-error.js'
import { formatOutput, type OutputOptions } from '../../delivery/render/helm/output/format-output.js'
import { settleAnswers } from '../../delivery/render/helm/settle-answers.js'
import { type RenderedChart, type TemplateRequest, templateChart } from '../../delivery/render/helm/template-chart.js'
import { fetchForHelm } from '../../delivery/source/helm/fetch-for-helm.js'
import { credentialsOf } from '../../delivery/source/helm/locate-chart.js'
import { createTemplateCrypto, generateTemplateKey } from '../../delivery/source/helm/template-crypto.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { type ChartCluster, type ClusterFlags, contextNamespace, openChartCluster } from './render-chart-cluster.js'
import { updateDependencies } from './render-chart-dependencies.js'
import { chartSourcePorts, openChart, type SourceFlags } from './render-chart-source.js'
import { readGivenValues, type ValueFlags } from './render-chart-values.js'

/** What `flotilla render helm` is told; the names are those of `helm template`'s flags. */
export interface RenderChartOptions
  extends Omit<TemplateRequest, 'values' | 'releaseName' | 'clusterApiVersions' | 'clusterVersion'>,
    OutputOptions,
    ValueFlags,
    SourceFlags,
    ClusterFlags {
  /** Fetches what is missing in charts/, into memory. */
  readonly dependencyUpdate?: boolean
  /** What of the cluster counts: `lookup` reads it, `.Capabilities` are its own, the objects are checked against it. */
  readonly live?: { readonly lookup: boolean; readonly capabilities: boolean; readonly check: boolean }
  /** Variables that settings are taken from (HELM_*, XDG_*, KUBECONFIG); none unless told. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly readStdin?: () => Promise<string>
}

/** A person who waits may wait longer than a hub: this is against loops without end. */
const maxMilliseconds = 120_000

/** What `helm template NAME CHART` prints. Warnings go to `warn`. */
export async function renderChart(
  name: string,
  chart: string,
  options: RenderChartOptions,
  warn: (message: string) => void,
): Promise<string> {
  return formatOutput(await renderChartParts(name, chart, options, warn), options)
}

/** The same in parts. Faults are found in Helm's order: version of Kubernetes, chart, values, dependencies, templates. */
export async function renderChartParts(
  name: string,
  chart: string,
  options: RenderChartOptions,
  warn: (message: string) => void,
): Promise<RenderedChart> {
  try {
    return await render(name, chart, options, warn)
  } catch (error) {
    if (error instanceof HelmError && options.password) throw withoutPassword(error, options.password)
    throw error
  }
}

async function render(
  name: string,
  chart: string,
  options: RenderChartOptions,
  warn: (message: string) => void,
): Promise<RenderedChart> {
  const env = options.env ?? {}
  const helmMajor = options.helmMajor ?? 3
  if (options.kubeVersion !== undefined && options.kubeVersion !== '') parseKubeVersion(options.kubeVersion)
  const source = await chartSourcePorts(options, helmMajor, env, warn)
  const opened = await openChart(chart, source)
  const values = await readGivenValues(options, helmMajor, {
    readStdin: options.readStdin ?? (async () => ''),
    fetch: (address) => fetchForHelm(address, credentialsOf({}), source.locate.get),
  })
  if (opened.chart.metadata.deprecated)
    warn(helmMajor === 4 ? 'level=WARN msg="this chart is deprecated"' : 'WARNING: This chart is deprecated')
  const loaded =
    options.dependencyUpdate === true ? await updateDependencies(opened.chart, opened.directory, source) : opened.chart
  const namespace =
    options.namespace || env['HELM_NAMESPACE'] || (options.env && (await contextNamespace(options, env))) || 'default'
  const { live } = options
  let cluster: ChartCluster | undefined
  if (live !== undefined) cluster = await openChartCluster(options, env, helmMajor)
  try {
    const request: TemplateRequest = {
      ...options,
      values,
      releaseName: name,
      namespace,
      ...(cluster !== undefined && live?.capabilities === true
        ? { clusterVersion: cluster.version, clusterApiVersions: cluster.apiVersions }
        : {}),
    }
    const ports = { clock: systemClock, random: systemRandom, crypto: createTemplateCrypto(systemClock) }
    const rendered = await settleAnswers(
      {
        generateKey: generateTemplateKey,
        ...(cluster !== undefined && live?.lookup === true ? { lookup: cluster.lookup } : {}),
      },
      ports,
      (settled) => templateChart(loaded, request, { ...settled, warn, elapsed: () => performance.now(), maxMilliseconds }),
    )
    if (cluster !== undefined && live?.check === true)
      await cluster.check(rendered, { name, namespace, isUpgrade: options.isUpgrade === true, helmMajor })
    return rendered
  } finally {
    cluster?.close()
  }
}

/** No message shows a password, whatever a server or a template answered with. */
function withoutPassword(error: HelmError, password: string): HelmError {
  if (password.length < 4 || !error.message.includes(password)) return error
  return new HelmError(error.message.replaceAll(password, '***'), { code: error.code, ...(error.fix ? { fix: error.fix } : {}) })
}
