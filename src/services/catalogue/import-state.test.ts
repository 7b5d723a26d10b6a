import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetFacts } from '../../../test/support/cases/fleet-facts.js'
import { offerOf, serviceOf } from '../../../test/support/worlds/sample-fleet.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { importStateOf } from './import-state.js'

const fleet = serviceOf([offerOf('east', [])])
const { namespace, name } = fleet.service
const inside = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'any', namespace } } as KubeObject
const imported = (...conditions: object[]) =>
  ({
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceImport',
    metadata: { name, namespace },
    spec: { type: 'ClusterSetIP', ips: ['10.0.0.7'], ports: [] },
    status: { conditions },
  }) as unknown as KubeObject
const stateOf = (service: typeof fleet, ...objects: KubeObject[]) =>
  importStateOf(fleetFacts([{ name: 'west', objects }]).clusters[0]!, service)

test('whether a cluster has a service of the cluster set, and why not', () => {
  assert.deepEqual(stateOf(fleet, inside, imported({ type: 'Ready', status: 'True' })), {
    imported: true,
    addresses: ['10.0.0.7'],
    why: '',
  })
  assert.equal(stateOf(fleet)!.why, `west has no namespace ${namespace}`)
  assert.equal(stateOf(fleet, inside)!.why, 'there is no ServiceImport yet')
  const differs = imported({ type: 'Ready', status: 'False', reason: 'Pending', message: 'the type is Headless here' })
  assert.equal(stateOf(fleet, inside, differs)!.why, 'Pending: the type is Headless here')
  const limited = serviceOf([offerOf('east', [], { audience: { clusters: ['north'] } })])
  assert.equal(stateOf(limited, inside)!.why, 'no export is for it')
  assert.equal(stateOf({ ...fleet, reach: 'same-name' }, inside), undefined)
})
