import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discoverResources } from './discovery.js'

const list = (items: unknown[]) => JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', items })
const group = (name: string, resource: string, kind: string) => ({
  metadata: { name },
  versions: [{ version: 'v1', resources: [{ resource, scope: 'Namespaced', responseKind: { kind }, verbs: ['get'] }] }],
})
const core = list([group('', 'pods', 'Pod')])

const discover = (answers: Readonly<Record<string, string>>) =>
  discoverResources(async (path) => {
    const answer = answers[path]
    assert.ok(answer !== undefined, `nobody should ask for ${path}`)
    return answer
  })

test('clusters that answer alike share a catalogue; others have their own', async () => {
  const apps = { '/api': core, '/apis': list([group('apps', 'deployments', 'Deployment')]) }
  const first = await discover(apps)
  assert.equal(await discover({ ...apps }), first)
  assert.equal(first.forKind('apps/v1', 'Deployment')?.plural, 'deployments')
  const other = await discover({ ...apps, '/apis': list([group('batch', 'jobs', 'Job')]) })
  assert.equal(other.forKind('apps/v1', 'Deployment'), undefined)
  assert.equal(other.forKind('batch/v1', 'Job')?.plural, 'jobs')
  assert.equal(await discover(apps), first)
})

test('the older answers are followed each time: they do not say everything', async () => {
  const versions = JSON.stringify({ kind: 'APIVersions', versions: ['v1'] })
  const groups = JSON.stringify({ kind: 'APIGroupList', groups: [] })
  const resources = (kind: string) => JSON.stringify({ resources: [{ name: `${kind.toLowerCase()}s`, kind, namespaced: true }] })
  for (const kind of ['Pod', 'Service']) {
    const { all } = await discover({ '/api': versions, '/apis': groups, '/api/v1': resources(kind) })
    assert.deepEqual(
      all.map((each) => each.kind),
      [kind],
    )
  }
})
