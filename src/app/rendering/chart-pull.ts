import { messageOf } from '../../base/errors.js'
import type { ChartInflation } from '../../delivery/render/contract.js'
import { HelmError } from '../../delivery/render/helm/helm-error.js'
import { createMemoryTree } from '../../delivery/render/memory-tree.js'
import { openChartArchive } from '../../delivery/source/helm/archive.js'
import type { ChartRepositories } from '../../delivery/source/helm/contract.js'
import { locateChart } from '../../delivery/source/helm/locate-chart.js'
import { chartSourcePorts } from './render-chart-source.js'

/** Fetches the charts of kustomizations as `helm pull --repo` does, with the logins that helm's own settings have for registries. */
export function createChartPull(
  env: Readonly<Record<string, string | undefined>>,
  notice: (message: string) => void,
): ChartInflation['pull'] {
  return async ({ repo, name, version }) => {
    const { locate } = await chartSourcePorts({}, 3, env, notice)
    const place = version === '' ? {} : { version }
    const bytes = repo.startsWith('oci://')
      ? await locateChart(`${repo.replace(/\/+$/, '')}/${name}`, place, locate)
      : await locateChart(name, { ...place, repo }, locate)
    try {
      const files = openChartArchive(bytes).map((file) => [file.name, file.data] as const)
      return { tree: createMemoryTree(Object.fromEntries(files)), path: '' }
    } catch (error) {
      throw new HelmError(`chart ${name} of ${repo}: ${messageOf(error)}`, { cause: error, code: 'chart-archive-invalid' })
    }
  }
}

/**
 * The same through a hub's chart repositories and their cache. Without the hub's logins: a kustomization names any repository, and no
 * project has been asked whether whoever wrote it may read that.
 */
export function createHubChartPull(charts: Pick<ChartRepositories, 'resolve' | 'tree'>): ChartInflation['pull'] {
  return async ({ repo, name, version }) => {
    const chart = { repository: repo, chart: name, anonymous: true }
    return { tree: await charts.tree(chart, await charts.resolve(chart, version || '*')), path: '' }
  }
}
