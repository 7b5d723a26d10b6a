import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FakeKubeClient } from '../../../test/support/fakes/fake-kube-client.js'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { Cluster, ClusterState, Inventory } from '../../inventory/cluster.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { type ClusterProfile, clusterProfileType, managerLabel, memberIdLabel, profileNameOf } from './cluster-profile.js'
import { clusterPropertyType } from './cluster-property.js'
import { publishClusterProfiles } from './publish-profiles.js'
import { joinedValue, toClusterProfile } from './to-cluster-profile.js'

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

const namespaceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }

function world(serves: readonly ResourceType[] = []) {
  const clock = new VirtualClock({ idle: settle })
  const hub = new FakeKubeClient({ types: [clusterProfileType, namespaceType] })
  const members = new Map<string, FakeKubeClient>()
  const member = (name: string) => {
    let client = members.get(name)
    if (client === undefined) members.set(name, (client = new FakeKubeClient({ types: [namespaceType, ...serves] })))
    return client
  }
  const clusters = new Map<string, Cluster>()
  const listeners = new Set<Parameters<Inventory['onChange']>[0]>()
  const inventory = {
    list: () => [...clusters.values()],
    find: ({ name = '' }) => clusters.get(name),
    state: (): ClusterState => ({ health: 'Healthy', reason: 'Answers', message: '', since: 0, lastSeen: clock.now() }),
    client: member,
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
    member,
    end: () => ending.abort(),
    join: async (name: string, more: Partial<Cluster> = {}) => {
      clusters.set(name, { ...cluster(name), ...more })
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

const kubeSystem = (uid: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid } })

test('a profile tells how to reach the cluster, and no secret', async () => {
  const { join, profile, end } = world()
  const tls = { insecure: false, caPem: 'CA', certPem: 'CERT', keyPem: 'KEY' }
  const connection = {
    server: 'https://east.example',
    tls,
    auth: { kind: 'bearer', token: 'SECRET' } as const,
    proxyUrl: 'http://user:SECRET@proxy:3128',
  }
  await join('east', { connection })
  assert.deepEqual(profile('east')?.status?.accessProviders, [
    {
      name: 'flotilla',
      cluster: {
        server: 'https://east.example',
        'certificate-authority-data': 'Q0E=',
        extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { clusterName: 'east' } }],
      },
    },
  ])
  assert.doesNotMatch(JSON.stringify(profile('east')), /SECRET|KEY|CERT/)
  assert.deepEqual(
    profile('east')?.status?.conditions?.map(({ type, status }) => [type, status]),
    [
      ['ControlPlaneHealthy', 'True'],
      ['Joined', 'True'],
    ],
  )
  end()
})

test('a cluster says who it is: written where nobody has, honoured where somebody has, mirrored into the profile', async () => {
  const { member, join, profile, end } = world([clusterPropertyType])
  await member('east').create(namespaceType, kubeSystem('uid-east'))
  await member('east').create(clusterPropertyType, {
    apiVersion: 'about.k8s.io/v1beta1',
    kind: 'ClusterProperty',
    metadata: { name: 'cluster.clusterset.k8s.io' },
    spec: { value: 'prod-1' },
  })
  await join('east')
  const written = member('east').peek(clusterPropertyType, 'clusterset.k8s.io') as { spec?: unknown } | undefined
  assert.deepEqual(written?.spec, { value: 'flotilla' })
  const properties = new Map(profile('east')?.status?.properties?.map(({ name, value }) => [name, value]))
  assert.equal(properties.get('cluster.clusterset.k8s.io'), 'prod-1')
  assert.equal(properties.get('clusterset.k8s.io'), 'flotilla')
  end()
})

test('one cluster with two names has one profile, found by the UID of kube-system', async () => {
  const { member, join, leave, profile, clock, end } = world()
  for (const name of ['east', 'prod']) await member(name).create(namespaceType, { ...kubeSystem('x') })
  const uid = (await member('east').get({ type: namespaceType, name: 'kube-system' })).metadata.uid
  const same = member('prod').peek(namespaceType, 'kube-system')
  assert.ok(same)
  same.metadata.uid = uid as string
  await join('east')
  await join('prod')
  await settle()
  assert.equal(profile('prod'), undefined)
  assert.equal(profile('east')?.metadata.labels?.[memberIdLabel], uid)
  assert.equal(profile('east')?.status?.properties?.find(({ name }) => name === 'flotilla.dev/also-known-as')?.value, 'prod')
  await leave('east')
  await clock.advance(120_000)
  await settle()
  assert.ok(profile('prod'), 'the other name has the profile once the first is gone')
  end()
})

test('a long list of API versions stands in several properties', () => {
  const apiVersions = Array.from({ length: 100 }, (_, index) => `group-${index}.example.com/v1`)
  const made = toClusterProfile({
    cluster: cluster('east'),
    state: { health: 'Healthy', reason: 'Answers', message: '', since: 0, apiVersions },
    namespace,
    nowMs: 0,
    now: undefined,
  })
  for (const { value } of made.status?.properties ?? []) assert.ok(value.length <= 1024)
  assert.deepEqual(joinedValue(made.status?.properties, 'flotilla.dev/api-versions'), apiVersions)
})
