// A hub and a member, each an embedded API server on a port of its own; the member is reached by its agent alone.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createMemoryStore } from '../../src/areas/agent/member/state-store.js'
import { agentClusterType, clusterNamespace, workType } from '../../src/areas/agent/resource-types.js'
import type { Desired } from '../../src/delivery/federation/contract.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { type AgentFleet, connectionOf, runTestAgent, startAgentFleet, until } from '../support/worlds/agent-fleet.js'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const leases = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true }

let hubApi: EmbeddedApi
let memberApi: EmbeddedApi
let fleet: AgentFleet
const store = createMemoryStore()
let agent: ReturnType<typeof runTestAgent>
const connection = () => connectionOf({ port: memberApi.port, caPem: memberApi.ca.certPem, token: adminToken })
const member = () => memberApi.cluster.client()

before(async () => {
  hubApi = await startEmbeddedApi('hub')
  memberApi = await startEmbeddedApi('edge')
  fleet = await startAgentFleet(hubApi.cluster.client())
})
after(async () => {
  await agent?.stop()
  fleet?.stop()
  await hubApi?.close()
  await memberApi?.close()
})

function desired(id: string, text: string, more: Partial<Desired['rules']> = {}): Desired {
  return {
    id,
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: id.split('/').pop()!, namespace: 'default' },
      data: { text },
    },
    rules: { existing: 'refuse', retain: [], onRemoval: 'delete', ...more },
  }
}
const textOf = async (name: string) =>
  ((await member().get({ type: configMaps, namespace: 'default', name }))['data'] as { text: string }).text

test('a cluster joins by a token and an approval', async () => {
  const waits: string[] = []
  agent = runTestAgent(fleet, {
    name: 'edge',
    connection: connection(),
    token: await fleet.token(),
    store,
    onWait: (message) => waits.push(message),
  })
  await until('it waits', () => waits.length > 0)
  assert.match(waits[0]!, /^waits for approval: flotilla cluster approve edge --key sha256:[0-9a-f]{64}$/)
  assert.equal(fleet.inventory.find({ name: 'edge' }), undefined)
  await fleet.approve('edge')
  await until('it is healthy', () => fleet.inventory.state('edge').health === 'Healthy')
  const found = await until('the phase is written', async () => {
    const each = await fleet.hub.get({ type: agentClusterType, name: 'edge' })
    return (each['status'] as { phase: string }).phase === 'Connected' ? each : undefined
  })
  assert.equal((found['spec'] as { approved: boolean }).approved, true)
  await until('the lease is there', () =>
    fleet.hub.get({ type: leases, namespace: clusterNamespace('edge'), name: 'flotilla-agent' }),
  )
})

test('requests, lists and watches go through the tunnel', async () => {
  const client = fleet.inventory.client('edge')
  await client.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'big', namespace: 'default' },
    data: { text: 'x'.repeat(700_000) },
  })
  assert.equal((await textOf('big')).length, 700_000)
  const back = await client.get({ type: configMaps, namespace: 'default', name: 'big' })
  assert.equal((back['data'] as { text: string }).text.length, 700_000)
  await assert.rejects(client.get({ type: configMaps, namespace: 'default', name: 'none' }), isNotFound)
  const ending = new AbortController()
  const seen: string[] = []
  const watching = (async () => {
    for await (const { type, object } of client.watch(configMaps, { namespace: 'default', signal: ending.signal })) {
      const { name } = (object as KubeObject).metadata
      seen.push(`${type} ${name}`)
      if (name === 'watched') ending.abort()
    }
  })()
  await until('the watch is open', () => seen.includes('ADDED big'))
  await member().create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'watched', namespace: 'default' } })
  await watching
  assert.ok(seen.includes('ADDED watched'))
  const answers = await Promise.all(Array.from({ length: 40 }, () => client.list(configMaps, { namespace: 'default' })))
  assert.ok(answers.every(({ items }) => items.length >= 2))
})

test('what is wanted is fetched, kept right, reported and removed', async () => {
  const edge = fleet.agentHub.member('edge')
  await until('its copies are known', () => edge.copies())
  edge.want(desired('t/ConfigMap/default/one', 'first'))
  await until('applied', () => edge.result('t/ConfigMap/default/one')?.state === 'Applied')
  assert.equal(await textOf('one'), 'first')
  assert.deepEqual([...edge.copies()!.keys()], ['t/ConfigMap/default/one'])
  edge.want(desired('t/ConfigMap/default/one', 'second'))
  assert.equal(edge.result('t/ConfigMap/default/one')?.state, 'Waiting')
  await until('changed', async () => (await textOf('one')) === 'second')
  await until('told', () => edge.result('t/ConfigMap/default/one')?.state === 'Applied')
  await member().patch(
    { type: configMaps, namespace: 'default', name: 'one' },
    { kind: 'merge', body: { data: { text: 'drift' } } },
  )
  await until('put right', async () => (await textOf('one')) === 'second')
  // Large ones are packed on the way.
  edge.want(desired('t/ConfigMap/default/large', 'y'.repeat(600_000)))
  await until('the large one is there', async () => (await textOf('large')).length === 600_000)
  await until('told of the large one', () => edge.result('t/ConfigMap/default/large')?.state === 'Applied')
  const live = edge.result('t/ConfigMap/default/large')?.live
  assert.equal((live!['data'] as { text: string }).text.length, 600_000)
  edge.drop('t/ConfigMap/default/large')
  await until('gone there', async () => {
    await textOf('large').catch((error: unknown) => assert.ok(isNotFound(error)))
    return edge.result('t/ConfigMap/default/large') === undefined
  })
  assert.deepEqual([...edge.copies()!.keys()], ['t/ConfigMap/default/one'])
  const { items } = await fleet.hub.list(workType, { namespace: clusterNamespace('edge') })
  assert.equal(items.length, 1)
  edge.close()
})

