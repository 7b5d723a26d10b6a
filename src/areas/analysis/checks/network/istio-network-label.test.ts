import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioNetworkLabel } from './istio-network-label.js'

const fleet = (labels: string, other = 'n2') => ({
  'clusters/a/istio-values.yaml': 'global: {meshID: m, multiCluster: {clusterName: a}, network: n1}\nmeshConfig: {}\n',
  'clusters/a/namespace.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system${labels}}\n`,
  'clusters/b/istio-values.yaml': `global: {meshID: m, multiCluster: {clusterName: b}, network: ${other}}\nmeshConfig: {}\n`,
})

test('a namespace without the label, or with another network, is reported', () => {
  assert.deepEqual(checkTexts(istioNetworkLabel, fleet('')), [
    'warning clusters/a/namespace.yaml:3:18 Namespace istio-system of a lacks the label topology.istio.io/network: n1',
  ])
  assert.deepEqual(checkTexts(istioNetworkLabel, fleet(', labels: {topology.istio.io/network: n2}')), [
    'error clusters/a/namespace.yaml:3:68 a is in the network n2 by the label of Namespace istio-system, and in n1 by its values',
  ])
})

test('the label, one network for all, and a namespace that is not given are fine', () => {
  assert.deepEqual(checkTexts(istioNetworkLabel, fleet(', labels: {topology.istio.io/network: n1}')), [])
  assert.deepEqual(checkTexts(istioNetworkLabel, fleet('', 'n1')), [])
  const { 'clusters/a/namespace.yaml': _, ...without } = fleet('')
  assert.deepEqual(checkTexts(istioNetworkLabel, without), [])
})
