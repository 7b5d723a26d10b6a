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
  const snapshots = await Promise.all(
    peers.clusters.map(async (cluster) => {
      const taken = new Map<string, Map<string, unknown>>()
      await Promise.all(
        chosen.map(async ({ name, run }) => {
          const namespace = `s-${name}`
          await cluster.request('POST', '/api/v1/namespaces', {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name: namespace },
          })
          const stage = stageOf(cluster, namespace)
          await stage.until('serviceaccounts/default', ({ kind }) => kind === 'ServiceAccount')
          await run(stage)
          // What follows from the last step.
          await new Promise((done) => setTimeout(done, 3000))
          taken.set(name, await snapshot(cluster, namespace))
        }),
      )
      return taken
    }),
  )
  const lines: string[] = []
  for (const { name } of chosen) {
    const [real, embedded] = snapshots.map((taken) => taken.get(name) ?? new Map<string, unknown>()) as [
      Map<string, unknown>,
      Map<string, unknown>,
    ]
    for (const key of [...new Set([...real.keys(), ...embedded.keys()])].sort()) {
      if (!embedded.has(key)) lines.push(`${name}: only real: ${key}`)
      else if (!real.has(key)) lines.push(`${name}: only embedded: ${key}`)
      else lines.push(...differences(real.get(key), embedded.get(key)).map((line) => `${name}: ${key} ${line}`))
    }
  }
  const unexpected = lines.filter((line) => !expectedDifferences.some(({ pattern }) => pattern.test(line)))
  assert.deepEqual(unexpected, [], `${unexpected.length} differences:\n${unexpected.join('\n')}`)
})
