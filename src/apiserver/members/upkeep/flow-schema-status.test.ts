import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemberFixture } from '../member-fixture.js'

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'

test('a FlowSchema says whether its priority level exists', async () => {
  const fixture = await createMemberFixture()
  const dangling = () => {
    const { status } = fixture.peek('flowschemas.flowcontrol.apiserver.k8s.io', 'own') ?? {}
    return (status as { conditions?: Record<string, string>[] }).conditions?.map(({ type, status, reason }) => [
      type,
      status,
      reason,
    ])
  }
  const schema = {
    apiVersion,
    kind: 'FlowSchema',
    metadata: { name: 'own' },
    spec: { priorityLevelConfiguration: { name: 'own' }, matchingPrecedence: 500 },
  }
  const level = {
    apiVersion,
    kind: 'PriorityLevelConfiguration',
    metadata: { name: 'own' },
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  }
  await fixture.apply(schema)
  await fixture.settle(2)
  assert.deepEqual(dangling(), [['Dangling', 'True', 'NotFound']])
  await fixture.apply(level)
  await fixture.settle(2)
  assert.deepEqual(dangling(), [['Dangling', 'False', 'Found']])
  await fixture.remove('prioritylevelconfigurations', 'own')
  await fixture.settle(2)
  assert.deepEqual(dangling(), [['Dangling', 'True', 'NotFound']])
  assert.deepEqual(fixture.warnings, [])
  fixture.stop()
})
