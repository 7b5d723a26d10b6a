import { drive, startOurs } from './api-servers.support.js'
import type { BenchResult } from './contract.js'

const objects = 100_000

/** What small requests feel while somebody lists 100,000 objects of 2 KB (200 MB), again and again. */
export async function run(): Promise<BenchResult[]> {
  const server = await startOurs()
  const { port, token } = server
  try {
    await drive({ port, token, operation: 'create', connections: 64, count: objects, objects })
    const get = { port, token, operation: 'get', connections: 1, objects } as const
    const alone = await drive({ ...get, count: 3_000 })
    const list = drive({ port, token, operation: 'list-all', connections: 1, count: 5, objects })
    // The lists have begun; they take seconds.
    await new Promise((done) => setTimeout(done, 500))
    const beside = await drive({ ...get, count: 1_500 })
    const lists = await list
    const pages = await drive({ port, token, operation: 'list-500', connections: 1, count: 100, objects })
    const failed = alone.failures + beside.failures + lists.failures + pages.failures
    if (failed > 0) throw new Error(`${failed} requests failed: ${lists.failure ?? beside.failure ?? pages.failure}`)
    return [
      {
        name: 'p99 of a small GET while 100,000 objects are listed',
        unit: 'ms',
        measured: beside.p99Ms,
        target: { atMost: 20 },
        note: `p50 ${beside.p50Ms.toFixed(1)} ms; alone p50 ${alone.p50Ms.toFixed(1)}, p99 ${alone.p99Ms.toFixed(1)} ms`,
      },
      {
        name: 'LIST of 100,000 objects',
        unit: 'MB/s',
        measured: (lists.bytes / 1e6) * (lists.perSecond / 5),
        note: `${lists.p50Ms.toFixed(0)} ms each`,
      },
      { name: 'first page of 500 of 100,000', unit: 'ms', measured: pages.p50Ms, note: `p99 ${pages.p99Ms.toFixed(1)} ms` },
    ]
  } finally {
    await server.stop()
  }
}
