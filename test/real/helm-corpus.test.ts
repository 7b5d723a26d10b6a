import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { startChartServer } from '../support/fakes/chart-server.js'
import { packChart } from '../support/fakes/pack-chart.js'
import { type ChartComparison, compareChart, findCharts, formatChartTable, valueSets } from '../support/peers/chart-comparison.js'
import { fetchPublicCharts, publicCharts } from '../support/peers/public-charts.js'
import { findPeer } from '../support/peers/real-apiserver.js'

// Public charts, each with several sets of values, as helm 3 and helm 4 render them and as we do. They are fetched into a cache, or
// taken from FLOTILLA_CHARTS. FLOTILLA_ONLY: parts of paths to look at; FLOTILLA_MAJORS: 3 or 4 alone.
const only = process.env['FLOTILLA_ONLY']?.split(',')
const majors = (process.env['FLOTILLA_MAJORS'] ?? '3,4').split(',')

for (const major of [3, 4] as const) {
  const helm = findPeer(`helm${major}`)
  const corpus = 'reason' in helm || !majors.includes(String(major)) ? { reason: 'not asked for' } : await publicCharts()
  const skip = 'reason' in helm ? helm.reason : 'reason' in corpus ? corpus.reason : false
  test(`public charts with several values render as with helm ${major}`, { skip, timeout: 3_600_000 }, async () => {
    const root = 'root' in corpus ? corpus.root : ''
    const groups = new Map<string, ChartComparison[]>()
    const wrong: ChartComparison[] = []
    let charts = 0
    for (const chart of findCharts(root)) {
      const name = relative(root, chart)
      if (only !== undefined && !only.some((part) => name.includes(part))) continue
      charts++
      const group = name.split('/', 1)[0]!
      for (const set of valueSets(chart)) {
        const found = await compareChart('path' in helm ? helm.path : '', chart, set, major)
        groups.set(group, [...(groups.get(group) ?? []), found])
        if (['identical bytes', 'random', 'refused by both'].includes(found.verdict)) continue
        console.log(`${found.verdict}: ${name} with ${found.values}\n  ${found.detail.replaceAll('\n', '\n  ')}`)
        if (!['identical objects', 'refused by both, in other words'].includes(found.verdict)) wrong.push(found)
      }
    }
    console.log(`helm ${major}: ${charts} charts\n${formatChartTable(groups)}`)
    assert.deepEqual(
      wrong.map(({ verdict, chart, values }) => `${verdict}: ${chart} with ${values}`),
      [],
    )
  })
}

test('a corpus is fetched into an empty cache, once; where nothing answers, the reason is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-corpus-'))
  const packed = packChart('web', { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n', 'templates/a.yaml': 'a: 1\n' })
  const index = 'apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0, urls: [web.tgz]}\n'
  const server = await startChartServer((path) => ({ body: path.endsWith('.tgz') ? packed : index }))
  try {
    assert.deepEqual(await fetchPublicCharts(folder, { [server.url]: ['web'] }, 1), { root: folder })
    assert.equal(findCharts(folder).length, 1)
    const asked = server.asked.length
    assert.deepEqual(await fetchPublicCharts(folder, { [server.url]: ['web'] }, 1), { root: folder })
    assert.equal(server.asked.length, asked)
    const none = await fetchPublicCharts(folder, { 'http://127.0.0.1:1': ['other'] }, 1)
    assert.match('reason' in none ? none.reason : '', /^only 0 of at least 1 public charts can be had here: other: .*refused/)
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
