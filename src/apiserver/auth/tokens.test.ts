import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../base/clock.js'
import { createSeededRandom } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { LogicalCluster } from '../contract.js'
import type { Rbac } from './rbac.js'
import { createReviewPorts } from './reviews.js'
import { createServiceAccountTokens, createTokenKey } from './service-account-tokens.js'
import { createStaticTokenAuthenticator } from './static-token-authenticator.js'

const objects = new Map<string, KubeObject>()
const put = (resource: string, key: string, uid: string, more: object = {}) =>
  objects.set(`${resource} ${key}`, { apiVersion: 'v1', kind: '', metadata: { name: '', uid, ...more } })
const clusterNamed = (name: string) =>
  ({ name, peek: (resource: string, key: string) => objects.get(`${resource} ${key}`) }) as unknown as LogicalCluster
const cluster = clusterNamed('m1')
let now = 1_800_000_000_000
const clock: Clock = { now: () => now, after: () => () => {} }
const options = { clock, random: createSeededRandom(1) }

test('a service account token speaks for its account while everything it is bound to lives', async () => {
  const tokens = createServiceAccountTokens({ ...options, keyPem: createTokenKey() })
  put('serviceaccounts', 'shop/robot', 'u1')
  put('pods', 'shop/web', 'p1')
  const { token, expiresAt } = await tokens.issue(cluster, {
    serviceAccount: { namespace: 'shop', name: 'robot', uid: 'u1' },
    boundObject: { kind: 'Pod', name: 'web', uid: 'p1' },
  })
  assert.equal(expiresAt, now + 3_600_000)
  const user = await tokens.authenticate(cluster, { bearerToken: token })
  assert.equal(user?.name, 'system:serviceaccount:shop:robot')
  assert.equal(user?.uid, 'u1')
  assert.deepEqual(user?.groups, ['system:serviceaccounts', 'system:serviceaccounts:shop'])
  assert.deepEqual(user?.extra?.['authentication.kubernetes.io/pod-name'], ['web'])
  assert.equal(await tokens.authenticate(clusterNamed('m2'), { bearerToken: token }), undefined)
  put('pods', 'shop/web', 'p2')
  await assert.rejects(tokens.authenticate(cluster, { bearerToken: token }), { code: 'unauthorized' })
  const deletedAt = (ms: number) => put('pods', 'shop/web', 'p1', { deletionTimestamp: new Date(ms).toISOString() })
  deletedAt(now + 30_000)
  assert.equal((await tokens.authenticate(cluster, { bearerToken: token }))?.uid, 'u1', 'it is ending, and has its grace period')
  deletedAt(now - 59_000)
  assert.equal((await tokens.authenticate(cluster, { bearerToken: token }))?.uid, 'u1')
  deletedAt(now - 61_000)
  await assert.rejects(tokens.authenticate(cluster, { bearerToken: token }), { code: 'unauthorized' })
  put('pods', 'shop/web', 'p1')
  now += 3_600_001
  assert.equal(await tokens.authenticate(cluster, { bearerToken: token }), undefined)
})

test('tokens of other keys, other audiences and no tokens at all are unknown', async () => {
  put('serviceaccounts', 'shop/robot', 'u1')
  const tokens = createServiceAccountTokens({ ...options, keyPem: createTokenKey() })
  const others = createServiceAccountTokens({ ...options, keyPem: createTokenKey() })
  const serviceAccount = { namespace: 'shop', name: 'robot', uid: 'u1' }
  const forged = (await others.issue(cluster, { serviceAccount })).token
  assert.equal(await tokens.authenticate(cluster, { bearerToken: forged }), undefined)
  const vault = (await tokens.issue(cluster, { serviceAccount, audiences: ['vault'] })).token
  assert.equal(await tokens.authenticate(cluster, { bearerToken: vault }), undefined)
  assert.deepEqual((await tokens.review(cluster, vault, ['vault', 'other']))?.audiences, ['vault'])
  assert.equal(await tokens.review(cluster, vault, []), undefined)
  const [head, body, signature] = vault.split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  for (const bad of [
    '',
    'a.b.c',
    'x',
    `${none}.${body}.`,
    `${none}.${body}.${signature}`,
    `${head}.${body}`,
    'a'.repeat(10_000),
  ]) {
    assert.equal(await tokens.authenticate(cluster, { bearerToken: bad }), undefined)
  }
})

test('a token of a pod tells its node', async () => {
  const tokens = createServiceAccountTokens({ ...options, keyPem: createTokenKey() })
  put('serviceaccounts', 'shop/robot', 'u1')
  objects.set('pods shop/placed', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'placed', uid: 'p5' },
    spec: { nodeName: 'node-1' },
  } as KubeObject)
  put('nodes', 'node-1', 'n1')
  const { token } = await tokens.issue(cluster, {
    serviceAccount: { namespace: 'shop', name: 'robot', uid: 'u1' },
    boundObject: { kind: 'Pod', name: 'placed', uid: 'p5' },
  })
  const extra = async () => (await tokens.authenticate(cluster, { bearerToken: token }))?.extra
  assert.deepEqual((await extra())?.['authentication.kubernetes.io/node-name'], ['node-1'])
  assert.deepEqual((await extra())?.['authentication.kubernetes.io/node-uid'], ['n1'])
  put('nodes', 'node-1', 'n2')
  assert.deepEqual((await extra())?.['authentication.kubernetes.io/pod-name'], ['placed'], 'the pod is what it is bound to')
})

test('a TokenReview says of everybody who is known that he is', async () => {
  const jane = { authenticate: async () => ({ name: 'jane', groups: ['dev'] }) }
  const { authenticator } = createReviewPorts({} as Rbac, { authenticate: async () => undefined } as never, [jane])
  const user = await authenticator.authenticate({} as never, { bearerToken: 't' })
  assert.deepEqual(user, { name: 'jane', groups: ['dev', 'system:authenticated'] })
})

test('static tokens count where they are meant for', async () => {
  const jane = { name: 'jane', groups: [] }
  const authenticator = createStaticTokenAuthenticator([
    { token: 'everywhere', user: jane },
    { token: 'here', user: jane, cluster: 'm1' },
  ])
  assert.equal(await authenticator.authenticate(cluster, { bearerToken: 'everywhere' }), jane)
  assert.equal(await authenticator.authenticate(cluster, { bearerToken: 'here' }), jane)
  assert.equal(await authenticator.authenticate(clusterNamed('m2'), { bearerToken: 'here' }), undefined)
  assert.equal(await authenticator.authenticate(cluster, { bearerToken: 'her' }), undefined)
  assert.equal(await authenticator.authenticate(cluster, {}), undefined)
})
