import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FakeKubeClient } from '../../../test/support/fakes/fake-kube-client.js'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import { readProviderFile } from './access-providers.js'
import { clusterProfileType } from './cluster-profile.js'
import { createProfileSource } from './profile-source.js'

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

const profile = (name: string, manager: string) => ({
  apiVersion: 'multicluster.x-k8s.io/v1alpha1',
  kind: 'ClusterProfile',
  metadata: { name, namespace: 'inventory', labels: { 'x-k8s.io/cluster-manager': manager } },
  spec: { displayName: name, clusterManager: { name: manager } },
  status: { accessProviders: [{ name: 'p', cluster: { server: `https://${name}.example` } }], conditions: [] as object[] },
})

test('profiles of other managers are clusters, ours are not; heartbeats are no news', async () => {
  const hub = new FakeKubeClient({ types: [clusterProfileType] })
  await hub.create(clusterProfileType, profile('theirs', 'ocm'))
  await hub.create(clusterProfileType, profile('ours', 'flotilla'))
  const ending = new AbortController()
  const caches = createCaches({
    client: hub,
    clock: new VirtualClock({ idle: settle }),
    random: createSeededRandom(1),
    log: silentLog,
    signal: ending.signal,
  })
  const text = '{"providers": [{"name": "p", "execConfig": {"command": "plugin"}}]}'
  const source = createProfileSource({ caches, providers: readProviderFile(text, 'f') })
  let news = 0
  source.onChange(() => news++)
  await source.ready
  const [cluster, ...others] = source.list()
  assert.equal(others.length, 0)
  assert.equal(cluster?.source, 'ClusterProfile inventory/theirs')
  assert.equal(cluster?.connection?.server, 'https://theirs.example')

  const patch = async (body: object) => {
    const target = { type: clusterProfileType, namespace: 'inventory', name: 'theirs' }
    const subresource = 'status' in body ? { subresource: 'status' } : {}
    await hub.patch({ ...target, ...subresource }, { kind: 'merge', body })
    await settle()
  }
  await patch({ metadata: { labels: { env: 'production' } } })
  const before = news
  assert.ok(before > 0)
  await patch({ status: { conditions: [{ type: 'ControlPlaneHealthy', lastTransitionTime: 'now' }] } })
  assert.equal(news, before)
  await patch({ status: { accessProviders: [{ name: 'p', cluster: { server: 'https://moved.example' } }] } })
  assert.equal(news, before + 1)
  assert.equal(source.list()[0]?.server, 'https://moved.example')
  ending.abort()
})
