import { int } from '../../../formats/go-template/values.js'
import { isCompatibleRange } from '../../../formats/semver/constraints.js'
import { type Chart, copyChart, crdFiles } from './chart/chart.js'
import { textOf } from './chart/load-chart.js'
import { capabilitiesValue, defaultKubeVersion, parseKubeVersion } from './engine/capabilities.js'
import { type HelmPorts, helmFunctions } from './engine/helm-functions.js'
import { type RenderLimits, renderTemplates } from './engine/render-templates.js'
import { HelmError } from './helm-error.js'
import type { HelmMajor } from './helm-major.js'
import { type Hook, type Manifest, sortManifests } from './output/sort-manifests.js'
import { validateAgainstSchemas } from './schema/validate-values.js'
import { coalesceValues } from './values/coalesce.js'
import { processDependencies } from './values/dependencies.js'
import type { Values } from './values/values.js'

/** What `helm template` is told besides the chart. */
export interface TemplateRequest {
  readonly releaseName: string
  /** `default` unless told. */
  readonly namespace?: string
  readonly values?: Values
  readonly isUpgrade?: boolean
  /** `1.31`, `v1.31.2`; that of Helm's client library unless told. */
  readonly kubeVersion?: string
  /** Besides those that are known anyway. */
  readonly apiVersions?: readonly string[]
  readonly skipSchemaValidation?: boolean
  /** 3 unless told. */
  readonly helmMajor?: HelmMajor
  /** The APIs and the version of a cluster that is asked; absent: those that Helm knows offline, and `apiVersions`. */
  readonly clusterApiVersions?: readonly string[]
  readonly clusterVersion?: { readonly gitVersion: string; readonly major: string; readonly minor: string }
}

/** A rendered chart, in the parts that the output is made of. */
export interface RenderedChart {
  readonly crds: readonly { readonly path: string; readonly content: string }[]
  readonly manifests: readonly Manifest[]
  readonly hooks: readonly Hook[]
}

export interface TemplatePorts extends HelmPorts, RenderLimits {
  /** Hears of what has no effect on the result: values that are left out, hooks of unknown types. */
  readonly warn: (message: string) => void
}

/** Renders a loaded chart, which is not changed. Throws HelmError with the messages of `helm template`. */
export function templateChart(loaded: Chart, request: TemplateRequest, ports: TemplatePorts): RenderedChart {
  const namespace = request.namespace ?? 'default'
  const helmMajor = request.helmMajor ?? 3
  if (loaded.metadata.type !== '' && loaded.metadata.type !== 'application')
    throw new HelmError(`${loaded.metadata.type} charts are not installable`)
  checkDependencies(loaded, helmMajor)
  if (helmMajor === 4 && loaded.metadata.apiVersion === 'v3') throw new HelmError('invalid chart apiVersion')
  validateReleaseName(request.releaseName, helmMajor)
  const chart = copyChart(loaded)
  const given = request.values ?? {}
  const rules = { warn: ports.warn, dropsNullDefaults: helmMajor === 4, copiesForNames: helmMajor === 4 }
  try {
    processDependencies(chart, given, rules)
  } catch (error) {
    if (helmMajor === 4 && error instanceof HelmError)
      throw new HelmError(`chart dependencies processing failed: ${error.message}`, { cause: error })
    throw error
  }
  const { clusterVersion } = request
  const kubeVersion =
    clusterVersion === undefined
      ? parseKubeVersion(request.kubeVersion || defaultKubeVersion)
      : { version: clusterVersion.gitVersion, major: clusterVersion.major, minor: clusterVersion.minor }
  const values = coalesceValues(chart, given, { ...rules, merge: false })
  if (request.skipSchemaValidation !== true) validateAgainstSchemas(chart, values)
  const wanted = chart.metadata.kubeVersion
  if (wanted !== '' && !isCompatibleRange(wanted, kubeVersion.version))
    throw new HelmError(`chart requires kubeVersion: ${wanted} which is incompatible with Kubernetes ${kubeVersion.version}`)
  const isUpgrade = request.isUpgrade === true
  const rendered = renderTemplates(
    chart,
    {
      release: {
        Name: request.releaseName,
        Namespace: namespace,
        IsUpgrade: isUpgrade,
        IsInstall: !isUpgrade,
        Revision: int(1),
        Service: 'Helm',
      },
      capabilities: capabilitiesValue(kubeVersion, request, helmMajor),
      values,
      helmMajor,
    },
    helmFunctions(ports, helmMajor),
    ports,
  )
  for (const name of rendered.keys()) if (name.endsWith('NOTES.txt')) rendered.delete(name)
  return {
    crds: crdFiles(chart).map(({ name, file }) => ({ path: name, content: textOf(file) })),
    ...sortManifests(rendered, ports.warn, helmMajor),
  }
}

function validateReleaseName(name: string, helmMajor: HelmMajor): void {
  const before = helmMajor === 4 ? 'release name check failed: ' : ''
  if (name === '') throw new HelmError(`${before}${helmMajor === 4 ? 'release name "": ' : ''}no name provided`)
  const valid = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
  if (name.length > 53 || !valid.test(name))
    throw new HelmError(
      `${before}release name ${JSON.stringify(name)}: invalid release name, must match regex ${valid.source} and the length must not be longer than 53`,
    )
}

/** Everything that Chart.yaml depends on must be below charts/. */
function checkDependencies(chart: Chart, helmMajor: HelmMajor): void {
  const vendored = new Set(chart.dependencies.map((each) => each.metadata.name))
  const missing = (chart.metadata.dependencies ?? []).filter((each) => !vendored.has(each.name)).map((each) => each.name)
  if (missing.length > 0)
    throw new HelmError(
      `${helmMajor === 4 ? "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build'" : 'An error occurred while checking for chart dependencies. You may need to run `helm dependency build`'} to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`,
      {
        code: 'helm-dependency-missing',
        fix: 'Put the charts that it depends on below charts/ (helm dependency build does that).',
      },
    )
}
