import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, createDeliveryFixture, typeOf } from '../../../test/support/worlds/delivery-fixture.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { statusErrors } from '../../kube/object/status-error.js'

const named = { resource: 'configmaps', group: '', name: 'a' }
const hook: KubeObject = configMap('migrate', {}, { 'argocd.argoproj.io/hook': 'PostSync' })

test('a read that is refused ends the sync, and what was done so far is told', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a'), hook])
  // The hook of an earlier sync is looked for before it is made again.
  world.client().intercept = (request) => {
    if (request.verb === 'get' && request.name === 'migrate') throw statusErrors.forbidden(named, 'no right to get')
  }
  const outcome = await world.sync(wanted)
  assert.equal(outcome.phase, 'Failed')
  assert.match(outcome.message, /no right to get/)
  assert.deepEqual(
    outcome.results.map((result) => `${result.name} ${result.status}`),
    ['a Synced'],
  )
})

test('an object that was replaced while it was to go is looked at again', async () => {
  const world = createDeliveryFixture()
  await world.sync(world.delivery('web', [configMap('a'), hook]))
  let refusals = 0
  world.client().intercept = (request) => {
    if (request.verb === 'delete' && refusals++ === 0) throw statusErrors.conflict(named, 'the precondition does not hold')
  }
  const outcome = await world.sync(world.delivery('web', [configMap('a'), hook]))
  assert.equal(outcome.phase, 'Succeeded', outcome.message)
  assert.equal(refusals, 2)
})

test('nothing goes on behind a pass that has ended', async () => {
  const world = createDeliveryFixture()
  await world.sync(world.delivery('web', [configMap('a'), configMap('b')]))
  let under = 0
  world.client().intercept = async (request) => {
    if (request.verb !== 'get') return
    if (request.name === 'a') throw statusErrors.forbidden(named, 'no right to get')
    under++
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    under--
  }
  const outcome = await world.sync(world.delivery('web', [configMap('c')]), {}, 1)
  assert.equal(outcome.phase, 'Failed')
  assert.equal(under, 0)
  assert.deepEqual(
    outcome.results.map((result) => `${result.name} ${result.status}`),
    ['b Pruned'],
  )
})

test('a kind whose definition is deleted holds nothing up', async () => {
  const widgets: ResourceType = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true }
  const types = [typeOf('ConfigMap'), widgets]
  const world = createDeliveryFixture({ types })
  const client = world.client()
  const catalogue = await client.resources()
  // As a real client: what is served is remembered until it is asked for anew.
  let served = catalogue
  client.resources = async (options: { refresh?: boolean } = {}) => {
    if (options.refresh)
      served = {
        ...catalogue,
        all: [...types],
        forKind: (version, kind) => types.find((type) => type.kind === kind && version.endsWith(type.version)),
      }
    return served
  }
  const widget: KubeObject = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } }
  const kinds = [{ group: 'example.com', kind: 'Widget' }]
  await world.sync(world.delivery('web', [configMap('a'), widget], { kinds }))
  types.pop()
  client.intercept = (request) => {
    if (request.resource === 'widgets.example.com')
      throw statusErrors.notFound({ resource: 'widgets', group: 'example.com', name: '' })
  }
  client.breakWatches(statusErrors.notFound({ resource: 'widgets', group: 'example.com', name: '' }))
  await world.settle()
  await world.clock.advance(10_000)
  const wanted = world.delivery('web', [configMap('a'), configMap('b')], { kinds })
  const outcome = await world.sync(wanted)
  assert.equal(outcome.phase, 'Succeeded', outcome.message)
  const comparison = await world.deliveries.compare(wanted)
  assert.equal(comparison.sync, 'Synced')
  assert.deepEqual(comparison.problems, [])
})

test('an object that was told to stay a moment ago stays, in a sync and when its owner goes', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a'), configMap('b')])
  await world.sync(wanted)
  const client = world.client()
  const keep = (name: string, option: string) =>
    client.patch(
      { type: typeOf('ConfigMap'), namespace: 'shop', name },
      { kind: 'merge', body: { metadata: { annotations: { 'argocd.argoproj.io/sync-options': option } } } },
    )
  // The word comes after the engine has decided, before its request is served.
  client.intercept = async (request) => {
    if (request.verb !== 'get') return
    client.intercept = undefined
    await keep('b', 'Prune=false')
  }
  const outcome = await world.sync(world.delivery('web', [configMap('a')]))
  assert.deepEqual(
    outcome.results.filter((result) => result.name === 'b').map((result) => result.status),
    ['PruneSkipped'],
  )
  client.intercept = async (request) => {
    if (request.verb !== 'delete') return
    client.intercept = undefined
    await keep('a', 'Delete=false')
  }
  const target = { id: wanted.id, cluster: 'east', tracking: wanted.tracking, owner: 'web' }
  let done = false
  for (let turn = 0; turn < 5 && !done; turn++) {
    done = await world.deliveries.withdraw(target, { propagation: 'background' })
    await world.settle()
  }
  assert.ok(done)
  assert.deepEqual(
    client.all(typeOf('ConfigMap')).map((object) => object.metadata.name),
    ['a'],
  )
})
