import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumClusterId } from './cilium-cluster-id.js'

const values = (name: string, id: string, more = '') => `cluster: {name: ${name}, id: ${id}}
clustermesh: {useAPIServer: true}
${more}`

test('an id that two clusters have is reported', () => {
  assert.deepEqual(
    checkTexts(ciliumClusterId, {
      'clusters/a/cilium-values.yaml': values('a', '1'),
      'clusters/b/cilium-values.yaml': values('b', '1'),
    }),
    ['error clusters/b/cilium-values.yaml:1:24 cluster id 1 is that of a and of b'],
  )
})

test('ids out of range, 0 in a mesh and bit 7 with ENI are reported', () => {
  assert.deepEqual(checkTexts(ciliumClusterId, { 'clusters/a/cilium-values.yaml': values('a', '300') }), [
    'error clusters/a/cilium-values.yaml:1:24 cluster id 300 is not in 1 to 255',
  ])
  assert.deepEqual(checkTexts(ciliumClusterId, { 'clusters/a/cilium-values.yaml': values('a', '0') }), [
    'error clusters/a/cilium-values.yaml:1:24 cluster id 0 means that the cluster is in no mesh, but a mesh is configured',
  ])
  assert.deepEqual(
    checkTexts(ciliumClusterId, { 'clusters/a/cilium-values.yaml': values('a', '200', 'eni: {enabled: true}\n') }),
    ['error clusters/a/cilium-values.yaml:1:24 cluster id 200 has bit 7 set, which ENI mode cannot use'],
  )
})

test('different ids, and a high one without ENI, are fine', () => {
  assert.deepEqual(
    checkTexts(ciliumClusterId, {
      'clusters/a/cilium-values.yaml': values('a', '1'),
      'clusters/b/cilium-values.yaml': values('b', '200'),
    }),
    [],
  )
})

test('clusters of two meshes that nothing connects may have one id', () => {
  const fleet = (id: string) => ({
    'mesh.sh':
      'cilium clustermesh connect --context a --destination-context b\ncilium clustermesh connect --context c --destination-context d\n',
    ...Object.fromEntries(
      Object.entries({ a: '1', b: '2', c: '1', d: id }).map(([name, each]) => [
        `clusters/${name}/cilium-values.yaml`,
        values(name, each),
      ]),
    ),
  })
  assert.deepEqual(checkTexts(ciliumClusterId, fleet('2')), [])
  assert.equal(checkTexts(ciliumClusterId, fleet('1')).length, 1)
})
