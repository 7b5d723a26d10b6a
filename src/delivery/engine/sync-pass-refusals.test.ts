import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, createDeliveryFixture, typeOf } from '../../../test/support/delivery-fixture.js'
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
