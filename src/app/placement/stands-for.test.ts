import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { Explanation } from './explain-placement.js'
import { heardBy, subjectOf } from './stands-for.js'

const object = (apiVersion: string, kind: string, spec: object, namespace?: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'web', ...(namespace === undefined ? {} : { namespace }) },
  spec,
})

test('bindings and preferences stand for what they are about', () => {
  const resource = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
  assert.deepEqual(subjectOf(object('work.karmada.io/v1alpha2', 'ResourceBinding', { resource }, 'shop')), {
    kind: 'deployment.apps',
    namespace: 'shop',
    name: 'web',
  })
  const target = { targetKind: 'FederatedDeployment' }
  assert.deepEqual(subjectOf(object('scheduling.kubefed.io/v1alpha1', 'ReplicaSchedulingPreference', target, 'shop')), {
    kind: 'federateddeployment',
    namespace: 'shop',
    name: 'web',
  })
  assert.equal(subjectOf(object('apps/v1', 'Deployment', { resource }, 'shop')), undefined)
})

test('a policy is heard where it won or lost', () => {
  const heard = heardBy(object('policy.karmada.io/v1alpha1', 'PropagationPolicy', {}, 'shop'))
  const said = (policy: string, verdict: string) =>
    ({ dialect: 'karmada', decision: { policies: [{ policy, verdict }] } }) as unknown as Explanation
  assert.equal(heard?.(said('shop/web', 'lost')), true)
  assert.equal(heard?.(said('shop/web', 'no match')), false)
  assert.equal(heard?.(said('web', 'won')), false)
  assert.equal(heardBy(object('apps/v1', 'Deployment', {}, 'shop')), undefined)
})
