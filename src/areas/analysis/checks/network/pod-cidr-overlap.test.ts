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

const istio = (name: string, network: string, pods: string) => ({
  [`clusters/${name}/istio-values.yaml`]: `global: {meshID: m, multiCluster: {clusterName: ${name}}, network: ${network}}\nmeshConfig: {}\n`,
  [`clusters/${name}/kubeadm.yaml`]: `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podSubnet: ${pods}}\n`,
})

test('clusters of an Istio mesh in one network share addresses, in several they do not', () => {
  assert.deepEqual(
    checkTexts(podCidrOverlap, { ...istio('a', 'flat', '10.244.0.0/16'), ...istio('b', 'flat', '10.244.0.0/16') }),
    ['error clusters/b/kubeadm.yaml:3:25 b has pods in 10.244.0.0/16, which overlaps 10.244.0.0/16 of a'],
  )
  assert.deepEqual(
    checkTexts(podCidrOverlap, { ...istio('a', 'one', '10.244.0.0/16'), ...istio('b', 'two', '10.244.0.0/16') }),
    [],
  )
})

test('a link of Linkerd matters where it has no gateway', () => {
  const fleet = (gateway: string) => ({
    'clusters/a/link.yaml': `apiVersion: multicluster.linkerd.io/v1alpha3\nkind: Link\nmetadata: {name: b, namespace: linkerd-multicluster}\nspec: {targetClusterName: b${gateway}}\n`,
    'clusters/a/kubeadm.yaml':
      'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podSubnet: 10.244.0.0/16}\n',
    'clusters/b/kubeadm.yaml':
      'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podSubnet: 10.244.0.0/16}\n',
  })
  assert.equal(checkTexts(podCidrOverlap, fleet('')).length, 1)
  assert.deepEqual(checkTexts(podCidrOverlap, fleet(', gatewayAddress: 203.0.113.4')), [])
})

test('a pool of Calico that stands for another cluster is not this one’s', () => {
  const pool = (cidr: string, more: string) =>
    `apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: p}\nspec: {cidr: ${cidr}${more}}\n`
  const fleet = (more: string) => ({
    'join.sh': 'subctl join broker-info.subm --clusterid a\nsubctl join broker-info.subm --clusterid b\n',
    'clusters/a/own.yaml': pool('10.1.0.0/16', ''),
    'clusters/a/other.yaml': pool('10.2.0.0/16', more).replace('name: p', 'name: b'),
    'clusters/b/own.yaml': pool('10.2.0.0/16', ''),
  })
  assert.deepEqual(checkTexts(podCidrOverlap, fleet(', disabled: true')), [])
  assert.equal(checkTexts(podCidrOverlap, fleet('')).length, 1)
})
