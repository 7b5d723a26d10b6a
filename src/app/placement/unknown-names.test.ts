import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unknownClusters } from './unknown-names.js'

test('names of clusters that there are not are told with their path; the data of others is not looked into', () => {
  const known = ['us-east', 'eu-west']
  assert.deepEqual(unknownClusters({ clusters: { names: ['us-east', 'us-esat'] } }, known), [
    'spec.clusters.names: no cluster of the fleet is called us-esat (did you mean us-east?); it counts once it has joined',
  ])
  assert.deepEqual(unknownClusters({ replicas: { limits: [{ cluster: '*' }, { cluster: 'mars' }] } }, known), [
    'spec.replicas.limits[1].cluster: no cluster of the fleet is called mars; it counts once it has joined',
  ])
  assert.deepEqual(
    unknownClusters(
      { placement: { clusterAffinity: { clusterNames: ['eu-west'] }, spreadConstraints: [{ maxGroups: 1 }] } },
      known,
    ),
    [],
  )
  const patch = [{ op: 'add', path: '/data', value: { names: ['mars'], cluster: 'mars' } }]
  assert.deepEqual(unknownClusters({ overrides: [{ clusters: { names: ['us-east'] }, patch }] }, known), [])
  assert.deepEqual(unknownClusters(undefined, known), [])
})
