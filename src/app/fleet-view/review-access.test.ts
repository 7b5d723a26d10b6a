import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../test/support/fakes/fake-kube-client.js'
import type { AccessAttributes, LogicalCluster } from '../../apiserver/contract.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { createAccessReviews, createTokenReviews } from './review-access.js'

const nowhere = { name: 'hub' } as LogicalCluster

/** A hub that answers reviews as `answer` says, and counts them. */
function hubThat(answer: (spec: Record<string, unknown>) => unknown): { hub: KubeClient; asked: unknown[] } {
  const asked: unknown[] = []
  const fake = new FakeKubeClient({ types: [] })
  const create = async (_type: unknown, object: KubeObject) => {
    asked.push(object.spec)
    return { ...object, status: answer(object.spec as Record<string, unknown>) }
  }
  return { hub: Object.assign(Object.create(fake), { create }) as KubeClient, asked }
}

test('a token is whose the hub says it is, for ten seconds', async () => {
  const clock = new VirtualClock({ idle: async () => {} })
  const { hub, asked } = hubThat(({ token }) =>
    token === 'good'
      ? { authenticated: true, user: { username: 'jane', uid: 'u', groups: ['dev'], extra: { scope: ['a'], odd: 5 } } }
      : { authenticated: false, user: { username: 'root' } },
  )
  const reviews = createTokenReviews(hub, clock)
  const jane = { name: 'jane', uid: 'u', groups: ['dev'], extra: { scope: ['a'] } }
  assert.deepEqual(await reviews.authenticate(nowhere, { bearerToken: 'good' }), jane)
  assert.deepEqual(await reviews.authenticate(nowhere, { bearerToken: 'good' }), jane)
  assert.equal(asked.length, 1)
  assert.equal(await reviews.authenticate(nowhere, { bearerToken: 'bad' }), undefined)
  assert.equal(await reviews.authenticate(nowhere, {}), undefined)
  await clock.advance(10_001)
  await reviews.authenticate(nowhere, { bearerToken: 'good' })
  assert.equal(asked.length, 3)
})

test('rights are what the hub says, a denial wins, and a failure is not an answer', async () => {
  const clock = new VirtualClock({ idle: async () => {} })
  let down = true
  const { hub, asked } = hubThat((spec) => {
    if (down) throw new Error('the hub does not answer')
    const verb = (spec['resourceAttributes'] as { verb?: string } | undefined)?.verb
    return verb === 'list' ? { allowed: true, reason: 'role' } : verb === 'get' ? { allowed: true, denied: true } : undefined
  })
  const reviews = createAccessReviews(hub, clock)
  const attributes: AccessAttributes = {
    verb: 'list',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: 'shop',
    name: '',
  }
  const jane = { name: 'jane', groups: ['dev'] }
  await assert.rejects(reviews.authorize(nowhere, jane, attributes), /does not answer/)
  down = false
  assert.deepEqual(await reviews.authorize(nowhere, jane, attributes), { allowed: true, reason: 'role' })
  assert.equal((await reviews.authorize(nowhere, jane, { ...attributes, verb: 'get' })).allowed, false)
  assert.equal((await reviews.authorize(nowhere, jane, { ...attributes, verb: 'delete' })).allowed, false)
  const path = { ...attributes, verb: 'get', path: '/version' }
  assert.equal((await reviews.authorize(nowhere, jane, path)).allowed, false)
  assert.deepEqual((asked.at(-1) as { nonResourceAttributes: unknown }).nonResourceAttributes, { verb: 'get', path: '/version' })
  // Somebody else is another question.
  const before = asked.length
  await reviews.authorize(nowhere, { name: 'joe', groups: ['dev'] }, attributes)
  assert.equal(asked.length, before + 1)
})
