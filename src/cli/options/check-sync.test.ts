import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import { describeApplication } from '../commands/app.js'
import { checkSync } from './check-sync.js'

const application = (automated: object | undefined): Application =>
  ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.test/a.git', path: 'a', targetRevision: 'main' },
      destination: { name: 'east', namespace: 'web' },
      syncPolicy: automated ? { automated } : {},
    },
    status: { resources: [{ group: 'apps', kind: 'Deployment', namespace: 'web', name: 'web' }] },
  }) as Application

test('another revision is refused while automated sync would undo it', () => {
  const other = { sync: { revision: 'v1' } }
  assert.throws(() => checkSync(application({}), other), /web syncs to main automatically, so a sync to v1 would be undone/)
  checkSync(application({}), { sync: { revision: 'v1', dryRun: true } })
  checkSync(application({}), { sync: { revision: 'main' } })
  checkSync(application({ enabled: false }), other)
  checkSync(application(undefined), other)
})

test('a resource that the Application does not have is told, not silently skipped', () => {
  const sync = (resource: { group: string; kind: string; name: string; namespace?: string }) =>
    checkSync(application(undefined), { sync: { resources: [resource] } })
  sync({ group: 'apps', kind: 'Deployment', name: 'web' })
  sync({ group: '*', kind: '*', name: 'web', namespace: 'web' })
  assert.throws(() => sync({ group: 'apps', kind: 'Deployment', name: 'nope' }), /web has no apps:Deployment:nope/)
  assert.throws(
    () => sync({ group: 'apps', kind: 'Deployment', name: 'web', namespace: 'b' }),
    /web has no apps:Deployment:b\/web/,
  )
})

test('the screen of an Application names every source, and says that it is being deleted', () => {
  const app = application(undefined)
  const text = describeApplication({
    ...app,
    metadata: { ...app.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      ...app.spec,
      sources: [
        { repoURL: 'https://git.test/b.git', path: 'b' },
        { repoURL: 'https://git.test/c.git', ref: 'values', targetRevision: 'v2' },
      ],
    },
  })
  assert.match(text, /^Deleting: +since 2026-01-01T00:00:00Z$/m)
  assert.match(text, /^Source: +https:\/\/git.test\/b.git b @ HEAD$/m)
  assert.match(text, /^Source: +https:\/\/git.test\/c.git +@ v2 \(ref values\)$/m)
  assert.ok(!text.includes('a.git'))
})
