import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AccessAttributes, ClusterChange, LogicalCluster, UserInfo } from '../contract.js'
import { readBootstrapObjects } from '../logical/bootstrap-layer.js'
import { checkEscalation } from './escalation.js'
import { createRbac } from './rbac.js'
import { formatRule, ruleAllows, uncoveredRules } from './rbac-rules.js'

/** A cluster that holds RBAC objects only. */
function world(objects: readonly KubeObject[]) {
  const resourceOf = (object: KubeObject) => `${object.kind.toLowerCase()}s.rbac.authorization.k8s.io`
  const stored = [...objects]
  const cluster = {
    name: 'c',
    peekAll: (resource: string) => stored.filter((object) => resourceOf(object) === resource),
  } as unknown as LogicalCluster
  let listener: (change: ClusterChange) => void = () => {}
  const rbac = createRbac({
    onChange(given) {
      listener = given
      return () => {}
    },
  })
  const change = (type: ClusterChange['type'], object: KubeObject) =>
    listener({ cluster: 'c', groupResource: resourceOf(object), type, object })
  return { cluster, rbac, change }
}

const apiVersion = 'rbac.authorization.k8s.io/v1'
const role = (name: string, namespace: string, rules: unknown[]): KubeObject => ({
  apiVersion,
  kind: namespace === '' ? 'ClusterRole' : 'Role',
  metadata: { name, ...(namespace === '' ? {} : { namespace }) },
  rules,
})
const binding = (name: string, namespace: string, roleRef: { kind: string; name: string }, subjects: unknown[]): KubeObject => ({
  apiVersion,
  kind: namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: { name, ...(namespace === '' ? {} : { namespace }) },
  roleRef,
  subjects,
})
const jane: UserInfo = { name: 'jane', groups: ['dev', 'system:authenticated'] }
const asks = (verb: string, resource: string, more: Partial<AccessAttributes> = {}): AccessAttributes => {
  const [plural = '', subresource = ''] = resource.split('/')
  return { verb, group: '', version: 'v1', resource: plural, subresource, namespace: 'shop', name: '', ...more }
}

test('rules match verbs, groups, resources, subresources, names and paths as upstream does', () => {
  const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods', '*/scale'], resourceNames: ['a'] }
  assert.ok(ruleAllows(rule, asks('get', 'pods', { name: 'a' })))
  assert.ok(!ruleAllows(rule, asks('get', 'pods', { name: 'b' })))
  assert.ok(!ruleAllows(rule, asks('list', 'pods', { name: 'a' })))
  assert.ok(!ruleAllows(rule, asks('get', 'pods/log', { name: 'a' })))
  assert.ok(ruleAllows(rule, asks('get', 'things/scale', { name: 'a' })))
  assert.ok(!ruleAllows(rule, asks('get', 'pods', { name: 'a', group: 'apps' })))
  assert.ok(ruleAllows({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, asks('escalate', 'pods/exec')))
  const paths = { verbs: ['get'], nonResourceURLs: ['/healthz', '/api/*'] }
  const path = (text: string) => asks('get', '', { path: text, namespace: '' })
  assert.ok(ruleAllows(paths, path('/api/v1')))
  assert.ok(!ruleAllows(paths, path('/api')))
  assert.ok(!ruleAllows({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, path('/healthz')))
})

test('bindings count where they are, for users, groups and service accounts', () => {
  const { cluster, rbac } = world([
    role('reader', 'shop', [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]),
    role('lister', '', [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }]),
    binding('a', 'shop', { kind: 'Role', name: 'reader' }, [{ kind: 'User', name: 'jane' }]),
    binding('b', 'shop', { kind: 'ClusterRole', name: 'lister' }, [{ kind: 'ServiceAccount', name: 'robot', namespace: 'ci' }]),
    binding('c', '', { kind: 'ClusterRole', name: 'lister' }, [{ kind: 'Group', name: 'ops' }]),
  ])
  const allowed = (user: UserInfo, attributes: AccessAttributes) => rbac.authorize(cluster, user, attributes).allowed
  assert.ok(allowed(jane, asks('get', 'pods')))
  assert.ok(!allowed(jane, asks('get', 'pods', { namespace: 'other' })))
  assert.ok(!allowed(jane, asks('get', 'pods', { namespace: '' })))
  assert.ok(!allowed({ name: 'joe', groups: [] }, asks('get', 'pods')))
  const robot = { name: 'system:serviceaccount:ci:robot', groups: [] }
  assert.ok(allowed(robot, asks('list', 'pods')))
  assert.ok(!allowed(robot, asks('list', 'pods', { namespace: 'other' })))
  assert.ok(allowed({ name: 'x', groups: ['ops'] }, asks('list', 'pods', { namespace: '' })))
  assert.ok(allowed({ name: 'x', groups: ['system:masters'] }, asks('delete', 'nodes')))
  assert.equal(
    rbac.authorize(cluster, jane, asks('get', 'pods')).reason,
    'RBAC: allowed by RoleBinding "a/shop" of Role "reader" to User "jane"',
  )
})

test('follows changes, and names a role that is missing', () => {
  const { cluster, rbac, change } = world([])
  const decide = () => rbac.authorize(cluster, jane, asks('get', 'pods'))
  assert.deepEqual(decide(), { allowed: false, reason: '' })
  const bound = binding('a', 'shop', { kind: 'Role', name: 'reader' }, [{ kind: 'User', name: 'jane' }])
  change('ADDED', bound)
  assert.deepEqual(decide(), { allowed: false, reason: 'RBAC: role.rbac.authorization.k8s.io "reader" not found' })
  const reader = role('reader', 'shop', [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }])
  change('ADDED', reader)
  assert.ok(decide().allowed)
  change('MODIFIED', { ...bound, subjects: [{ kind: 'User', name: 'joe' }] })
  assert.ok(!decide().allowed)
  change('MODIFIED', bound)
  assert.ok(decide().allowed)
  change('DELETED', reader)
  assert.ok(!decide().allowed)
})

