import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { chaos } from '../../src/apiserver/members/nodes/chaos-state.js'
import { failCluster, failNode, healAll } from '../../src/app/chaos/chaos-actions.js'
import { createSeededRandom } from '../../src/base/random.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { createWorld, type World } from '../support/worlds/world.js'

/** Virtual minutes between two looks at everything. */
const roundMinutes = 60

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const typeOf = (plural: string, group = '') => builtInResources.find((type) => type.plural === plural && type.group === group)!
const members = ['one', 'two', 'three']

interface Wanted {
  replicas: number
  image: string
}

const names = { Deployment: 'web', StatefulSet: 'db', DaemonSet: 'agent' } as const
const plurals = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const

function workload(kind: keyof typeof names, { replicas, image }: Wanted): KubeObject {
  const labels = { app: names[kind] }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: names[kind], namespace: 'default' },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName: 'db' } : { revisionHistoryLimit: 2 }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } },
    },
  }
}

const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
}
const cronJob: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'often', namespace: 'default' },
  spec: {
    schedule: '*/10 * * * *',
    jobTemplate: {
      spec: {
        ttlSecondsAfterFinished: 1200,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'example.com/job:1' }] } },
      },
    },
  },
}

type Loose = KubeObject & { spec: Record<string, unknown>; status: Record<string, unknown> }
const all = (world: World, name: string, resource: string) =>
  [...(world.clusters.get(name)?.peekAll(resource) ?? [])] as unknown as Loose[]

/** What must hold of a cluster in which everything works again. */
function violations(world: World, name: string, wanted: Wanted): string[] {
  const found: string[] = []
  const say = (text: string) => found.push(`${name}: ${text}`)
  const pods = all(world, name, 'pods').filter(({ metadata }) => metadata.namespace === 'default')
  const nodes = new Set(all(world, name, 'nodes').map(({ metadata }) => metadata.name))
  const owners = new Map<string, Loose>()
  for (const resource of [
    'replicasets.apps',
    'statefulsets.apps',
    'daemonsets.apps',
    'jobs.batch',
    'cronjobs.batch',
    'deployments.apps',
  ])
    for (const object of all(world, name, resource)) owners.set(object.metadata.uid ?? '', object)
  const owned = [...pods, ...all(world, name, 'replicasets.apps'), ...all(world, name, 'jobs.batch')]
  for (const { kind, metadata } of owned) {
    for (const { uid, kind: of, name: owner } of metadata.ownerReferences ?? [])
      if (!owners.has(uid)) say(`${kind} ${metadata.name} is an orphan of ${of} ${owner}`)
    if (metadata.deletionTimestamp !== undefined) say(`${kind} ${metadata.name} does not end`)
  }
  for (const { metadata, spec } of pods)
    if (!nodes.has(String(spec['nodeName']))) say(`${metadata.name} is on ${spec['nodeName']}`)
  for (const [app, count] of [
    ['web', wanted.replicas],
    ['db', wanted.replicas],
    ['agent', nodes.size],
  ] as const) {
    const mine = pods.filter(({ metadata }) => metadata.labels?.['app'] === app)
    const good = mine.filter(
      ({ spec, status }) =>
        (spec as { containers: { image: string }[] }).containers[0]?.image === wanted.image &&
        (status as { conditions?: { type: string; status: string }[] }).conditions?.some(
          (each) => each.type === 'Ready' && each.status === 'True',
        ),
    )
    if (good.length !== count || mine.length !== count)
      say(`${app}: ${good.length} of ${mine.length} pods are as wanted, ${count} are wanted`)
  }
  const endpoints = all(world, name, 'endpointslices.discovery.k8s.io').filter(
    ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web',
  )
  const addresses = endpoints.flatMap(
    (slice) => (slice['endpoints' as never] as { addresses: string[]; conditions: { ready: boolean } }[]) ?? [],
  )
  const ready = addresses.filter(({ conditions }) => conditions.ready).map(({ addresses: [first] }) => first)
  const ips = pods.filter(({ metadata }) => metadata.labels?.['app'] === 'web').map(({ status }) => status['podIP'])
  if (ready.sort().join() !== ips.sort().join()) say(`endpoints are ${ready.join()}, pods ${ips.join()}`)
  const sets = all(world, name, 'replicasets.apps')
  if (sets.length > 4) say(`${sets.length} ReplicaSets`)
  const jobs = all(world, name, 'jobs.batch')
  if (jobs.length > 8) say(`${jobs.length} Jobs`)
  return found
}

