import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { type ChartComparison, compareChart, findCharts, formatChartTable, valueSets } from './chart-comparison.js'
import { publicCharts } from './public-charts.js'
import { findPeer } from './real-apiserver.js'

/**
 * A test that renders public charts, each with several sets of values, with helm and here. They are fetched into a cache, or taken
 * from FLOTILLA_CHARTS. FLOTILLA_ONLY: parts of paths to look at. FLOTILLA_CORPUS_SHARE=1/4: every fourth rendering,
 * counted over all charts.
 */
export async function testPublicCharts(major: 3 | 4): Promise<void> {
  const only = process.env['FLOTILLA_ONLY']?.split(',')
  const share = process.env['FLOTILLA_CORPUS_SHARE'] ?? '1/1'
  const every = Number(/^1\/([1-9]\d*)$/.exec(share)?.[1])
  if (Number.isNaN(every)) throw new Error(`FLOTILLA_CORPUS_SHARE is ${share}: 1/N is expected, such as 1/4`)
  const helm = findPeer(`helm${major}`)
  const corpus = 'reason' in helm ? helm : await publicCharts()
  const skip = 'reason' in corpus ? corpus.reason : false
  test(`public charts with several values render as with helm ${major}`, { skip, timeout: 3_600_000 }, async () => {
    const root = 'root' in corpus ? corpus.root : ''
    const program = 'path' in helm ? helm.path : ''
    const scratch = mkdtempSync(join(tmpdir(), 'flotilla-values-'))
    const groups = new Map<string, ChartComparison[]>()
    const wrong: ChartComparison[] = []
    let charts = 0
    let count = 0
    try {
      for (const chart of findCharts(root)) {
        const name = relative(root, chart)
        if (only !== undefined && !only.some((part) => name.includes(part))) continue
        charts++
        const group = name.split('/', 1)[0]!
        for (const set of valueSets(chart, scratch)) {
          if (count++ % every !== 0) continue
          const found = await compareChart(program, chart, set, major)
          groups.set(group, [...(groups.get(group) ?? []), found])
          if (['identical bytes', 'random', 'refused by both'].includes(found.verdict)) continue
          console.log(`${found.verdict}: ${name} with ${found.values}\n  ${found.detail.replaceAll('\n', '\n  ')}`)
          if (!['identical objects', 'refused by both, in other words'].includes(found.verdict)) wrong.push(found)
        }
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
    console.log(`helm ${major}: ${charts} charts${every > 1 ? `, one of ${every} renderings` : ''}\n${formatChartTable(groups)}`)
    assert.deepEqual(
      wrong.map(({ verdict, chart, values }) => `${verdict}: ${chart} with ${values}`),
      [],
    )
  })
}