test('aggregated roles have the rules of the roles that they select, also of those that come later', () => {
  const { cluster, rbac, change } = world([
    ...readBootstrapObjects('2026-01-01T00:00:00Z').filter(({ apiVersion }) => apiVersion.startsWith('rbac.')),
    binding('jane-edits', 'shop', { kind: 'ClusterRole', name: 'edit' }, [{ kind: 'User', name: 'jane' }]),
  ])
  const allowed = (verb: string, resource: string, group = '') =>
    rbac.authorize(cluster, jane, asks(verb, resource, { group })).allowed
  assert.ok(allowed('create', 'deployments', 'apps'))
  assert.ok(allowed('get', 'pods/log'))
  assert.ok(!allowed('create', 'rolebindings', 'rbac.authorization.k8s.io'))
  assert.ok(!allowed('get', 'widgets', 'example.com'))
  const widgets = role('widgets', '', [{ verbs: ['get'], apiGroups: ['example.com'], resources: ['widgets'] }])
  change('ADDED', {
    ...widgets,
    metadata: { name: 'widgets', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
  })
  assert.ok(allowed('get', 'widgets', 'example.com'))
})

test('finds the rights that nothing covers', () => {
  const owned = [
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
    { verbs: ['*'], apiGroups: ['apps'], resources: ['*'] },
    { verbs: ['get'], nonResourceURLs: ['/api/*'] },
  ]
  assert.deepEqual(uncoveredRules(owned, [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }]), [])
  assert.deepEqual(uncoveredRules(owned, [{ verbs: ['delete'], apiGroups: ['apps'], resources: ['deployments/scale'] }]), [])
  assert.deepEqual(uncoveredRules(owned, [{ verbs: ['get'], nonResourceURLs: ['/api/v1'] }]), [])
  assert.deepEqual(uncoveredRules(owned, [{ verbs: ['get', 'watch'], apiGroups: [''], resources: ['pods', 'pods/log'] }]), [
    { verbs: ['watch'], apiGroups: [''], resources: ['pods'] },
    { verbs: ['get'], apiGroups: [''], resources: ['pods/log'] },
    { verbs: ['watch'], apiGroups: [''], resources: ['pods/log'] },
  ])
  assert.equal(uncoveredRules(owned, [{ verbs: ['*'], apiGroups: [''], resources: ['pods'] }]).length, 1)
  assert.equal(
    formatRule({ verbs: ['get', 'list'], apiGroups: ['apps'], resources: ['deployments'] }),
    '{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}',
  )
})

test('nobody gives away what he has not', () => {
  const { cluster, rbac } = world([
    ...readBootstrapObjects('2026-01-01T00:00:00Z').filter(({ apiVersion }) => apiVersion.startsWith('rbac.')),
    binding('jane-admin', 'shop', { kind: 'ClusterRole', name: 'admin' }, [{ kind: 'User', name: 'jane' }]),
  ])
  const check = (resource: string, object: KubeObject, previous?: KubeObject) =>
    checkEscalation(rbac, cluster, jane, resource, object, previous)
  check('roles', role('r', 'shop', [{ verbs: ['get'], apiGroups: ['apps'], resources: ['deployments'] }]))
  const greedy = role('r', 'shop', [{ verbs: ['get', 'delete'], apiGroups: [''], resources: ['nodes'] }])
  assert.throws(() => check('roles', greedy), {
    message:
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant ' +
      'RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get" "delete"]}',
  })
  check('roles', { ...greedy, metadata: { ...greedy.metadata, labels: { a: 'b' } } }, greedy)
  const bind = (name: string) => binding('b', 'shop', { kind: 'ClusterRole', name }, [{ kind: 'User', name: 'joe' }])
  check('rolebindings', bind('view'))
  assert.throws(() => check('rolebindings', bind('cluster-admin')), { code: 'forbidden' })
  assert.throws(() => check('rolebindings', bind('absent')), { code: 'not-found' })
  check('configmaps', greedy)
})
