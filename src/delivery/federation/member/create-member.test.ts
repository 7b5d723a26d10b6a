import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemberWorld, desiredOf, hubUid, typeNamed } from '../../../../test/support/worlds/member-world.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { replicasOf } from '../../placement/replicas-of.js'
import { federationMark } from '../contract.js'

const configMap = (data: Record<string, string>, name = 'a', namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
})

const deployment = (replicas: number, image = 'web:1'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image, resources: { requests: { cpu: '1000m' } } }] },
    },
  },
})

const service = (ports: readonly object[], more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports, ...more },
})

test('makes, updates and removes; what a template lost is lost in the copy; the same again writes nothing', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const wanted = desiredOf(configMap({ x: '1', y: '2' }))
  member.want(wanted)
  await world.settle()
  const made = await world.get('ConfigMap', 'a')
  assert.deepEqual(made?.['data'], { x: '1', y: '2' })
  assert.equal(made?.metadata.labels?.[federationMark.label], hubUid)
  assert.equal(made?.metadata.annotations?.[federationMark.annotation], wanted.id)
  assert.equal(member.result(wanted.id)?.state, 'Applied')
  assert.equal(member.result(wanted.id)?.live?.metadata.managedFields, undefined)
  assert.equal(member.writes, 1)
  member.want(desiredOf(configMap({ x: '1', y: '2' })))
  await world.settle()
  assert.equal(member.writes, 1)
  member.want(desiredOf(configMap({ x: '3' })))
  await world.settle()
  assert.deepEqual((await world.get('ConfigMap', 'a'))?.['data'], { x: '3' })
  member.drop(wanted.id)
  await world.settle()
  assert.equal(await world.get('ConfigMap', 'a'), undefined)
  assert.equal(member.result(wanted.id), undefined)
  assert.equal(member.writes, 3)
  world.stop()
})

test('values that the server spells otherwise or adds are no drift, also after a restart', async () => {
  const world = await createMemberWorld()
  const first = world.open()
  const wanted = desiredOf(deployment(2))
  first.want(wanted)
  await world.settle()
  assert.equal(first.writes, 1)
  await world.client.patch(
    { type: typeNamed('Deployment'), namespace: 'default', name: 'web', subresource: 'status' },
    { kind: 'merge', body: { status: { readyReplicas: 1, replicas: 1 } } },
  )
  await world.patch('Deployment', 'web', { metadata: { annotations: { 'somebody/was': 'here' } } })
  await world.settle(30)
  assert.equal(first.writes, 1)
  assert.deepEqual(first.result(wanted.id)?.live?.['status'], { readyReplicas: 1, replicas: 1 })
  first.close()
  const second = world.open({ kinds: [{ group: 'apps', kind: 'Deployment' }] })
  await world.settle()
  assert.deepEqual([...(second.copies()?.keys() ?? [])], [wanted.id])
  second.want(wanted)
  await world.settle(30)
  assert.equal(second.writes, 0)
  assert.equal(second.result(wanted.id)?.state, 'Applied')
  world.stop()
})

test('drift is put right at once, and seldom where somebody insists; or only reported', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const wanted = desiredOf(configMap({ x: '1' }))
  member.want(wanted)
  await world.settle()
  await world.patch('ConfigMap', 'a', { data: { x: 'mine', z: 'kept' } })
  await world.settle(1)
  assert.deepEqual((await world.get('ConfigMap', 'a'))?.['data'], { x: '1', z: 'kept' })
  for (let turn = 0; turn < 60; turn++) {
    await world.patch('ConfigMap', 'a', { data: { x: 'mine' } })
    await world.settle(1)
  }
  assert.ok(member.writes > 3 && member.writes < 12, `${member.writes} writes`)
  await world.settle(120)
  assert.deepEqual((await world.get('ConfigMap', 'a'))?.['data'], { x: '1', z: 'kept' })
  member.want(desiredOf(configMap({ x: '1' }), { drift: 'report' }))
  await world.patch('ConfigMap', 'a', { data: { x: 'mine' } })
  await world.settle(10)
  assert.equal(member.result(wanted.id)?.state, 'Drifted')
  assert.deepEqual((await world.get('ConfigMap', 'a'))?.['data'], { x: 'mine', z: 'kept' })
  member.want(desiredOf(configMap({ x: '2' }), { drift: 'report' }))
  await world.settle()
  assert.deepEqual((await world.get('ConfigMap', 'a'))?.['data'], { x: '2', z: 'kept' })
  world.stop()
})

