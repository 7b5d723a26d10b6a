import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioPlainAcrossNetworks } from './istio-plain-across-networks.js'

const cluster = (name: string, other: string, network: string) => ({
  [`clusters/${name}/istio-values.yaml`]: `global: {meshID: m, multiCluster: {clusterName: ${name}}, network: ${network}}\nmeshConfig: {}\n`,
  [`clusters/${name}/secret.yaml`]: `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: istio-system, labels: {istio/multiCluster: "true"}}\nstringData: {${other}: x}\n`,
})
const plain = (mode: string) => ({
  'clusters/a/p.yaml': `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: p, namespace: shop}\nspec: {mtls: {mode: ${mode}}}\n`,
})

test('no mutual TLS across networks is reported', () => {
  const fleet = { ...cluster('a', 'b', 'n1'), ...cluster('b', 'a', 'n2') }
  assert.deepEqual(checkTexts(istioPlainAcrossNetworks, { ...fleet, ...plain('DISABLE') }), [
    'warning clusters/a/p.yaml:4:21 PeerAuthentication shop/p turns mutual TLS off in a mesh of several networks',
  ])
  assert.deepEqual(checkTexts(istioPlainAcrossNetworks, { ...fleet, ...plain('PERMISSIVE') }), [])
})

test('in one network it is a matter of taste', () => {
  assert.deepEqual(
    checkTexts(istioPlainAcrossNetworks, { ...cluster('a', 'b', 'n1'), ...cluster('b', 'a', 'n1'), ...plain('DISABLE') }),
    [],
  )
})
