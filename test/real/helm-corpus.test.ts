import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { test } from 'node:test'
import { type ChartComparison, compareChart, findCharts, formatChartTable, valueSets } from '../support/chart-comparison.js'
import { findPeer } from '../support/real-apiserver.js'

// Public charts below FLOTILLA_CHARTS, each with several sets of values, as helm 3 renders them and as we do.
// FLOTILLA_ONLY: parts of paths to look at, separated by commas.
const root = process.env['FLOTILLA_CHARTS']
const only = process.env['FLOTILLA_ONLY']?.split(',')
const helm = findPeer('helm3')
const skip =
  'reason' in helm ? helm.reason : root !== undefined && existsSync(root) ? false : 'FLOTILLA_CHARTS names no directory'

test('public charts with several values render as with helm 3', { skip, timeout: 3_600_000 }, async () => {
  const groups = new Map<string, ChartComparison[]>()
  const wrong: ChartComparison[] = []
  for (const chart of findCharts(root!)) {
    const name = relative(root!, chart)
    if (only !== undefined && !only.some((part) => name.includes(part))) continue
    const group = name.split('/', 1)[0]!
    for (const set of valueSets(chart)) {
      const found = await compareChart('path' in helm ? helm.path : '', chart, set)
      groups.set(group, [...(groups.get(group) ?? []), found])
      if (['identical bytes', 'random', 'refused by both'].includes(found.verdict)) continue
      console.log(`${found.verdict}: ${name} with ${found.values}\n  ${found.detail.replaceAll('\n', '\n  ')}`)
      if (!['identical objects', 'refused by both, in other words'].includes(found.verdict)) wrong.push(found)
    }
  }
  console.log(formatChartTable(groups))
  assert.deepEqual(
    wrong.map(({ verdict, chart, values }) => `${verdict}: ${chart} with ${values}`),
    [],
  )
})
