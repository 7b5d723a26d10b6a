import type { BenchResult } from './contract.js'
import { flotilla, startBenchFleet } from './fleet.support.js'

interface Row {
  readonly name: string
  readonly health: string
}

async function untilHealthy(directory: string, count: number, from: number, timeoutMs: number): Promise<number> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const rows = JSON.parse(flotilla('cluster', 'list', '--data-dir', directory, '-o', 'json')) as Row[]
    const healthy = rows.filter((row) => row.health === 'Healthy').length
    if (healthy >= count) return Date.now() - from
    if (Date.now() > end) throw new Error(`${healthy} of ${count} clusters are Healthy after ${timeoutMs} ms`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

/** 100 members: all registered and Healthy < 6 s, < 900 MB. 1,000 members start and answer: measured, no target. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = []
  const hundred = await startBenchFleet('--clusters', '100', '--no-demo')
  try {
    const ms = await untilHealthy(hundred.directory, 100, hundred.startedAt, 60_000)
    results.push(
      { name: '100 members: all Healthy', unit: 's', measured: ms / 1000, target: { atMost: 6 } },
      { name: '100 members: memory', unit: 'MiB', measured: hundred.memoryMiB(), target: { atMost: 900 } },
    )
  } finally {
    hundred.stop()
  }
  const thousand = await startBenchFleet('--clusters', '1000', '--no-demo')
  try {
    const ms = await untilHealthy(thousand.directory, 1000, thousand.startedAt, 300_000)
    results.push(
      { name: '1,000 members: API answering', unit: 's', measured: thousand.readyMs / 1000 },
      { name: '1,000 members: all Healthy', unit: 's', measured: ms / 1000 },
      { name: '1,000 members: memory', unit: 'MiB', measured: thousand.memoryMiB() },
    )
  } finally {
    thousand.stop()
  }
  return results
}
