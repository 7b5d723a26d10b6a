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
