import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startChartServer } from '../support/fakes/chart-server.js'
import { packChart } from '../support/fakes/pack-chart.js'
import { findCharts } from '../support/peers/chart-comparison.js'
import { testPublicCharts } from '../support/peers/chart-corpus.js'
import { fetchPublicCharts } from '../support/peers/public-charts.js'

await testPublicCharts(3)

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
