import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { capiClusterMissing } from './capi-cluster-missing.js'
import { capiControlPlaneRefused } from './capi-control-plane-refused.js'
import { kubeadmApiVersion } from './kubeadm-api-version.js'
import { removedAdmissionPlugin } from './removed-admission-plugin.js'
import { removedFeatureGate } from './removed-feature-gate.js'
import { removedFlag } from './removed-flag.js'
import { versionSkew } from './version-skew.js'

const cluster = `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: payments, namespace: capi}
spec:
  controlPlaneRef: {kind: KubeadmControlPlane, name: payments}
`
const controlPlane = (version: string, more = '', replicas = 3) => `---
apiVersion: controlplane.cluster.x-k8s.io/v1beta1
kind: KubeadmControlPlane
metadata: {name: payments, namespace: capi}
spec:
  version: ${version}
  replicas: ${replicas}
${more}`
const workers = (version: string, of = 'payments') => `---
apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata: {name: payments-md, namespace: capi}
spec:
  clusterName: ${of}
  template:
    spec: {version: ${version}}
`

test('versions of nodes that do not go with their control plane', () => {
  const run = (control: string, nodes: string) =>
    checkTexts(versionSkew, { 'a.yaml': cluster + controlPlane(control) + workers(nodes) })
  assert.deepEqual(run('v1.33.1', 'v1.34.0'), [
    'error a.yaml:20:21 nodes of Cluster capi/payments are of v1.34.0, newer than the control plane (v1.33.1)',
  ])
  assert.deepEqual(run('v1.33.1', 'v1.29.4'), [
    'error a.yaml:20:21 nodes of Cluster capi/payments are of v1.29.4, 4 minor versions behind the control plane (v1.33.1)',
  ])
  for (const nodes of ['v1.33.5', 'v1.30.0', '"${VERSION}"']) assert.deepEqual(run('v1.33.1', nodes), [])
  const kind = (worker: string) =>
    `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n  - {role: control-plane, image: "kindest/node:v1.33.1"}\n  - {role: worker, image: "kindest/node:${worker}"}\n`
  assert.deepEqual(checkTexts(versionSkew, { 'kind.yaml': kind('v1.34.0') }).length, 1)
  assert.deepEqual(checkTexts(versionSkew, { 'kind.yaml': kind('v1.32.0') }), [])
})

test('clusters and classes that are mistyped, and machines of two clusters', () => {
  const run = (...texts: string[]) => checkTexts(capiClusterMissing, { 'a.yaml': texts.join('') })
  assert.deepEqual(run(cluster, workers('v1.33.1', 'paymetns')), [
    'error a.yaml:11:16 MachineDeployment capi/payments-md names the Cluster paymetns, which is not there: did you mean payments?',
  ])
  assert.deepEqual(run(cluster, workers('v1.33.1').replace('{version: v1.33.1}', '{clusterName: other}')).length, 1)
  assert.deepEqual(run(cluster, workers('v1.33.1')), [])
  assert.deepEqual(run(cluster, workers('v1.33.1', 'another-one')), [])
})

test('the size of a control plane', () => {
  const run = (replicas: number, more = '') =>
    checkTexts(capiControlPlaneRefused, { 'a.yaml': controlPlane('v1.33.1', more, replicas) })
  assert.deepEqual(run(2), [
    'error a.yaml:7:13 KubeadmControlPlane capi/payments has 2 replicas: with stacked etcd it has to be an odd number',
  ])
  assert.deepEqual(run(3), [])
  const external = '  kubeadmConfigSpec: {clusterConfiguration: {etcd: {external: {endpoints: [https://a]}}}}\n'
  assert.deepEqual(run(2, external), [])
})

test('versions of the configuration of kubeadm', () => {
  const run = (version: string, kubernetes: string, args: string) =>
    checkTexts(kubeadmApiVersion, {
      'a.yaml': `apiVersion: kubeadm.k8s.io/${version}\nkind: ClusterConfiguration\nkubernetesVersion: ${kubernetes}\napiServer:\n  extraArgs: ${args}\n`,
    })
  assert.deepEqual(run('v1beta2', 'v1.33.0', '{a: b}'), [
    'error a.yaml:1:13 ClusterConfiguration is v1beta2, which kubeadm does not read from 1.27 on; this is for 1.33',
  ])
  assert.deepEqual(run('v1beta4', 'v1.30.0', '[{name: a, value: b}]'), [
    'error a.yaml:1:13 ClusterConfiguration is v1beta4, which kubeadm reads from 1.31 on; this is for 1.30',
  ])
  assert.deepEqual(run('v1beta4', 'v1.33.0', '{a: b}'), [
    'error a.yaml:5:3 apiServer.extraArgs is a map: v1beta4 has a list of name and value',
  ])
  assert.deepEqual(run('v1beta4', 'v1.33.0', '[{name: a, value: b}]'), [])
  assert.deepEqual(run('v1beta3', 'v1.33.0', '{a: b}'), [])
})

test('feature gates, admission plugins and flags that are gone', () => {
  const args = (text: string) => `  kubeadmConfigSpec: {clusterConfiguration: {apiServer: {extraArgs: {${text}}}}}\n`
  const run = (version: string, text: string) =>
    checkTexts([removedFeatureGate, removedAdmissionPlugin], { 'a.yaml': controlPlane(version, args(text)) })
  assert.deepEqual(run('v1.33.1', 'feature-gates: "TTLAfterFinished=true,SizeMemoryBackedVolumes=true"'), [
    'error a.yaml:8:70 kube-apiserver has no feature gate TTLAfterFinished, and this is for 1.33',
  ])
  assert.deepEqual(run('v1.24.1', 'feature-gates: TTLAfterFinished=true'), [])
  assert.deepEqual(run('v1.25.0', 'enable-admission-plugins: "NodeRestriction,PodSecurityPolicy"'), [
    'error a.yaml:8:70 kube-apiserver has no admission plugin PodSecurityPolicy from Kubernetes 1.25 on; this is for 1.25',
  ])
  assert.deepEqual(run('v1.33.0', 'enable-admission-plugins: NodeRestriction'), [])
  const pod = (version: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver, namespace: kube-system}\nspec:\n  containers:\n    - name: kube-apiserver\n      image: registry.k8s.io/kube-apiserver:${version}\n      command: [kube-apiserver, --cloud-provider=external, --secure-port=6443]\n`
  assert.deepEqual(checkTexts(removedFlag, { 'kube-apiserver.yaml': pod('v1.33.2') }), [
    'error kube-apiserver.yaml:8:33 kube-apiserver has no --cloud-provider from Kubernetes 1.33 on; this is for 1.33',
  ])
  assert.deepEqual(checkTexts(removedFlag, { 'kube-apiserver.yaml': pod('v1.31.2') }).length, 1)
})
