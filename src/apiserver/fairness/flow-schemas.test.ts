import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import type { AccessAttributes, LogicalCluster } from '../contract.js'
import { createBootstrapLayer } from '../logical/bootstrap-layer.js'
import { FlowSchemas } from './flow-schemas.js'

const layer = new Map([...createBootstrapLayer(0)].map(([resource, objects]) => [resource, new Map(objects)]))
const cluster = {
  name: 'c',
  peek: (resource: string, key: string) => layer.get(resource)?.get(key),
  peekAll: (resource: string) => layer.get(resource)?.values() ?? [],
} as unknown as LogicalCluster
const attributes = (more: Partial<AccessAttributes>): AccessAttributes => ({
  verb: 'get',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'shop',
  name: 'web',
  ...more,
})

test('the schemas of a fresh cluster class requests as kube-apiserver does', () => {
  const schemas = new FlowSchemas(cluster)
  const levelOf = (name: string, groups: string[], more: Partial<AccessAttributes> = {}) =>
    schemas.classify(attributes(more), { name, groups: [...groups, 'system:authenticated'] }).level
  assert.equal(levelOf('admin', ['system:masters']), 'exempt')
  assert.equal(levelOf('system:serviceaccount:shop:robot', ['system:serviceaccounts']), 'workload-low')
  assert.equal(levelOf('system:serviceaccount:kube-system:x', ['system:serviceaccounts']), 'workload-high')
  assert.equal(
    levelOf('system:node:n1', ['system:nodes'], { resource: 'nodes', subresource: 'status', namespace: '' }),
    'node-high',
  )
  assert.equal(levelOf('system:node:n1', ['system:nodes']), 'system')
  assert.equal(levelOf('jane', []), 'global-default')
  const probe = attributes({ resource: '', namespace: '', path: '/healthz' })
  assert.equal(schemas.classify(probe, { name: 'system:anonymous', groups: ['system:unauthenticated'] }).level, 'exempt')
  const leases = { resource: 'leases', group: 'coordination.k8s.io', verb: 'update', namespace: 'kube-system' }
  assert.equal(levelOf('system:kube-scheduler', [], leases), 'leader-election')
})

test('a schema of a user counts as soon as it is there', () => {
  const schemas = new FlowSchemas(cluster)
  const jane = { name: 'jane', groups: ['system:authenticated'] }
  assert.equal(schemas.classify(attributes({}), jane).level, 'global-default')
  const schema: KubeObject = {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'FlowSchema',
    metadata: { name: 'jane-first', uid: 'u1' },
    spec: {
      priorityLevelConfiguration: { name: 'workload-high' },
      matchingPrecedence: 50,
      distinguisherMethod: { type: 'ByNamespace' },
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'jane' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: [''], resources: ['pods'], namespaces: ['shop'] }],
        },
      ],
    },
  }
  layer.get('flowschemas.flowcontrol.apiserver.k8s.io')!.set(keyOf(schema), schema)
  schemas.changed()
  const found = schemas.classify(attributes({}), jane)
  assert.deepEqual([found.level, found.schemaUid, found.flow], ['workload-high', 'u1', 'jane-first shop'])
  assert.equal(schemas.classify(attributes({ namespace: 'bank' }), jane).level, 'global-default')
})