test('a copy that is deleted, or loses its marks, comes back', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const wanted = desiredOf(configMap({ x: '1' }))
  member.want(wanted)
  await world.settle()
  await world.client.delete({ type: typeNamed('ConfigMap'), namespace: 'default', name: 'a' })
  await world.settle()
  assert.deepEqual((await world.get('ConfigMap', 'a'))?.['data'], { x: '1' })
  await world.patch('ConfigMap', 'a', { metadata: { labels: null, annotations: null } })
  await world.settle(10)
  assert.equal((await world.get('ConfigMap', 'a'))?.metadata.labels?.[federationMark.label], hubUid)
  assert.equal(member.copies()?.size, 1)
  world.stop()
})

test('what was there before is adopted, refused or let be, as the rules say', async () => {
  const world = await createMemberWorld()
  const type = typeNamed('ConfigMap')
  for (const [name, labels] of [['adopt'], ['refuse'], ['let', { managed: 'false' }]] as const) {
    await world.client.create(type, {
      ...configMap({ mine: 'yes', x: '0' }, name),
      metadata: { name, namespace: 'default', ...(labels && { labels }) },
    })
  }
  const member = world.open()
  const letBe = { label: 'managed', value: 'false' }
  const wishes = [
    desiredOf(configMap({ x: '1' }, 'adopt')),
    desiredOf(configMap({ x: '1' }, 'refuse'), { existing: 'refuse' }),
    desiredOf(configMap({ x: '1' }, 'let'), { letBe }),
  ]
  for (const wish of wishes) member.want(wish)
  await world.settle()
  assert.deepEqual(
    wishes.map(({ id }) => member.result(id)?.state),
    ['Applied', 'AlreadyExists', 'LetBe'],
  )
  assert.deepEqual((await world.get('ConfigMap', 'adopt'))?.['data'], { mine: 'yes', x: '1' })
  assert.deepEqual((await world.get('ConfigMap', 'refuse'))?.['data'], { mine: 'yes', x: '0' })
  assert.match(member.result(wishes[1]!.id)?.message ?? '', /not made by the fleet/)
  const other = world.open({ hub: 'another-hub' })
  other.want(desiredOf(configMap({ x: '9' }, 'adopt'), {}, { id: 'test/other' }))
  await world.settle()
  assert.equal(other.result('test/other')?.state, 'AlreadyExists')
  assert.match(other.result('test/other')?.message ?? '', /copy of test\/ConfigMap\/default\/adopt/)
  await world.client.delete({ type, namespace: 'default', name: 'refuse' })
  await world.settle(90)
  assert.equal(member.result(wishes[1]!.id)?.state, 'Applied')
  world.stop()
})

test('replicas that are retained stay as an autoscaler has set them, through updates', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const keep = { retain: ['replicas'] as const }
  member.want(desiredOf(deployment(2), keep))
  await world.settle()
  assert.equal(replicasOf((await world.get('Deployment', 'web'))!), 2)
  member.want(desiredOf(deployment(2, 'web:2'), keep))
  await world.settle()
  assert.equal(replicasOf((await world.get('Deployment', 'web'))!), 2)
  await world.patch('Deployment', 'web', { spec: { replicas: 7 } })
  await world.settle(10)
  const { writes } = member
  assert.equal(writes, 2)
  member.want(desiredOf(deployment(3, 'web:3'), keep))
  await world.settle(10)
  const spec = (await world.get('Deployment', 'web'))?.['spec'] as {
    replicas: number
    template: { spec: { containers: { image: string }[] } }
  }
  assert.equal(spec.replicas, 7)
  assert.equal(spec.template.spec.containers[0]?.image, 'web:3')
  assert.equal(member.result('test/Deployment/default/web')?.state, 'Applied')
  world.stop()
})

test('addresses and ports that a cluster allots stay; a port that the template named goes along', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const id = 'test/Service/default/web'
  member.want(desiredOf(service([{ name: 'http', port: 80 }])))
  await world.settle()
  type Spec = { clusterIP: string; ports: { nodePort?: number; port: number; targetPort?: unknown }[] }
  const before = (await world.get('Service', 'web'))?.['spec'] as Spec
  assert.equal(member.result(id)?.state, 'Applied', member.result(id)?.message)
  member.want(desiredOf(service([{ name: 'http', port: 80, targetPort: 8080, nodePort: 30999 }], { clusterIP: '10.9.9.9' })))
  await world.settle()
  const after = (await world.get('Service', 'web'))?.['spec'] as Spec
  assert.equal(member.result(id)?.state, 'Applied', member.result(id)?.message)
  assert.equal(after.clusterIP, before.clusterIP)
  assert.equal(after.ports[0]?.nodePort, before.ports[0]?.nodePort)
  assert.equal(after.ports[0]?.targetPort, 8080)
  world.stop()
})

