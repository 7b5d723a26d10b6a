import { type Document, KubeDocument } from '../model/document.js'
import { HelmValues, type KnownTool } from '../model/helm-values.js'
import type { Path } from '../model/spot.js'
import { chartTools, toolsOf } from './recognise.js'

/** The values of known charts that a document holds: a values file, or an object that installs a chart. */
export function valuesOf(document: Document): HelmValues[] {
  if (document.role === 'helm-values') return toolsOf(document.value).map(({ tool, root }) => make(document, tool, root))
  if (document.role === 'fleet-yaml')
    return installed(document, document.text('helm', 'chart'), ['helm', 'values'], document.text('helm', 'version'))
  if (!(document instanceof KubeDocument)) return []
  const { group, kind } = document
  if (kind === 'IstioOperator')
    return [make(document, 'istio', ['spec', 'values'], undefined, { meshConfig: ['spec', 'meshConfig'] })]
  if (kind === 'Istio' && group === 'sailoperator.io') return [make(document, 'istio', ['spec', 'values'])]
  if (kind === 'HelmRelease') {
    const chart = document.view('spec', 'chart', 'spec')
    return installed(document, chart.text('chart'), ['spec', 'values'], chart.text('version'))
  }
  if (kind === 'HelmChartProxy')
    return installed(document, document.text('spec', 'chartName'), ['spec', 'values'], document.text('spec', 'version'))
  if (kind === 'Application' && group === 'argoproj.io') {
    const one = document.has('spec', 'source') ? [document.view('spec', 'source')] : []
    return [...one, ...document.items('spec', 'sources')].flatMap((source) =>
      installed(document, source.text('chart'), [...source.root, 'helm', 'valuesObject'], source.text('targetRevision')),
    )
  }
  return []
}

function installed(document: Document, chart: string | undefined, root: Path, version: string | undefined): HelmValues[] {
  const name = chart?.slice(chart.lastIndexOf('/') + 1)
  const tool = name === undefined ? undefined : chartTools[name]
  if (tool !== undefined && name !== 'base' && document.get(...root) !== undefined) return [make(document, tool, root, version)]
  return toolsOf(document.get(...root)).map((found) => make(document, found.tool, [...root, ...found.root]))
}

/** The cluster as the tool's own values name it. */
const ownNames: Partial<Record<KnownTool, Path>> = {
  cilium: ['cluster', 'name'],
  istio: ['global', 'multiCluster', 'clusterName'],
  submariner: ['submariner', 'clusterId'],
}

function make(
  document: Document,
  tool: KnownTool,
  root: Path,
  chartVersion?: string,
  elsewhere?: Readonly<Record<string, Path>>,
): HelmValues {
  const values = new HelmValues({ tool, document, root, chartVersion, elsewhere: elsewhere ?? {} })
  const own = ownNames[tool]
  const cluster = document.cluster ?? (own === undefined ? undefined : values.text(...own))
  return new HelmValues({ tool, document, root, chartVersion, elsewhere: elsewhere ?? {}, cluster })
}
