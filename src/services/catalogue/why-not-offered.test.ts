import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetFacts } from '../../../test/support/cases/fleet-facts.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { whyNotOffered } from './why-not-offered.js'

const service = (name: string, labels = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', labels },
})
const exported = (name: string, ...conditions: object[]) =>
  ({
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceExport',
    metadata: { name, namespace: 'shop' },
    status: { conditions },
  }) as unknown as KubeObject

test('exports that do not work and Services that nothing exports are told', () => {
  const { clusters } = fleetFacts([
    {
      name: 'east',
      objects: [
        exported('api', { type: 'Valid', status: 'False', reason: 'NoService', message: 'there is no Service shop/api in east' }),
        exported('new'),
      ],
    },
    { name: 'west', objects: [service('api'), service('ours', { 'app.kubernetes.io/managed-by': 'services.flotilla.dev' })] },
  ])
  assert.deepEqual(whyNotOffered(clusters, { namespace: 'shop', name: 'api' }), [
    'ServiceExport shop/api in east: NoService: there is no Service shop/api in east',
    'Service shop/api in west is not exported',
  ])
  assert.deepEqual(whyNotOffered(clusters, { name: 'new' }), ['ServiceExport shop/new in east: nobody has looked at it yet'])
  assert.deepEqual(whyNotOffered(clusters, { name: 'ours' }), [], 'a derived Service is nobody’s')
  assert.deepEqual(whyNotOffered(clusters, { namespace: 'other', name: 'api' }), [])
})
