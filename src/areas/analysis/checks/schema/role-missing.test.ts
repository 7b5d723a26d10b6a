import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { roleMissing } from './role-missing.js'

const api = 'apiVersion: rbac.authorization.k8s.io/v1\n'
const others = `${api}kind: Role\nmetadata: {name: deployer, namespace: shop}\nrules: []\n---\n${api}kind: ClusterRole\nmetadata: {name: node-watcher}\nrules: []\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: pipeline, namespace: shop}\n`
const binding = (kind: string, name: string, account = 'pipeline') =>
  `${api}kind: RoleBinding\nmetadata: {name: a, namespace: shop}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ${kind}, name: ${name}}\nsubjects: [{kind: ServiceAccount, name: ${account}, namespace: shop}]\n`
const run = (text: string) => checkTexts(roleMissing, { 'app/a.yaml': text, 'app/b.yaml': others })

test('a role that is mistyped or of the other kind, and an account that is mistyped', () => {
  assert.deepEqual(run(binding('Role', 'delpoyer')), [
    'error app/a.yaml:4:66 RoleBinding shop/a gives Role delpoyer, which is not there: did you mean deployer?',
  ])
  assert.deepEqual(run(binding('Role', 'node-watcher')), [
    'error app/a.yaml:4:54 RoleBinding shop/a gives Role node-watcher: there is only the ClusterRole of that name',
  ])
  assert.deepEqual(run(binding('Role', 'deployer', 'pipelnie')), [
    'warning app/a.yaml:5:41 RoleBinding shop/a allows ServiceAccount pipelnie, which is not there: did you mean pipeline?',
  ])
})

test('roles that are there, that are built in, that come from elsewhere', () => {
  for (const [kind, name] of [
    ['Role', 'deployer'],
    ['ClusterRole', 'node-watcher'],
    ['ClusterRole', 'edit'],
    ['ClusterRole', 'system:auth-delegator'],
    ['ClusterRole', 'argocd-server'],
  ] as const)
    assert.deepEqual(run(binding(kind, name)), [], name)
})
