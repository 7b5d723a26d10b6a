import { allChecks } from '../src/areas/analysis/checks/all-checks.js'
import { loadFleet } from '../src/areas/analysis/load/load-fleet.js'
import { textReport } from '../src/areas/analysis/report/text-report.js'
import { runChecks } from '../src/areas/analysis/run-checks.js'
import { largeFleet } from '../test/support/worlds/large-fleet.js'
import type { BenchResult } from './contract.js'

/** Texts in memory to a report: a sound fleet of 10,000 objects over 100 clusters, and the same with thousands of findings. */
export async function run(): Promise<BenchResult[]> {
  const clean = largeFleet(100, 100)
  const broken = largeFleet(100, 100, (_path, text) =>
    text
      .replace('selector:\n    app.', 'selectr:\n    app.')
      .replace(/10\.\d+\.0\.0\/16/, '10.0.0.0/8')
      .replace('kind: Service', 'kind: Service # '),
  )
  const results: BenchResult[] = []
  for (const [name, texts] of [
    ['10,000 objects over 100 clusters', clean],
    ['the same, a mistake in each file', broken],
  ] as const) {
    let best = Number.POSITIVE_INFINITY
    let found = 0
    for (let round = 0; round < 3; round++) {
      const before = process.cpuUsage()
      const { model, unreadable } = loadFleet(texts)
      const report = runChecks(model, allChecks, unreadable)
      const summary = { documents: model.documents.length, clusters: model.clusters.length, checks: allChecks.length, fixed: 0 }
      let written = 0
      for (const piece of textReport({ ...report, summary }, { colour: false, version: '' })) written += piece.length
      if (written === 0) throw new Error('no report')
      found = report.findings.length
      const { user, system } = process.cpuUsage(before)
      best = Math.min(best, (user + system) / 1000)
    }
    results.push({ name: `check: ${name}`, unit: 'ms', measured: best, target: { atMost: 2000 }, note: `${found} findings` })
  }
  results.push({
    name: 'check: memory after it',
    unit: 'MB',
    measured: process.memoryUsage().rss / 1_000_000,
    target: { atMost: 600 },
    note: 'resident, both fleets in memory',
  })
  return results
}
