import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemberFixture } from '../member-fixture.js'

const claim = (name: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
})

test('a claim goes when no pod uses it any more', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply(claim('used'), claim('unused'), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'user' },
    spec: {
      containers: [{ name: 'c', image: 'i' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'used' } }],
    },
  })
  await fixture.settle(2)
  assert.deepEqual(fixture.peek('persistentvolumeclaims', 'default/used')?.metadata.finalizers, ['kubernetes.io/pvc-protection'])
  await fixture.remove('pvc', 'default/unused')
  await fixture.remove('pvc', 'default/used')
  await fixture.settle(2)
  assert.equal(fixture.peek('persistentvolumeclaims', 'default/unused'), undefined)
  assert.ok(fixture.peek('persistentvolumeclaims', 'default/used')?.metadata.deletionTimestamp)
  await fixture.remove('pods', 'default/user', { gracePeriodSeconds: 0 })
  await fixture.settle(2)
  assert.equal(fixture.peek('persistentvolumeclaims', 'default/used'), undefined)
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})

test('a volume goes when no claim is bound to it', async () => {
  const fixture = await createMemberFixture()
  await fixture.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'v' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
  })
  await fixture.remove('pv', 'v')
  await fixture.settle(2)
  assert.equal(fixture.peek('persistentvolumes', 'v'), undefined)
  fixture.stop()
})

test('the status of a policy says which generation was looked at', async () => {
  const fixture = await createMemberFixture()
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }
  await fixture.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] },
  })
  await fixture.settle(2)
  const { status } = fixture.peek('validatingadmissionpolicies.admissionregistration.k8s.io', 'p') ?? {}
  assert.deepEqual(status, { observedGeneration: 1, typeChecking: {} })
  fixture.stop()
})