test('a refusal is told in the words of the API, and nothing else of the cluster suffers', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const job = (image: string): KubeObject => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'once', namespace: 'default' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } } },
  })
  const first = desiredOf(job('once:1'))
  member.want(first)
  await world.settle()
  assert.equal(member.result(first.id)?.state, 'Applied', member.result(first.id)?.message)
  member.want(desiredOf(job('once:2')))
  member.want(desiredOf(configMap({ x: '1' })))
  await world.settle()
  const refused = member.result(first.id)
  assert.equal(refused?.state, 'Refused')
  assert.equal(refused?.step, 'update')
  assert.match(refused?.message ?? '', /spec\.template: .*field is immutable/)
  assert.ok(await world.get('ConfigMap', 'a'))
  const { writes } = member
  await world.settle(120)
  assert.ok(member.writes - writes < 10)
  world.stop()
})

test('namespaces are made where told and waited for where not', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const made = desiredOf(configMap({}, 'a', 'shop'), {}, { namespace: { labels: { team: 'shop' } } })
  const waits = desiredOf(configMap({}, 'a', 'other'))
  member.want(made)
  member.want(waits)
  await world.settle()
  assert.equal(member.result(made.id)?.state, 'Applied')
  assert.equal((await world.get('Namespace', 'shop'))?.metadata.labels?.['team'], 'shop')
  assert.equal(member.result(waits.id)?.state, 'Waiting')
  member.want(desiredOf({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } }))
  await world.settle()
  assert.equal(member.result(waits.id)?.state, 'Applied')
  world.stop()
})

test('a kind that is not served is waited for', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const widget = desiredOf({
    apiVersion: 'test.dev/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'default' },
    spec: { size: 1 },
  })
  member.want(widget)
  await world.settle()
  assert.equal(member.result(widget.id)?.state, 'Waiting')
  assert.match(member.result(widget.id)?.message ?? '', /does not serve Widget of test.dev\/v1/)
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  member.want(
    desiredOf({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.test.dev' },
      spec: {
        group: 'test.dev',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    }),
  )
  await world.settle(20)
  assert.equal(member.result(widget.id)?.state, 'Applied', member.result(widget.id)?.message)
  world.stop()
})

test('a cluster that is cut off is unknown; what was asked meanwhile is done when it is back', async () => {
  const world = await createMemberWorld()
  let since: number | undefined
  const member = world.open({ away: () => (since === undefined ? undefined : { message: 'no answer', since }) })
  const wanted = desiredOf(configMap({ x: '1' }))
  const goes = desiredOf(configMap({}, 'goes'))
  member.want(wanted)
  member.want(goes)
  await world.settle()
  world.faults.cut()
  since = world.clock.now()
  member.reachChanged()
  member.want(desiredOf(configMap({ x: '2' })))
  member.drop(goes.id)
  await world.settle(600)
  assert.equal(member.result(wanted.id)?.state, 'Unknown')
  assert.equal(member.copies(), undefined)
  world.faults.heal()
  since = undefined
  member.reachChanged()
  await world.settle(60)
  assert.equal(member.result(wanted.id)?.state, 'Applied')
  assert.deepEqual((await world.get('ConfigMap', 'a'))?.['data'], { x: '2' })
  assert.equal(await world.get('ConfigMap', 'goes'), undefined)
  world.stop()
})

test('what is orphaned loses its marks and nothing else; how to remove is known after a restart', async () => {
  const world = await createMemberWorld()
  const first = world.open()
  const wanted = desiredOf(configMap({ x: '1' }), { onRemoval: 'orphan', labels: { managed: 'true' } })
  first.want(wanted)
  await world.settle()
  assert.equal((await world.get('ConfigMap', 'a'))?.metadata.labels?.['managed'], 'true')
  first.close()
  const second = world.open({ kinds: [{ group: '', kind: 'ConfigMap' }] })
  await world.settle()
  second.drop(wanted.id)
  await world.settle()
  const left = await world.get('ConfigMap', 'a')
  assert.deepEqual(left?.['data'], { x: '1' })
  assert.deepEqual(
    [left?.metadata.labels, left?.metadata.annotations].map((each) => Object.keys(each ?? {})),
    [[], []],
  )
  assert.equal(second.copies()?.size, 0)
  world.stop()
})

test('a namespace of the hub itself is never deleted with its copy: it only loses its marks', async () => {
  const world = await createMemberWorld()
  const system = await world.get('Namespace', 'kube-system')
  const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await world.client.create(typeNamed('Namespace'), namespace('shop'))
  for (const hub of [system?.metadata.uid ?? '', hubUid]) {
    const member = world.open({ hub })
    const wanted = desiredOf(namespace('shop'), { labels: { managed: 'true' } })
    member.want(wanted)
    await world.settle()
    assert.equal((await world.get('Namespace', 'shop'))?.metadata.labels?.['managed'], 'true')
    member.drop(wanted.id, { onRemoval: 'delete', labels: { managed: 'true' } })
    await world.settle()
    const left = await world.get('Namespace', 'shop')
    if (hub === hubUid) assert.notEqual(left?.metadata.deletionTimestamp, undefined)
    else assert.deepEqual([left?.metadata.deletionTimestamp, left?.metadata.labels?.['managed']], [undefined, undefined])
    member.close()
  }
  world.stop()
})