/** A fleet in which things fail by chance is whole whenever nothing fails, and stays as small. Fails where it does not. */
export async function runChaosSoak({ days, seed }: { days: number; seed: number }): Promise<void> {
  const random = createSeededRandom(seed)
  // A short history fills at once, and who follows it has to begin anew now and then: what grows after that is a leak.
  const world = await createWorld({ members: Object.fromEntries(members.map((name) => [name, {}])), seed, history: 1000 })
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.number() * from.length)]!
  const hub = world.client('hub')
  const state = new Map<string, Wanted>(members.map((name) => [name, { replicas: 3, image: 'example.com/app:0' }]))
  const apply = (name: string, object: KubeObject) => {
    const plural = `${object.kind.toLowerCase()}s`
    const type = typeOf(plural, object.apiVersion.includes('/') ? object.apiVersion.split('/')[0]! : '')
    const target = { type, namespace: 'default', name: object.metadata.name }
    return world.client(name).patch(target, { kind: 'apply', object }, { fieldManager: 'soak', force: true })
  }
  const applyAll = async (name: string) => {
    for (const kind of Object.keys(plurals) as (keyof typeof plurals)[]) await apply(name, workload(kind, state.get(name)!))
  }
  for (const name of members) {
    await apply(name, service)
    await apply(name, cronJob)
    await applyAll(name)
  }
  await world.settle()

  let version = 0
  const counts = new Map<string, number>()
  const events: Record<string, (name: string) => Promise<unknown>> = {
    'roll out': async (name) => {
      state.set(name, { ...state.get(name)!, image: `example.com/app:${++version}` })
      await applyAll(name)
    },
    scale: async (name) => {
      state.set(name, { ...state.get(name)!, replicas: 1 + Math.floor(random.number() * 6) })
      await applyAll(name)
    },
    'stop a node': async (name) => {
      const node = pick(all(world, name, 'nodes'))
      await failNode(world.client(name), node.metadata.name, { state: 'crashed', graceSeconds: Math.floor(random.number() * 60) })
    },
    'replace a node': async (name) => {
      const { apiVersion, kind, metadata } = pick(all(world, name, 'nodes'))
      await world.client(name).delete({ type: typeOf('nodes'), name: metadata.name })
      const annotations = { 'simulation.flotilla.dev/kubelet': 'simulated' }
      const fresh = { apiVersion, kind, metadata: { name: metadata.name, labels: metadata.labels ?? {}, annotations } }
      await world.client(name).create(typeOf('nodes'), fresh)
    },
    'kill pods': async (name) => {
      for (const { metadata } of all(world, name, 'pods').filter(() => random.number() < 0.4))
        await world
          .client(name)
          .delete({ type: typeOf('pods'), namespace: metadata.namespace!, name: metadata.name }, { gracePeriodSeconds: 0 })
    },
    'lose power': (name) => failCluster(hub, 'argocd', name, { state: 'stopped' }),
    'cut off': (name) => failCluster(hub, 'argocd', name, { api: { kind: 'cut' } }),
    flap: (name) => failCluster(hub, 'argocd', name, { network: { kind: 'flap', downMs: 5000, upMs: 20_000 } }),
    'take the owner': async (name) => {
      // Deleted and made again: its pods go, others come.
      await world
        .client(name)
        .delete({ type: typeOf('deployments', 'apps'), namespace: 'default', name: 'web' }, { propagationPolicy: 'Background' })
      await apply(name, workload('Deployment', state.get(name)!))
    },
  }
  const census = () => {
    const found = new Map<string, number>()
    for (const name of ['hub', ...members]) {
      for (const { groupResource } of world.clusters.get(name)!.own())
        found.set(groupResource, (found.get(groupResource) ?? 0) + 1)
    }
    return found
  }
  const censuses: Map<string, number>[] = []
  const rounds = Math.max(3, Math.round((days * 24 * 60) / roundMinutes))
  const heaps: number[] = []
  const start = performance.now()
  for (let round = 0; round < rounds; round++) {
    const passed: string[] = []
    for (let left = roundMinutes * 0.6; left > 0; ) {
      const name = pick(members)
      const event = pick(Object.keys(events))
      counts.set(event, (counts.get(event) ?? 0) + 1)
      passed.push(`${event} ${name}`)
      await events[event]!(name)
      const minutes = 1 + Math.floor(random.number() * 9)
      left -= minutes
      await world.clock.advance(minutes * 60_000)
    }
    await healAll(hub, 'argocd', async (name) => (members.includes(name) ? world.client(name) : undefined))
    await world.clock.advance(roundMinutes * 0.4 * 60_000)
    const found = members.flatMap((name) => violations(world, name, state.get(name)!))
    assert.deepEqual(found, [], `round ${round} of seed ${seed}: ${passed.join(', ')}`)
    for (const name of members) {
      assert.equal(world.hub.inventory.state(name).health, 'Healthy')
      assert.ok(all(world, name, 'nodes').every(({ metadata }) => metadata.annotations?.[chaos.state] === undefined))
    }
    collect()
    heaps.push(process.memoryUsage().heapUsed)
    censuses.push(census())
  }
  const mib = (bytes: number) => `${(bytes / 1048576).toFixed(1)} MiB`
  // Histories, shapes of objects and compiled code fill for some hours, each up to a bound of its own. What comes after that would
  // go on for ever; a mean of several hours, since a heap is never twice the same.
  const quarter = Math.ceil(rounds / 4)
  const mean = (from: number) => heaps.slice(from, from + quarter).reduce((sum, heap) => sum + heap, 0) / quarter
  const early = mean(rounds - 2 * quarter)
  const late = mean(rounds - quarter)
  console.log(
    `${((rounds * roundMinutes) / 1440).toFixed(2)} virtual days in ${((performance.now() - start) / 1000).toFixed(1)} s: ` +
      `${[...counts].map(([event, count]) => `${count} ${event}`).join(', ')}; heap ${mib(early)} in the third quarter, ${mib(late)} in the last`,
  )
  const third = censuses[Math.ceil(rounds / 3) - 1]!
  for (const [resource, count] of censuses.at(-1)!) {
    const then = third.get(resource) ?? 0
    assert.ok(count <= then * 2 + 30, `${resource} grew from ${then} to ${count}`)
  }
  assert.ok(late - early < 1.5 * Math.max(1, days / 2) * 1048576, `the heap grew from ${mib(early)} to ${mib(late)}`)
  await world.stop()
}
