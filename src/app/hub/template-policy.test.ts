import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemberWorld, typeNamed } from '../../../test/support/worlds/member-world.js'
import { installTemplatePolicy, templatesNamespaceLabel } from './template-policy.js'

test('no pod comes about in a namespace of templates, and everywhere else as ever', async () => {
  const world = await createMemberWorld()
  await installTemplatePolicy(world.client)
  const namespace = (name: string, labels: Record<string, string>) =>
    world.client.create(typeNamed('Namespace'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
  await namespace('held', { [templatesNamespaceLabel]: 'true' })
  await namespace('runs', {})
  await world.settle(2)
  const pod = (where: string) =>
    world.client.create(typeNamed('Pod'), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: where },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    })
  await assert.rejects(pod('held'), /its workloads run in the clusters of the fleet, not here/)
  await pod('runs')
  world.stop()
})
