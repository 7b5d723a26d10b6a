import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FakeKubeClient } from '../../../test/support/fake-kube-client.js'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { Cluster, ClusterState, Inventory } from '../../inventory/cluster.js'
import { type ClusterProfile, clusterProfileType, managerLabel, profileNameOf } from './cluster-profile.js'
import { publishClusterProfiles } from './publish-profiles.js'

const namespace = 'argocd'

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

function cluster(name: string): Cluster {
  return {
    name,
    server: `https://${name}.example`,
    labels: {},
    annotations: {},
    project: '',
    namespaces: [],
    clusterResources: false,
    source: `Secret argocd/cluster-${name}`,
    connection: undefined,
  }
}

function world() {
  const clock = new VirtualClock({ idle: settle })
  const hub = new FakeKubeClient({ types: [clusterProfileType] })
  const clusters = new Map<string, Cluster>()
  const listeners = new Set<Parameters<Inventory['onChange']>[0]>()
  const inventory = {
    list: () => [...clusters.values()],
    find: ({ name = '' }) => clusters.get(name),
    state: (): ClusterState => ({ health: 'Healthy', reason: 'Answers', message: '', since: 0, lastSeen: clock.now() }),
    client: () => hub,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ready: true,
  } satisfies Inventory
  const ending = new AbortController()
  publishClusterProfiles({
    hub,
    inventory,
    namespace,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    signal: ending.signal,
  })
  const tell = async (name: string, what: 'joined' | 'left') => {
    for (const listener of listeners) listener({ name, what })
    await settle()
  }
  return {
    clock,
    hub,
    end: () => ending.abort(),
    join: async (name: string) => {
      clusters.set(name, cluster(name))
      await tell(name, 'joined')
    },
    leave: async (name: string) => {
      clusters.delete(name)
      await tell(name, 'left')
    },
    profile: (name: string) => hub.peek(clusterProfileType, `${namespace}/${name}`) as ClusterProfile | undefined,
  }
}

test('a cluster that has joined has a profile, one that has left has none', async () => {
  const { join, leave, profile, end } = world()
  await join('east')
  assert.equal(profile('east')?.metadata.labels?.[managerLabel], 'flotilla')
  assert.equal(profile('east')?.status?.conditions?.[0]?.status, 'True')
  await leave('east')
  assert.equal(profile('east'), undefined)
  end()
})

test('the profile of another manager is not removed when a cluster of its name leaves', async () => {
  const { hub, leave, profile, end } = world()
  await hub.create(clusterProfileType, {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: { name: 'east', namespace, labels: { [managerLabel]: 'someone-else' } },
    spec: { displayName: 'east', clusterManager: { name: 'someone-else' } },
  })
  await leave('east')
  assert.ok(profile('east'))
  end()
})

test('a profile that somebody has deleted comes back', async () => {
  const { clock, hub, join, profile, end } = world()
  await join('east')
  await hub.delete({ type: clusterProfileType, namespace, name: 'east' })
  await clock.advance(120_000)
  await settle()
  assert.ok(profile('east'))
  end()
})

test('clusters whose name is no name for an object have a profile too, each its own', () => {
  assert.equal(profileNameOf('us-east.prod'), 'us-east.prod')
  const names = ['Prod_EU', 'prod-eu!', 'prod eu', '', '___', 'Ümlaut', 'a..b', 'x'.repeat(300)].map(profileNameOf)
  for (const name of names) assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
  assert.equal(new Set(names).size, names.length)
  assert.match(names[0]!, /^prod-eu-[0-9a-f]{8}$/)
})
