import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppProject, AppProjectSpec } from '../kinds/app-project.js'
import { defaultProject } from './default-project.js'
import { permitsDestination, permitsNamespace, permitsResource, permitsSource } from './project-rules.js'

const project = (spec: AppProjectSpec): AppProject => ({
  ...defaultProject('argocd'),
  metadata: { name: 'team', namespace: 'argocd' },
  spec,
})

test('sources: globs within path elements, a denial wins', () => {
  const rules = project({ sourceRepos: ['https://github.com/team/*', '!https://github.com/team/secret', 'git@host.example:**'] })
  assert.ok(permitsSource(rules, 'https://github.com/team/app'))
  assert.ok(permitsSource(rules, 'https://github.com/team/app.git'))
  assert.ok(!permitsSource(rules, 'https://github.com/team/secret.git'))
  assert.ok(!permitsSource(rules, 'https://github.com/team/deep/app'))
  assert.ok(!permitsSource(rules, 'https://github.com/other/app'))
  assert.ok(!permitsSource(project({}), 'https://github.com/team/app'))
  assert.ok(!permitsSource(project({ sourceRepos: ['[', '{a'] }), 'https://github.com/team/app'))
  assert.ok(permitsSource(defaultProject('argocd'), 'anything at all'))
})

test('destinations: server or name with namespace', () => {
  const to = (server: string, name: string, namespace: string) => ({ server, name, namespace, clusterProject: '' })
  const rules = project({
    destinations: [
      { server: 'https://east', namespace: 'team-*' },
      { name: 'west-*', namespace: '*' },
      { name: 'west-*', namespace: '!kube-system' },
      { server: '!https://forbidden', namespace: '*' },
    ],
  })
  assert.ok(permitsDestination(rules, to('https://east/', 'east', 'team-a')))
  assert.ok(!permitsDestination(rules, to('https://east', 'east', 'other')))
  assert.ok(permitsDestination(rules, to('https://x', 'west-1', 'default')))
  assert.ok(!permitsDestination(rules, to('https://x', 'west-1', 'kube-system')))
  assert.ok(!permitsDestination(rules, to('https://forbidden', 'west-1', 'default')))
  assert.ok(!permitsDestination(project({ destinations: [{ namespace: '*' }] }), to('https://x', 'x', 'a')))
  const scoped = project({ destinations: [{ server: '*', namespace: '*' }], permitOnlyProjectScopedClusters: true })
  assert.ok(!permitsDestination(scoped, to('https://x', 'x', 'a')))
  assert.ok(permitsDestination(scoped, { ...to('https://x', 'x', 'a'), clusterProject: 'team' }))
})

test('kinds: cluster-scoped ones must be listed, namespaced ones may be excluded', () => {
  const secret = { group: '', kind: 'Secret', name: 's' }
  const role = { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'team-reader' }
  assert.ok(permitsResource(project({}), secret, true))
  assert.ok(!permitsResource(project({}), role, false))
  assert.ok(!permitsResource(project({ namespaceResourceBlacklist: [{ group: '', kind: 'Sec*' }] }), secret, true))
  assert.ok(!permitsResource(project({ namespaceResourceWhitelist: [{ group: 'apps', kind: '*' }] }), secret, true))
  const named = project({ clusterResourceWhitelist: [{ group: 'rbac.*', kind: '*', name: 'team-*' }] })
  assert.ok(permitsResource(named, role, false))
  assert.ok(!permitsResource(named, { ...role, name: 'admin' }, false))
})

test('namespaces of applications', () => {
  assert.ok(permitsNamespace(project({}), 'argocd'))
  assert.ok(!permitsNamespace(project({}), 'team-a'))
  assert.ok(permitsNamespace(project({ sourceNamespaces: ['team-*'] }), 'team-a'))
})
