import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumRemovedValue } from './cilium-removed-value.js'

test('the old way to say how packets travel is reported', () => {
  assert.deepEqual(
    checkTexts(ciliumRemovedValue, {
      'clusters/a/cilium-values.yaml': 'cluster: {name: a, id: 1}\nipam: {mode: kubernetes}\ntunnel: disabled\n',
    }),
    ['warning clusters/a/cilium-values.yaml:3:1 tunnel is not read from chart 1.15 on'],
  )
})

test('a chart that still reads it is not', () => {
  const release = (version: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium, namespace: kube-system}
spec:
  chart: {spec: {chart: cilium, version: ${version}}}
  values: {tunnel: disabled, cluster: {name: a, id: 1}}
`
  assert.deepEqual(checkTexts(ciliumRemovedValue, { 'a.yaml': release('1.13.4') }), [])
  assert.equal(checkTexts(ciliumRemovedValue, { 'a.yaml': release('1.16.0') }).length, 1)
})
