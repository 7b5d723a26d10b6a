import type { ChartInflation } from '../../contract.js'
import { loadChart } from '../../helm/chart/load-chart.js'
import { readChartFiles } from '../../helm/chart/read-chart-files.js'
import { type HelmRendererOptions, workWithin } from '../../helm/helm-renderer.js'
import { formatOutput } from '../../helm/output/format-output.js'
import { renderReleaseName } from '../../helm/release-name.js'
import { settleAnswers } from '../../helm/settle-answers.js'
import { templateChart } from '../../helm/template-chart.js'
import { mergeGivenValues } from '../../helm/values/merge-values.js'
import { buildError } from '../build-error.js'

/** Charts for kustomizations through the renderer for charts. Without `pull`, charts must be in the source. */
export function createChartInflation(ports: HelmRendererOptions, pull?: ChartInflation['pull']): ChartInflation {
  return {
    pull:
      pull ??
      (async ({ repo, name }) =>
        Promise.reject(buildError(`chart ${name} of ${repo}: charts are not fetched here`, 'Put the chart below charts/.'))),
    async render(request) {
      const warn = () => {}
      const work = workWithin(request.time, ports)
      const files = await readChartFiles(request.tree, request.path)
      const load = { warn, ...(ports.openArchive === undefined ? {} : { openArchive: ports.openArchive }) }
      const chart = work(() => loadChart(files, load))
      const texts = request.values.map((text, index) => ({ name: `values ${index + 1}`, text }))
      const releaseName =
        request.nameTemplate === '' ? request.releaseName || 'release-name' : renderReleaseName(request.nameTemplate, ports)
      const wanted = {
        releaseName,
        ...(request.namespace === '' ? {} : { namespace: request.namespace }),
        values: work(() => mergeGivenValues({ files: texts })),
        ...(request.kubeVersion === '' ? {} : { kubeVersion: request.kubeVersion }),
        apiVersions: request.apiVersions,
      }
      const slow = ports.generateKey === undefined ? {} : { generateKey: ports.generateKey }
      const rendered = await settleAnswers(slow, ports, (settled) =>
        work(() => templateChart(chart, wanted, { ...ports, ...settled, warn })),
      )
      return formatOutput(rendered, request)
    },
  }
}
