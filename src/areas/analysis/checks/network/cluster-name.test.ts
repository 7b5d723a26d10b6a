import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { clusterName } from './cluster-name.js'

const values = (name: string, id: number) => `cluster: {name: ${name}, id: ${id}}\nclustermesh: {useAPIServer: true}\n`

test('names that Cilium refuses are reported', () => {
  assert.deepEqual(checkTexts(clusterName, { 'cilium-values.yaml': values('Prod_East', 1) }), [
    'error cilium-values.yaml:1:17 Prod_East cannot be the name of a cluster: Cilium takes lower-case letters, digits and dashes only',
  ])
  assert.deepEqual(checkTexts(clusterName, { 'cilium-values.yaml': values('default', 3) }), [
    'error cilium-values.yaml:1:17 default cannot be the name of a cluster: Cilium keeps the name default for clusters that are in no mesh',
  ])
})

test('names that fit, and the default of a cluster without a mesh, are fine', () => {
  assert.deepEqual(checkTexts(clusterName, { 'cilium-values.yaml': values('prod-east', 1) }), [])
  assert.deepEqual(
    checkTexts(clusterName, { 'cilium-values.yaml': 'cluster: {name: default, id: 0}\nipam: {mode: kubernetes}\n' }),
    [],
  )
})

test('one name for two clusters of a mesh', () => {
  const cilium = (name: string, id: number) => ({ [`clusters/${id === 1 ? 'a' : 'b'}/cilium-values.yaml`]: values(name, id) })
  assert.deepEqual(checkTexts(clusterName, { ...cilium('prod', 1), ...cilium('prod', 2) }), [
    'error clusters/b/cilium-values.yaml:1:17 prod is the name of a and of b',
  ])
  assert.deepEqual(checkTexts(clusterName, { ...cilium('prod-a', 1), ...cilium('prod-b', 2) }), [])
  const istio = (cluster: string, mesh: string) => ({
    [`clusters/${cluster}/istio-values.yaml`]: `global: {meshID: ${mesh}, multiCluster: {clusterName: prod}, network: n}\nmeshConfig: {}\n`,
  })
  assert.equal(checkTexts(clusterName, { ...istio('a', 'm'), ...istio('b', 'm') }).length, 1)
  assert.deepEqual(checkTexts(clusterName, { ...istio('a', 'm'), ...istio('b', 'other') }), [])
})

test('two contexts that join Submariner with one id', () => {
  const join = (id: string, context: string) => `subctl join broker-info.subm --clusterid ${id} --context ${context}\n`
  assert.deepEqual(checkTexts(clusterName, { 'join.sh': join('prod', 'a') + join('prod', 'b') }), [
    'error join.sh:2:30 b and a both join as prod',
  ])
  const page = (context: string) => `\`\`\`bash\n${join('prod', context)}\`\`\`\n`
  assert.deepEqual(checkTexts(clusterName, { 'aws.md': page('a'), 'gcp.md': page('b') }), [])
  assert.deepEqual(checkTexts(clusterName, { 'aws.md': page('a') + page('b') }), ['error aws.md:5:30 b and a both join as prod'])
  assert.deepEqual(checkTexts(clusterName, { 'join.sh': join('prod', 'a') + join('prod', 'a') + join('stage', 'b') }), [])
})
