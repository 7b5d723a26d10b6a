import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caches } from '../../kube/informer/cache.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { openFailoverView, readSettings } from './failover-view.js'

const config = (data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'flotilla-failover' },
  data,
})

test('settings are read, and what cannot be read freezes', () => {
  assert.deepEqual(readSettings(undefined), { movesPerMinute: 30, mostSilentShare: 0.2 })
  assert.deepEqual(readSettings(config({ movesPerMinute: '5', mostSilentShare: '0.5' })), {
    movesPerMinute: 5,
    mostSilentShare: 0.5,
  })
  assert.equal(readSettings(config({ frozen: 'release night' })).frozen, 'release night')
  assert.equal(readSettings(config({ frozen: 'false' })).frozen, undefined)
  assert.match(
    readSettings(config({ movesPerMinute: 'many' })).frozen ?? '',
    /movesPerMinute is "many".*expected a number from 0 to 100000/,
  )
  assert.match(readSettings(config({ mostSilentShare: '20' })).frozen ?? '', /from 0 to 1/)
})

test('fresh observers, other managers and the cluster itself are heard; until all is read nothing is moved', async () => {
  const clock = { now: () => 1_000_000, after: () => () => {} }
  const iso = (agoMs: number) => new Date(clock.now() - agoMs).toISOString()
  const lease = (name: string, cluster: string, saw: string, agoMs: number): KubeObject => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, labels: { 'flotilla.dev/observes': cluster }, annotations: { 'flotilla.dev/observed': saw } },
    spec: { holderIdentity: name, renewTime: iso(agoMs) },
  })
  const profile = (manager: string, healthy: string): KubeObject => ({
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: { name: 'east', labels: { 'x-k8s.io/cluster-manager': manager } },
    status: { conditions: [{ type: 'ControlPlaneHealthy', status: healthy }] },
  })
  const objects: Record<string, KubeObject[]> = {
    ConfigMap: [],
    Lease: [
      lease('paris', 'east', 'down', 5000),
      lease('old', 'east', 'down', 61_000),
      lease('ahead', 'east', 'down', -61_000),
      lease('rome', 'west', 'up', 0),
    ],
    ClusterProfile: [profile('flotilla', 'False'), profile('other', 'False'), profile('third', 'Unknown')],
  }
  const caches = { cache: async ({ kind }: { kind: string }) => ({ list: () => objects[kind]! }) } as unknown as Caches
  const state = { health: 'Unknown', reason: 'NotReady', message: '', since: 0 } as const
  const view = openFailoverView({ caches, inventory: { state: () => state }, namespace: 'argocd', clock })
  assert.equal(view.settings().frozen, 'its settings have not been read yet')
  await new Promise((done) => setImmediate(done))
  assert.equal(view.settings().frozen, undefined)
  assert.deepEqual(view.observations('east'), [
    { by: 'the cluster itself', down: true },
    { by: 'observer paris', down: true },
    { by: 'ClusterProfile of other', down: true },
  ])
  assert.deepEqual(view.observations('west').at(-1), { by: 'observer rome', down: false })
})
