import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { globalnetRange } from './globalnet-range.js'

const broker = (more: string) => `apiVersion: submariner.io/v1alpha1
kind: Broker
metadata: {name: b, namespace: submariner-k8s-broker}
spec:
  globalnetEnabled: true
${more}`
const joined = (count: number) =>
  Array.from({ length: count }, (_, index) => `subctl join broker-info.subm --clusterid c${index}\n`).join('')

test('a range that a cluster uses is reported', () => {
  const cluster = `apiVersion: submariner.io/v1
kind: Cluster
metadata: {name: a}
spec: {cluster_id: a, cluster_cidr: [10.0.0.0/16], service_cidr: [10.96.0.0/16]}
`
  assert.deepEqual(checkTexts(globalnetRange, { 'b.yaml': broker('  globalnetCIDRRange: 10.0.0.0/8\n'), 'c.yaml': cluster }), [
    'error b.yaml:6:23 the range of Globalnet, 10.0.0.0/8, overlaps 10.0.0.0/16 of a',
    'error b.yaml:6:23 the range of Globalnet, 10.0.0.0/8, overlaps 10.96.0.0/16 of a',
  ])
})

test('a range that is too small is reported', () => {
  const small = '  globalnetCIDRRange: 242.0.0.0/16\n  defaultGlobalnetClusterSize: 16384\n'
  assert.deepEqual(checkTexts(globalnetRange, { 'b.yaml': broker(small), 'join.sh': joined(5) }), [
    'error b.yaml:6:23 5 clusters with 16384 addresses each do not fit into 242.0.0.0/16',
  ])
  assert.deepEqual(checkTexts(globalnetRange, { 'b.yaml': broker('  globalnetCIDRRange: 242.0.0.0/16\n') }), [
    'error b.yaml:6:23 a cluster gets 65536 addresses, which is more than half of 242.0.0.0/16',
  ])
})

test('the usual range is fine, but not beside Calico', () => {
  assert.deepEqual(checkTexts(globalnetRange, { 'b.yaml': broker(''), 'join.sh': joined(5) }), [])
  const pool = 'apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: p}\nspec: {cidr: 192.168.0.0/16}\n'
  assert.deepEqual(checkTexts(globalnetRange, { 'b.yaml': broker(''), 'pool.yaml': pool }), [
    'error b.yaml:5:21 the range of Globalnet, 242.0.0.0/8, is the one that Calico keeps for itself',
  ])
})

test('ranges of single clusters must not meet, nor what any cluster uses', () => {
  const cluster = (name: string, global: string) =>
    `apiVersion: submariner.io/v1\nkind: Cluster\nmetadata: {name: ${name}}\nspec: {cluster_id: ${name}, cluster_cidr: [10.0.0.0/16], global_cidr: [${global}]}\n`
  const fleet = (global: string) => ({ 'a.yaml': cluster('a', '242.0.0.0/16'), 'b.yaml': cluster('b', global) })
  assert.deepEqual(checkTexts(globalnetRange, fleet('242.0.0.0/17')), [
    'error b.yaml:4:65 the global range of b, 242.0.0.0/17, overlaps 242.0.0.0/16 of a',
  ])
  assert.equal(checkTexts(globalnetRange, fleet('10.0.128.0/24')).length, 2)
  assert.deepEqual(checkTexts(globalnetRange, fleet('242.1.0.0/16')), [])
})
