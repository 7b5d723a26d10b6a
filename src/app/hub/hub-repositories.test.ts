import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startChartServer } from '../../../test/support/fakes/chart-server.js'
import { packChart } from '../../../test/support/fakes/pack-chart.js'
import { silentLog } from '../../base/log.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { createHubRepositories } from './hub-repositories.js'

test('a hub reads charts with its credentials, and tells of changed chart repositories as of Git ones', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-hub-repositories-'))
  const packed = packChart('web', { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n' })
  const server = await startChartServer((path, { headers }) => {
    if (headers.authorization === undefined) return { status: 401 }
    if (path.endsWith('.tgz')) return { body: packed }
    return { body: 'apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0, urls: [web.tgz]}\n' }
  })
  const repositories = createHubRepositories({
    directory,
    env: {},
    credentials: { git: () => undefined, charts: () => ({ username: 'u', password: 'p' }) },
    ports: { clock: systemClock, random: systemRandom, log: silentLog },
  })
  try {
    const told: string[] = []
    const stop = repositories.onChange(({ url }) => told.push(url))
    const web = { repository: `${server.url}/stable`, chart: 'web' }
    assert.equal(await repositories.charts.resolve(web, '1.x'), '1.0.0')
    assert.ok(await (await repositories.charts.tree(web, '1.0.0')).read('Chart.yaml'))
    repositories.notify(server.url, { below: true })
    assert.deepEqual(told, [web.repository])
    stop()
    repositories.notify(web.repository)
    assert.equal(told.length, 1)
  } finally {
    repositories.close()
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  }
})