test('what a predecessor has made is taken over, even where nothing else is', async () => {
  const world = await createMemberWorld()
  const rules = { existing: 'refuse', predecessor: { label: 'managed', value: 'true' } } as const
  for (const [name, labels] of [
    ['old', { managed: 'true' }],
    ['foreign', {}],
  ] as const)
    await world.client.create(typeNamed('ConfigMap'), { ...configMap({}), metadata: { name, namespace: 'default', labels } })
  const member = world.open()
  for (const name of ['old', 'foreign']) member.want(desiredOf(configMap({ x: '1' }, name), rules))
  await world.settle()
  assert.deepEqual(
    ['old', 'foreign'].map((name) => member.result(desiredOf(configMap({}, name)).id)?.state),
    ['Applied', 'AlreadyExists'],
  )
  world.stop()
})

test('the source itself is let alone where a copy would be it', async () => {
  const world = await createMemberWorld()
  const { metadata } = await world.client.create(typeNamed('ConfigMap'), configMap({ x: '1' }))
  const member = world.open()
  const wanted = desiredOf(configMap({ x: '1' }), { labels: { managed: 'true' }, source: metadata.uid ?? '' })
  member.want(wanted)
  await world.settle()
  assert.equal(member.result(wanted.id)?.state, 'Applied')
  member.drop(wanted.id)
  await world.settle()
  assert.equal((await world.get('ConfigMap', 'a'))?.metadata.resourceVersion, metadata.resourceVersion)
  assert.equal(member.result(wanted.id), undefined)
  assert.equal(member.writes, 0)
  world.stop()
})

test('nothing waits for a kind that is read in the very moment in which it begins to wait', async () => {
  for (let steps = 0; steps < 60; steps++) {
    const world = await createMemberWorld()
    const member = world.open({ client: world.client })
    const ids: string[] = []
    for (let index = 0; index < 4; index++) {
      const wanted = desiredOf(configMap({}, `object-${index}`))
      ids.push(wanted.id)
      member.want(wanted)
      for (let step = 0; step < steps; step++) await Promise.resolve()
    }
    await world.settle(1)
    for (const id of ids) assert.equal(member.result(id)?.state, 'Applied', `${id} after ${steps} steps`)
    world.stop()
  }
})

test('what was let be since it was made is not deleted: it loses our marks alone', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  const rules = { letBe: { label: 'managed', value: 'false' }, labels: { managed: 'true' } }
  const wanted = desiredOf(configMap({ x: '1' }), rules)
  member.want(wanted)
  await world.settle()
  await world.patch('ConfigMap', 'a', { metadata: { labels: { managed: 'false' } } })
  await world.settle()
  assert.equal(member.result(wanted.id)?.state, 'LetBe')
  member.drop(wanted.id, wanted.rules)
  await world.settle()
  const left = await world.get('ConfigMap', 'a')
  assert.deepEqual(left?.['data'], { x: '1' })
  assert.deepEqual(left?.metadata.labels, { managed: 'false' })
  assert.equal(member.copies()?.size, 0)
  world.stop()
})

test('how a copy is to go may be said anew while its cluster is silent', async () => {
  const world = await createMemberWorld()
  let away: { message: string; since: number } | undefined
  const member = world.open({ away: () => away })
  const wanted = desiredOf(configMap({ x: '1' }))
  member.want(wanted)
  await world.settle()
  away = { message: 'it does not answer', since: 0 }
  member.reachChanged()
  member.drop(wanted.id, { onRemoval: 'delete' })
  member.drop(wanted.id, { onRemoval: 'orphan' })
  away = undefined
  member.reachChanged()
  await world.settle()
  assert.deepEqual((await world.get('ConfigMap', 'a'))?.['data'], { x: '1' })
  assert.equal(member.copies()?.size, 0)
  assert.equal(member.result(wanted.id), undefined)
  world.stop()
})

test('what is to go while it is being made is not gone before the cluster has said so', async () => {
  const world = await createMemberWorld()
  const member = world.open()
  member.want(desiredOf(configMap({ x: '0' }, 'first')))
  await world.settle()
  world.faults.latencyMs = 5000
  const wanted = desiredOf(configMap({ x: '1' }))
  member.want(wanted)
  await world.settle(1)
  member.drop(wanted.id)
  assert.notEqual(member.result(wanted.id), undefined)
  await world.settle(1)
  assert.notEqual(member.result(wanted.id), undefined)
  await world.settle(60)
  assert.equal(await world.get('ConfigMap', 'a'), undefined)
  assert.equal(member.result(wanted.id), undefined)
  world.stop()
})
