import type { KubeObject } from '../src/kube/object/kube-object.js'
import type { ResourceType } from '../src/kube/object/resource-type.js'
import { createFleetViewWorld } from '../test/support/worlds/fleet-view-world.js'
import type { BenchResult } from './contract.js'

const members = 100
const each = 100
const type: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

const pod = (index: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `web-${String(index).padStart(5, '0')}`, namespace: 'default', labels: { app: 'web', index: String(index) } },
  spec: {
    containers: [
      { name: 'web', image: 'nginx:1', env: [{ name: 'INDEX', value: String(index) }], ports: [{ containerPort: 80 }] },
    ],
  },
})

/**
 * The pods of 100 members as one list, against as many in one API. Members, view and client share this process and its one
 * thread, so that the ratio holds all work there is; members of their own machines take their part of it away.
 */
export async function run(): Promise<BenchResult[]> {
  const names = Array.from({ length: members }, (_, index) => `m${String(index).padStart(3, '0')}`)
  const world = await createFleetViewWorld(names, { answerMs: 5_000, silentMs: 500, bodyMs: 30_000 })
  try {
    const one = await world.api.clusters.ensure('one')
    const { port } = await world.api.front.listen('one', { host: '127.0.0.1', port: 0 })
    for (let index = 0; index < members * each; index++) {
      await one.client().create(type, pod(index))
      await world.client(names[index % members]!).create(type, pod(index))
    }
    const list = async (where: number, accept: string, limit: number) => {
      const begun = performance.now()
      let count = 0
      let next = ''
      do {
        const query = [
          ...(limit === 0 ? [] : [`limit=${limit}`]),
          ...(next === '' ? [] : [`continue=${encodeURIComponent(next)}`]),
        ]
        const answer = await world.api.ask('GET', `/api/v1/pods?${query.join('&')}`, { port: where, headers: { accept } })
        count += (answer.json.rows ?? answer.json.items).length
        next = answer.json.metadata.continue ?? ''
      } while (next !== '')
      return { ms: performance.now() - begun, count }
    }
    const best = async (where: number, accept: string, limit: number, expected: number) => {
      let least = Number.POSITIVE_INFINITY
      for (let turn = 0; turn < 4; turn++) {
        const { ms, count } = await list(where, accept, limit)
        if (count !== expected) throw new Error(`${count} pods instead of ${expected}`)
        least = Math.min(least, ms)
      }
      return least
    }
    const all = members * each
    const results: BenchResult[] = []
    for (const [what, accept, limit] of [
      ['table', table, 0],
      ['table, pages of 500', table, 500],
      ['objects', 'application/json', 0],
    ] as const) {
      const straight = await best(port, accept, limit, all)
      const merged = await best(world.port, accept, limit, all)
      results.push({
        name: `10,000 pods of 100 members against one API (${what})`,
        unit: 'x',
        measured: merged / straight,
        target: { atMost: 6 },
        note: `${merged.toFixed(0)} ms against ${straight.toFixed(0)} ms`,
      })
    }
    await world.cut(names[50]!)
    const refused = await best(world.port, table, 0, all - each)
    results.push({
      name: 'the same table with a member that refuses connections',
      unit: 'ms',
      measured: refused,
      target: { atMost: 2_500 },
    })
    await world.joinScripted('silent', () => {})
    world.setHealth('silent', 'Unknown')
    const silent = await best(world.port, table, 0, all - each)
    results.push({
      name: 'and one that takes connections and says nothing',
      unit: 'ms',
      measured: silent,
      target: { atMost: 2_500 },
      note: 'it has not answered its last probe, so it is waited for 500 ms, beside the others',
    })
    return results
  } finally {
    await world.close()
  }
}
