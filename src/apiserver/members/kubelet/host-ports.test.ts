import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../engine/objects.js'
import { createMemberFixture } from '../member-fixture.js'

test('a pod that names its node is rejected while another has its port there', async () => {
  const member = await createMemberFixture()
  const pod = (name: string, hostPort: number, nodeName = 'node-1') => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName, containers: [{ name: 'c', image: 'web', ports: [{ containerPort: 80, hostPort }] }] },
  })
  const status = (name: string) => (member.peek('pods', `default/${name}`) as unknown as Pod).status
  await member.apply(pod('first', 8080))
  await member.settle()
  for (const other of [pod('second', 8080), pod('elsewhere', 8080, 'node-2'), pod('next', 8081)]) await member.apply(other)
  await member.settle()
  assert.deepEqual(
    ['first', 'second', 'elsewhere', 'next'].map((name) => status(name)?.phase),
    ['Running', 'Failed', 'Running', 'Running'],
  )
  assert.equal(status('second')?.reason, 'NodePorts')
  await member.remove('Pod', 'default/second')
  await member.remove('Pod', 'default/first')
  await member.settle(40)
  await member.apply(pod('second', 8080))
  await member.settle()
  assert.equal(status('second')?.phase, 'Running')
  member.stop()
})
