import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemberFixture, deploymentOf } from '../member-fixture.js'

test('on a hub a template is not run: what ran is taken down, and runs again without the mark', async () => {
  const fixture = await createMemberFixture({ holdsTemplates: (cluster) => cluster === 'm1' })
  const label = async (labels: Record<string, string | null>, annotations: Record<string, string | null> = {}) => {
    const type = fixture.cluster.api.catalogue().forKind('apps/v1', 'Deployment')!
    const target = { type, namespace: 'default', name: 'web' }
    await fixture.client.patch(target, { kind: 'merge', body: { metadata: { labels, annotations } } })
    await fixture.settle(40)
  }
  const counts = () => [fixture.all('replicasets.apps', 'default').length, fixture.all('pods', 'default').length]
  await fixture.apply(deploymentOf('web', { replicas: 3 }))
  await fixture.settle(5)
  assert.deepEqual(counts(), [1, 3])
  await label({ 'flotilla.dev/placement': 'everywhere' })
  assert.deepEqual(counts(), [0, 0])
  await label({ 'flotilla.dev/placement': null })
  assert.deepEqual(counts(), [1, 3])
  await label({}, { 'flotilla.dev/template': 'true' })
  assert.deepEqual(counts(), [0, 0])
  fixture.stop()
})

test('on any other cluster the marks mean nothing', async () => {
  const fixture = await createMemberFixture()
  const web = deploymentOf('web', { replicas: 2 })
  await fixture.apply({ ...web, metadata: { ...web.metadata, labels: { 'flotilla.dev/template': 'true' } } })
  await fixture.settle(5)
  assert.equal(fixture.all('pods', 'default').length, 2)
  fixture.stop()
})
