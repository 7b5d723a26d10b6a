import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { nodeCidrOverlap } from './node-cidr-overlap.js'

const fleet = (pods: string) => ({
  'a.yaml': `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: a}
spec:
  clusterNetwork:
    pods: {cidrBlocks: [${pods}]}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: AWSCluster
metadata: {name: a, labels: {cluster.x-k8s.io/cluster-name: a}}
spec:
  network:
    vpc: {cidrBlock: 10.0.0.0/16}
    subnets:
      - {cidrBlock: 10.0.1.0/24}
`,
})

test('pods within the VPC are reported once', () => {
  assert.deepEqual(checkTexts(nodeCidrOverlap, fleet('10.0.128.0/17')), [
    'error a.yaml:6:25 a has pods in 10.0.128.0/17, and nodes in 10.0.0.0/16',
  ])
})

test('pods beside the VPC are fine', () => {
  assert.deepEqual(checkTexts(nodeCidrOverlap, fleet('192.168.0.0/16')), [])
})
