import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { StatusError } from '../../kube/object/status-error.js'
import { type ClusterFixture, createClusterFixture } from '../logical/cluster-fixture.js'

const refused = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.match(error.message, message)
  assert.equal(error.httpCode, 403)
  return true
}
const asNode = ({ cluster }: ClusterFixture, name: string) =>
  cluster.client({ user: { name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] } })
const node = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
})
const pod = (name: string, nodeName?: string, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...(nodeName ? { nodeName } : {}) },
})

test('a node writes itself only, without labels that steer pods', async () => {
  const fixture = await createClusterFixture()
  const { type, client } = fixture
  const kubelet = asNode(fixture, 'a')
  const made = await kubelet.create(type('node'), node('a', { 'kubernetes.io/os': 'linux', mine: 'yes' }))
  assert.deepEqual(made['spec'], { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] })
  await assert.rejects(kubelet.create(type('node'), node('b')), refused(/node "a" is not allowed to modify node "b"$/))
  await assert.rejects(
    kubelet.patch({ type: type('node'), name: 'a' }, { kind: 'merge', body: { spec: { taints: null } } }),
    refused(/node "a" is not allowed to modify taints$/),
  )
  const label = (key: string) =>
    kubelet.patch({ type: type('node'), name: 'a' }, { kind: 'merge', body: { metadata: { labels: { [key]: 'x' } } } })
  await label('example.com/anything')
  await label('node.kubernetes.io/instance-type')
  await assert.rejects(
    label('node-restriction.kubernetes.io/secure'),
    refused(/is not allowed to modify labels: node-restriction.kubernetes.io\/secure$/),
  )
  await client.patch({ type: type('node'), name: 'a' }, { kind: 'merge', body: { spec: { taints: null } } })
})

test('a node touches the pods that are bound to it', async () => {
  const fixture = await createClusterFixture()
  const { type, client } = fixture
  const kubelet = asNode(fixture, 'a')
  await client.create(type('po'), pod('own', 'a'))
  await client.create(type('po'), pod('other', 'b'))
  const status = (name: string) =>
    kubelet.patch(
      { type: type('po'), namespace: 'default', name, subresource: 'status' },
      { kind: 'merge', body: { status: { phase: 'Running' } } },
    )
  await status('own')
  await assert.rejects(status('other'), refused(/can only update pod status for pods with spec.nodeName set to itself$/))
  await assert.rejects(
    kubelet.delete({ type: type('po'), namespace: 'default', name: 'other' }),
    refused(/can only delete pods with spec.nodeName set to itself$/),
  )
  await assert.rejects(
    kubelet.create(type('po'), pod('x', 'a')),
    refused(/pod does not have "kubernetes.io\/config.mirror" annotation/),
  )
  await assert.rejects(
    kubelet.patch(
      { type: type('po'), namespace: 'default', name: 'own' },
      { kind: 'merge', body: { metadata: { labels: { a: 'b' } } } },
    ),
    refused(/unexpected operation "UPDATE", node "a" can only create and delete mirror pods$/),
  )
})
