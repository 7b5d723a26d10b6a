import type { ApplicationSource } from '../kinds/application.js'

/** The source is a chart of a chart repository or a registry, not a path of a Git repository. */
export function isChartSource(source: Pick<ApplicationSource, 'chart' | 'repoURL'>): boolean {
  return Boolean(source.chart) || /^oci:\/\//i.test(source.repoURL)
}
