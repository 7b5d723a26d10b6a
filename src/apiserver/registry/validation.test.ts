import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../kube/object/status-error.js'
import { createClusterFixture } from '../logical/cluster-fixture.js'

test('names and tags that could not be addressed or selected are refused', async () => {
  const { client, type } = await createClusterFixture()
  const create = (name: string, metadata: object = {}) =>
    client.create(type('cm'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default', ...metadata },
    })
  const refused: [string, object, RegExp][] = [
    ['', {}, /metadata\.name: Required value: name or generateName is required/],
    ['a/b', {}, /metadata\.name: Invalid value: "a\/b"/],
    ['../x', {}, /metadata\.name/],
    ['A', {}, /a lowercase RFC 1123 subdomain/],
    ['a', { labels: { 'bad key': 'x' } }, /metadata\.labels: Invalid value: "bad key"/],
    ['a', { labels: { key: 'bad value' } }, /metadata\.labels: Invalid value: "bad value"/],
    ['a', { finalizers: ['bad finalizer'] }, /metadata\.finalizers\[0\]/],
    ['a', { annotations: { big: 'x'.repeat(300_000) } }, /metadata\.annotations: Too long: may not be more than 262144 bytes/],
    ['a', { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '' }] }, /uid must not be empty/],
  ]
  for (const [name, metadata, message] of refused) {
    await assert.rejects(create(name, metadata), (error) => {
      assert.ok(error instanceof StatusError)
      assert.equal(error.httpCode, 422, error.message)
      assert.match(error.message, message)
      return true
    })
  }
  await create('fine.name', { labels: { 'example.com/a': '' }, finalizers: ['example.com/f'] })
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', rules: [] }
  await client.create(type('clusterroles'), { ...role, metadata: { name: 'system:odd Name' } })
  await assert.rejects(client.create(type('clusterroles'), { ...role, metadata: { name: 'a/b' } }), /may not contain '\/'/)
})
