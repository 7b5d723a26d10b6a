import type { Values } from '../values/values.js'

/** A file of a chart; `name` is its path below the chart. The bytes are shared: never change them. */
export interface ChartFile {
  readonly name: string
  readonly data: Uint8Array
}

export interface Maintainer {
  readonly name: string
  readonly email: string
  readonly url: string
}

/** An entry of Chart.yaml's `dependencies` (or of requirements.yaml). Processing of dependencies renames and enables it. */
export interface Dependency {
  name: string
  readonly version: string
  readonly repository: string
  readonly condition: string
  readonly tags: readonly string[]
  enabled: boolean
  importValues: unknown[]
  readonly alias: string
}

/** Chart.yaml, cleaned of characters that do not print. */
export interface ChartMetadata {
  name: string
  home: string
  sources: readonly string[]
  version: string
  description: string
  keywords: readonly string[]
  maintainers: readonly Maintainer[]
  icon: string
  apiVersion: string
  condition: string
  tags: string
  appVersion: string
  deprecated: boolean
  annotations: Readonly<Record<string, string>> | undefined
  kubeVersion: string
  /** Undefined when neither Chart.yaml nor requirements.yaml has the field. */
  dependencies: Dependency[] | undefined
  type: string
}

/**
 * A loaded chart and those inside it. Loaded charts are shared and never changed; each rendering works on a copy
 * (copyChart), since the processing of dependencies renames, drops and re-parents charts.
 */
export interface Chart {
  metadata: ChartMetadata
  values: Values
  readonly schema: Uint8Array | undefined
  readonly templates: readonly ChartFile[]
  readonly files: readonly ChartFile[]
  dependencies: Chart[]
  parent: Chart | undefined
}

/** The chart's path in names of templates: `web/charts/redis`. */
export function fullPathOf(chart: Chart): string {
  return chart.parent === undefined ? chart.metadata.name : `${fullPathOf(chart.parent)}/charts/${chart.metadata.name}`
}

/** Makes `charts` the sub-charts of a chart. */
export function setDependencies(chart: Chart, charts: readonly Chart[]): void {
  chart.dependencies = [...charts]
  for (const child of charts) child.parent = chart
}

/** A copy that a rendering may change; files are shared. */
export function copyChart(chart: Chart, parent?: Chart): Chart {
  const copy: Chart = {
    ...chart,
    metadata: {
      ...chart.metadata,
      dependencies: chart.metadata.dependencies?.map((each) => ({ ...each, importValues: [...each.importValues] })),
    },
    dependencies: [],
    parent,
  }
  copy.dependencies = chart.dependencies.map((child) => copyChart(child, copy))
  return copy
}

/** A chart that only lends its partials. */
export function isLibrary(chart: Chart): boolean {
  return chart.metadata.type.toLowerCase() === 'library'
}

/** The files below crds/ of a chart and of its sub-charts, with the names that the output gives them. */
export function crdFiles(chart: Chart): { readonly name: string; readonly file: ChartFile }[] {
  const own = chart.files
    .filter((file) => file.name.startsWith('crds/') && /\.(ya?ml|json)$/i.test(file.name))
    .map((file) => ({ name: `${fullPathOf(chart)}/${file.name}`, file }))
  return [...own, ...chart.dependencies.flatMap(crdFiles)]
}