test('the agent goes on while the hub is away, and after a start of its own', async () => {
  fleet.stop()
  await member().patch(
    { type: configMaps, namespace: 'default', name: 'one' },
    { kind: 'merge', body: { data: { text: 'away' } } },
  )
  await until('put right without a hub', async () => (await textOf('one')) === 'second')
  await agent.stop()
  await member().delete({ type: configMaps, namespace: 'default', name: 'one' })
  const url = fleet.place.url
  agent = runTestAgent(fleet, { name: 'edge', connection: connection(), store })
  await until('made again without a hub', async () => (await textOf('one')) === 'second')
  // The hub is back at its place, with what it had stored.
  fleet = await startAgentFleet(hubApi.cluster.client(), { port: Number(new URL(url).port) })
  await until('it is back', () => fleet.inventory.state('edge').health === 'Healthy', 30_000)
  const edge = fleet.agentHub.member('edge')
  edge.want(desired('t/ConfigMap/default/one', 'third'))
  await until('caught up', async () => (await textOf('one')) === 'third')
  edge.close()
})

test('while the agent is away nothing is known and nothing is concluded', async () => {
  const edge = fleet.agentHub.member('edge')
  edge.want(desired('t/ConfigMap/default/one', 'third'))
  await until('known', () => edge.copies()?.size === 1 && edge.result('t/ConfigMap/default/one')?.state === 'Applied')
  await agent.stop()
  const unknown = await until('unknown', () => {
    const result = edge.result('t/ConfigMap/default/one')
    return result?.state === 'Unknown' ? result : undefined
  })
  assert.match(unknown.message, /^its agent is away since .* \(the agent stops\)$/)
  assert.equal((unknown.live!['data'] as { text: string }).text, 'third')
  assert.equal(edge.copies(), undefined)
  await assert.rejects(fleet.inventory.client('edge').version(), /cluster edge: its agent is away/)
  edge.want(desired('t/ConfigMap/default/two', 'later'))
  await until(
    'written down',
    async () => (await fleet.hub.list(workType, { namespace: clusterNamespace('edge') })).items.length === 2,
  )
  agent = runTestAgent(fleet, { name: 'edge', connection: connection(), store })
  await until('caught up', async () => (await textOf('two')) === 'later')
  await until('told', () => edge.result('t/ConfigMap/default/two')?.state === 'Applied')
  edge.close()
})

test('a Work that vanishes on the hub removes nothing', async () => {
  const edge = fleet.agentHub.member('edge')
  const id = 't/ConfigMap/default/one'
  await until('known', () => edge.copies()?.has(id))
  const { items } = await fleet.hub.list(workType, { namespace: clusterNamespace('edge') })
  const work = items.find((each) => (each['spec'] as { id: string }).id === id)!
  await fleet.hub.delete({ type: workType, namespace: clusterNamespace('edge'), name: work.metadata.name })
  await until('told as a copy that nobody asked for', async () => {
    const again = await fleet.hub.get({ type: workType, namespace: clusterNamespace('edge'), name: work.metadata.name })
    return again.metadata.uid !== work.metadata.uid && (again['spec'] as { desired?: unknown }).desired === undefined
  })
  assert.equal(await textOf('one'), 'third')
  assert.ok(await until('still a copy', () => edge.copies()?.has(id)))
  edge.drop(id, { onRemoval: 'delete' })
  await until('removed by an order', async () => {
    await textOf('one').catch((error: unknown) => assert.ok(isNotFound(error)))
    return edge.copies()?.has(id) === false
  })
  edge.close()
})

test('a cluster that is denied is sent away', async () => {
  await fleet.approve('edge', false)
  await until('it is gone', () => fleet.inventory.find({ name: 'edge' }) === undefined)
  await until('and does not come back', () => fleet.agentHub.agents.get('edge') === undefined)
  await until('which is written', async () => {
    const { status } = (await fleet.hub.get({ type: agentClusterType, name: 'edge' })) as { status?: { phase?: string } }
    return status?.phase === 'Denied'
  })
})
