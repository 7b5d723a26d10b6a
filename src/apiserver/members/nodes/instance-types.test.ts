import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemberFixture } from '../member-fixture.js'
import { capacityOf, defaultInstanceType, instanceType, parseNodes } from './instance-types.js'

test('nodes are asked for by number, by type, or both', () => {
  assert.deepEqual(
    parseNodes('2xm5.large,c5.xlarge, 1').map(({ name }) => name),
    ['m5.large', 'm5.large', 'c5.xlarge', defaultInstanceType.name],
  )
  assert.equal(parseNodes('0').length, 0)
  assert.equal(parseNodes('5000').length, 5000)
  assert.equal(capacityOf(instanceType('p3.2xlarge')!)['nvidia.com/gpu'], '1')
  assert.throws(() => parseNodes('5001'), { code: 'too-many-nodes' })
  for (const bad of ['', 'x', '-1', '2x', 'm5.huge', '3xm5.huge', '2xm5.large,', '1e3', '99999999', 'constructor', '__proto__']) {
    assert.throws(() => parseNodes(bad), { code: 'unknown-instance-type' }, bad)
  }
})

test('a pool has the machines that it was asked for, each with its labels and its size', async () => {
  const fixture = await createMemberFixture({ nodes: { machines: parseNodes('m5.large,m6g.xlarge') } })
  const nodes = fixture.all('nodes') as unknown as {
    metadata: { name: string; labels: Record<string, string> }
    status: { capacity: Record<string, string>; nodeInfo: { architecture: string } }
  }[]
  assert.deepEqual(
    nodes.map(({ metadata, status }) => [
      metadata.name,
      metadata.labels['node.kubernetes.io/instance-type'],
      metadata.labels['topology.kubernetes.io/zone'],
      status.capacity['cpu'],
      status.nodeInfo.architecture,
    ]),
    [
      ['node-1', 'm5.large', 'm1-a', '2', 'amd64'],
      ['node-2', 'm6g.xlarge', 'm1-b', '4', 'arm64'],
    ],
  )
  fixture.stop()
})
