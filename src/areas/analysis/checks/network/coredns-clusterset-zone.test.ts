import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { corednsClustersetZone } from './coredns-clusterset-zone.js'

const fleet = (more: string) => ({
  'clusters/a/coredns.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
        kubernetes cluster.local
        forward . /etc/resolv.conf
    }
${more}`,
  'clusters/a/export.yaml':
    'apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata: {name: api, namespace: shop}\n',
})
const lighthouse = '    clusterset.local:53 {\n        forward . 10.96.1.2\n    }\n'

test('a zone without an owner, and one with two, are reported', () => {
  assert.deepEqual(checkTexts(corednsClustersetZone, fleet('')), [
    'warning clusters/a/coredns.yaml:5:13 ConfigMap kube-system/coredns has no clusterset.local, which names of ServiceExport shop/api end in',
  ])
  assert.deepEqual(
    checkTexts(corednsClustersetZone, fleet(`${lighthouse}    other:53 {\n        multicluster clusterset.local\n    }\n`)),
    [
      'warning clusters/a/coredns.yaml:5:13 ConfigMap kube-system/coredns has both the plugin multicluster and a forward for clusterset.local',
    ],
  )
})

test('one owner is fine', () => {
  assert.deepEqual(checkTexts(corednsClustersetZone, fleet(lighthouse)), [])
})

test('a CoreDNS that does not know the plugin is reported', () => {
  const files = (tag: string) => ({
    ...fleet('    clusterset.local:53 {\n        multicluster clusterset.local\n    }\n'),
    'clusters/a/dns.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec: {template: {spec: {containers: [{name: coredns, image: "registry.k8s.io/coredns/coredns:${tag}"}]}}}
`,
  })
  assert.deepEqual(checkTexts(corednsClustersetZone, files('v1.11.3')), [
    'error clusters/a/dns.yaml:4:62 registry.k8s.io/coredns/coredns:v1.11.3 does not know the plugin multicluster, which ConfigMap kube-system/coredns uses: it does not start',
  ])
  assert.deepEqual(checkTexts(corednsClustersetZone, files('v1.12.2')), [])
})
