import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { podCidrOverlap } from './pod-cidr-overlap.js'

const values = (name: string, id: number, cidr: string) => `cluster:
  name: ${name}
  id: ${id}
clustermesh:
  useAPIServer: true
ipam:
  mode: cluster-pool
  operator:
    clusterPoolIPv4PodCIDRList:
      - ${cidr}
`

test('overlapping ranges of a mesh are reported at the range', () => {
  const found = checkTexts(podCidrOverlap, {
    'clusters/east/cilium-values.yaml': values('east', 1, '10.0.0.0/8'),
    'clusters/west/cilium-values.yaml': values('west', 2, '10.2.0.0/16'),
  })
  assert.deepEqual(found, [
    'error clusters/west/cilium-values.yaml:10:9 west has pods in 10.2.0.0/16, which overlaps 10.0.0.0/8 of east',
  ])
})

test('ranges that only touch are fine', () => {
  const found = checkTexts(podCidrOverlap, {
    'clusters/east/cilium-values.yaml': values('east', 1, '10.1.0.0/16'),
    'clusters/west/cilium-values.yaml': values('west', 2, '10.2.0.0/16'),
  })
  assert.deepEqual(found, [])
})

test('clusters that are not connected may have the same range', () => {
  const cluster = (name: string) => `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: ${name}}
spec: {clusterNetwork: {pods: {cidrBlocks: [192.168.0.0/16]}}}
`
  assert.deepEqual(checkTexts(podCidrOverlap, { 'a.yaml': cluster('a'), 'b.yaml': cluster('b') }), [])
})
