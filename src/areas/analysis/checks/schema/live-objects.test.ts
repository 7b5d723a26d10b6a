import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { schemaChecks } from './index.generated.js'

const binding = (name: string, labels: Record<string, string>) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name, uid: name, labels },
  subjects: [{ kind: 'ServiceAccount', name: 'nobody', namespace: 'kube-system' }],
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
})
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'kube-system', uid: 'a' } }
const check = (object: unknown) =>
  checkTexts(schemaChecks, {}, { live: [{ source: 'context a', cluster: 'a', objects: [account, object] }] })

test('bindings of Kubernetes itself are for accounts that may come, those of people for accounts that are there', () => {
  assert.deepEqual(check(binding('system:controller:x', { 'kubernetes.io/bootstrapping': 'rbac-defaults' })), [])
  assert.deepEqual(check(binding('ours', {})), [
    'warning context a:0:0 ClusterRoleBinding ours allows ServiceAccount nobody, which is not there',
  ])
})
