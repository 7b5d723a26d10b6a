import type { ClusterFacts, PlacementPolicies, Workload } from '../src/delivery/placement/contract.js'
import { decidePlacement } from '../src/delivery/placement/decide-placement.js'
import type { DivisionRule } from '../src/delivery/placement/division/division-rules.js'
import type { BenchResult } from './contract.js'

function fleetOf(count: number): ClusterFacts[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `cluster-${index}`,
    region: `region-${index % 10}`,
    zones: [`zone-${index % 30}`],
    provider: `provider-${index % 3}`,
    labels: { env: index % 4 === 0 ? 'test' : 'prod', index: String(index) },
    taints: index % 50 === 0 ? [{ key: 'special', effect: 'NoSchedule' }] : [],
    apis: new Set(['apps/v1/Deployment', 'v1/ConfigMap']),
    free: (index * 7) % 40,
    price: 1 + ((index * 13) % 9),
    ready: true,
  }))
}

function workload(index: number): Workload {
  const metadata = { name: `web-${index}`, namespace: 'shop', uid: `uid-${index}` }
  return { object: { apiVersion: 'apps/v1', kind: 'Deployment', metadata }, replicas: 10 + (index % 90) }
}

function policies(division: DivisionRule): PlacementPolicies {
  return {
    placements: [
      {
        name: 'everything',
        selectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
        placement: {
          groups: [{ name: 'production', labels: { matchLabels: { env: 'prod' } } }],
          spread: [
            { by: 'region', minGroups: 3, maxGroups: 5 },
            { by: 'cluster', minGroups: 3, maxGroups: 20 },
          ],
          division,
        },
      },
    ],
  }
}

/** Whole decisions with all reasons: policy, filters, score, spread by region, division. By the time of the processor. */
export function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = []
  for (const [count, rounds] of [
    [100, 200],
    [1000, 30],
  ] as const) {
    const fleet = fleetOf(count)
    for (const division of [
      { strategy: 'dynamic-weights' },
      { strategy: 'cheapest' },
      { strategy: 'kubefed-planner' },
    ] as const) {
      const rules = policies(division)
      const perSecond = measure(rounds, (index) => {
        const { outcome } = decidePlacement(workload(index), rules, fleet)
        if (outcome !== 'placed') throw new Error(`workload ${index} is ${outcome}`)
      })
      const name = `placement: ${division.strategy} over ${count} clusters`
      results.push(
        count === 100
          ? { name, unit: 'bindings/s', measured: perSecond, target: { atLeast: 1000 } }
          : { name, unit: 'ms', measured: 1000 / perSecond, target: { atMost: 5 } },
      )
    }
  }
  return Promise.resolve(results)
}

/** The best of some rounds: others use the machine, too. */
function measure(rounds: number, act: (index: number) => void): number {
  let best = 0
  for (let round = 0; round < 6; round++) {
    const before = process.cpuUsage()
    for (let index = 0; index < rounds; index++) act(index)
    const { user, system } = process.cpuUsage(before)
    best = Math.max(best, (rounds / (user + system)) * 1_000_000)
  }
  return best
}
