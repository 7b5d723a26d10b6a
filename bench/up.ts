import type { BenchResult } from './contract.js'
import { startBenchFleet, untilAllHealthy } from './fleet.support.js'

/** `flotilla up` with a hub and three members: API answering < 1 s, demo applications Healthy < 4 s, < 250 MB. */
export async function run(): Promise<BenchResult[]> {
  const warm = await startBenchFleet()
  warm.stop()
  const fleet = await startBenchFleet()
  try {
    const hub = await fleet.client('hub')
    const healthyMs = await untilAllHealthy(hub, 15, fleet.startedAt, 60_000)
    return [
      { name: 'up, 3 members: API answering', unit: 's', measured: fleet.readyMs / 1000, target: { atMost: 1 } },
      { name: 'up, 3 members: demo Healthy', unit: 's', measured: healthyMs / 1000, target: { atMost: 4 } },
      { name: 'up, 3 members: memory', unit: 'MiB', measured: fleet.memoryMiB(), target: { atMost: 250 } },
    ]
  } finally {
    fleet.stop()
  }
}
