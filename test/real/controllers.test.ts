import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { scenarios, stageOf } from '../support/cases/controller-scenarios.js'
import { expectedDifferences } from '../support/peers/controller-differences.js'
import { startControllerPeers } from '../support/peers/controller-peers.js'
import { differences, snapshot } from '../support/peers/controller-snapshot.js'

/**
 * kube-controller-manager and kube-scheduler against the controllers of the embedded cluster: the same happens in both, then all
 * objects and Events are compared. What may differ stands in controller-differences.ts.
 */
let peers: Awaited<ReturnType<typeof startControllerPeers>>
before(async () => {
  peers = await startControllerPeers()
})
after(async () => {
  if (typeof peers !== 'string') await peers.stop()
})

test('controllers', async (t) => {
  if (typeof peers === 'string') {
    t.skip(peers)
    return
  }
  const only = process.env['SCENARIOS']?.split(',')
  const chosen = scenarios.filter(({ name }) => only === undefined || only.includes(name))
  const { clusters } = peers
  const unexpected = await Promise.all(
    chosen.map(async ({ name, run }) => {
      const namespace = `s-${name}`
      await Promise.all(
        clusters.map(async (cluster) => {
          await cluster.request('POST', '/api/v1/namespaces', {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name: namespace },
          })
          const stage = stageOf(cluster, namespace)
          await stage.until('serviceaccounts/default', ({ kind }) => kind === 'ServiceAccount')
          await run(stage)
        }),
      )
      // What follows from the last step takes its time, on a busy machine more of it.
      for (let tries = 1; ; tries++) {
        await new Promise((done) => setTimeout(done, 3000))
        const [real, embedded] = await Promise.all(clusters.map((cluster) => snapshot(cluster, namespace)))
        const lines = differencesOf(real ?? new Map(), embedded ?? new Map()).map((line) => `${name}: ${line}`)
        const left = lines.filter((line) => !expectedDifferences.some(({ pattern }) => pattern.test(line)))
        if (left.length === 0 || tries === 8) return left
      }
    }),
  ).then((all) => all.flat())
  assert.deepEqual(unexpected, [], `${unexpected.length} differences:\n${unexpected.join('\n')}`)
})

/** What only one of the two has, and what of both is not the same. */
function differencesOf(real: ReadonlyMap<string, unknown>, embedded: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...real.keys(), ...embedded.keys()])].sort().flatMap((key) => {
    if (!embedded.has(key)) return [`only real: ${key}`]
    if (!real.has(key)) return [`only embedded: ${key}`]
    return differences(real.get(key), embedded.get(key)).map((line) => `${key} ${line}`)
  })
}
