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
