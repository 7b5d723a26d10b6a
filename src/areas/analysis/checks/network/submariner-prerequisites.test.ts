import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { submarinerPrerequisites } from './submariner-prerequisites.js'

const fleet = (mode: string, plugins: string) => ({
  'broker.yaml': 'apiVersion: submariner.io/v1alpha1\nkind: Broker\nmetadata: {name: b}\nspec: {globalnetEnabled: true}\n',
  'join.sh': 'subctl join broker-info.subm --clusterid east\n',
  'clusters/east/kubeadm.yaml': `apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
apiServer:
  extraArgs: {enable-admission-plugins: "${plugins}"}
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ${mode}
`,
})

test('IPVS and refused external IPs are reported', () => {
  assert.deepEqual(checkTexts(submarinerPrerequisites, fleet('ipvs', 'NodeRestriction,DenyServiceExternalIPs')), [
    'warning clusters/east/kubeadm.yaml:4:41 east refuses Services with external IPs, which Globalnet makes',
    'warning clusters/east/kubeadm.yaml:8:7 kube-proxy of east runs in IPVS mode',
  ])
})

test('iptables is fine', () => {
  assert.deepEqual(checkTexts(submarinerPrerequisites, fleet('iptables', 'NodeRestriction')), [])
})

const node = (name: string, labels: string) => `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}, labels: {${labels}}}\n`
const gateway = 'submariner.io/gateway: "true"'
const nodes = (...labels: string[]) => ({
  'join.sh': 'subctl join broker-info.subm --clusterid east\n',
  'clusters/east/nodes.yaml': labels.map((each, index) => node(`n${index}`, each)).join('---\n'),
})

test('nodes without a gateway among them are reported, and one alone is worth a note', () => {
  assert.deepEqual(checkTexts(submarinerPrerequisites, nodes('', '')), [
    'warning clusters/east/nodes.yaml:3:30 no node of east has the label submariner.io/gateway: "true"',
  ])
  assert.match(checkTexts(submarinerPrerequisites, nodes(gateway, '', ''))[0] ?? '', /^note .* east has one gateway node only/)
  assert.deepEqual(checkTexts(submarinerPrerequisites, nodes(gateway, gateway, '')), [])
})

test('a pool of Calico for another cluster that translates addresses is reported', () => {
  const files = (nat: string) => ({
    'join.sh':
      'subctl join b.subm --clusterid east --clustercidr 10.1.0.0/16\nsubctl join b.subm --clusterid west --clustercidr 10.2.0.0/16\n',
    'clusters/east/pool.yaml': `apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: west}\nspec: {cidr: 10.2.0.0/16, disabled: true, natOutgoing: ${nat}}\n`,
  })
  assert.deepEqual(checkTexts(submarinerPrerequisites, files('true')), [
    'warning clusters/east/pool.yaml:4:56 IPPool west of east is for 10.2.0.0/16 of west, and translates addresses',
  ])
  assert.deepEqual(checkTexts(submarinerPrerequisites, files('false')), [])
})
