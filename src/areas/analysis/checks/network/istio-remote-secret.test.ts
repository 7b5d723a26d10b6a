import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioRemoteSecret } from './istio-remote-secret.js'

const secret = (name: string, key: string, label = 'istio/multiCluster: "true"', namespace = 'istio-system') => `apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: ${namespace}, labels: {${label}}}
stringData: {${key}: x}
`

test('a secret without the label, in another namespace, or given twice is reported', () => {
  assert.deepEqual(checkTexts(istioRemoteSecret, { 'a.yaml': secret('istio-remote-secret-b', 'b', 'a: b') }), [
    'error a.yaml:3:11 Secret istio-system/istio-remote-secret-b lacks the label istio/multiCluster: "true": istiod does not read it',
  ])
  assert.equal(checkTexts(istioRemoteSecret, { 'a.yaml': secret('istio-remote-secret-b', 'b', undefined, 'default') }).length, 1)
  assert.deepEqual(
    checkTexts(istioRemoteSecret, { 'clusters/a/a.yaml': secret('one', 'b'), 'clusters/a/b.yaml': secret('two', 'b') }),
    [
      'error clusters/a/b.yaml:4:14 the cluster b stands in Secret istio-system/one and in Secret istio-system/two: the later is ignored',
    ],
  )
})

test('a name that is not the cluster’s own is reported', () => {
  const values = 'global: {meshID: m, multiCluster: {clusterName: east-1}, network: n}\nmeshConfig: {}\n'
  const fleet = (key: string) => ({ 'clusters/east/istio-values.yaml': values, 'clusters/west/s.yaml': secret('s', key) })
  assert.deepEqual(checkTexts(istioRemoteSecret, fleet('east')), [
    'error clusters/west/s.yaml:4:14 Secret istio-system/s calls the cluster east, which calls itself east-1',
  ])
  assert.deepEqual(checkTexts(istioRemoteSecret, fleet('east-1')), [])
})
