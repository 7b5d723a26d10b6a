import { type Document, KubeDocument } from '../model/document.js'
import type { HelmValues } from '../model/helm-values.js'
import type { Settings } from '../model/settings.js'
import type { Path } from '../model/spot.js'
import { layersOf } from './layer-values.js'
import { makeValues } from './make-values.js'
import { chartTools, toolsOf } from './recognise.js'

/** The values of known charts that documents hold: those of one cluster that several files make are one. */
export function collectValues(documents: readonly Document[], settings: Settings): HelmValues[] {
  const layered = layersOf(documents, settings)
  return documents.flatMap((document) => layered.get(document) ?? valuesOf(document))
}

/** The values of known charts that a document holds: a values file, or an object that installs a chart. */
export function valuesOf(document: Document): HelmValues[] {
  if (document.role === 'helm-values') return toolsOf(document.value).map(({ tool, root }) => makeValues(document, tool, root))
  if (document.role === 'fleet-yaml')
    return installed(document, document.text('helm', 'chart'), ['helm', 'values'], document.text('helm', 'version'))
  if (!(document instanceof KubeDocument)) return []
  const { group, kind } = document
  if (kind === 'IstioOperator')
    return [makeValues(document, 'istio', ['spec', 'values'], undefined, { meshConfig: ['spec', 'meshConfig'] })]
  if (kind === 'Istio' && group === 'sailoperator.io') return [makeValues(document, 'istio', ['spec', 'values'])]
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
  if (tool !== undefined && name !== 'base' && document.get(...root) !== undefined)
    return [makeValues(document, tool, root, version)]
  return toolsOf(document.get(...root)).map((found) => makeValues(document, found.tool, [...root, ...found.root]))
}
