import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { lifecycleChecks } from './index.generated.js'

const run = (texts: Record<string, string>) => checkTexts(lifecycleChecks, texts)
const document = (apiVersion: string, kind: string, name: string, spec: string) =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: capi}\nspec:\n${spec}`

const reference = (kind: string, name: string, group = 'infrastructure') =>
  `{apiVersion: ${group}.cluster.x-k8s.io/v1beta1, kind: ${kind}, name: ${name}}`
const cluster = document(
  'cluster.x-k8s.io/v1beta1',
  'Cluster',
  'a',
  `  controlPlaneRef: ${reference('KubeadmControlPlane', 'a-cp', 'controlplane')}\n  infrastructureRef: ${reference('AWSCluster', 'a')}\n`,
)
const controlPlane = (version = 'v1.33.1', args = '{}') =>
  document(
    'controlplane.cluster.x-k8s.io/v1beta1',
    'KubeadmControlPlane',
    'a-cp',
    `  version: ${version}
  machineTemplate:
    infrastructureRef: ${reference('AWSMachineTemplate', 'a-cp')}
  kubeadmConfigSpec:
    clusterConfiguration:
      apiServer:
        extraArgs: ${args}
`,
  )
const awsCluster = (subnets = '      - {id: a, isPublic: true}\n') =>
  document('infrastructure.cluster.x-k8s.io/v1beta2', 'AWSCluster', 'a', `  network:\n    subnets:\n${subnets}`)
const machines = document('infrastructure.cluster.x-k8s.io/v1beta2', 'AWSMachineTemplate', 'a-cp', '  template: {}\n')
const bundle = (...documents: string[]) => ({ 'a.yaml': documents.join('---\n') })

test('a bundle as it should be, and a lone cluster', () => {
  assert.deepEqual(run(bundle(cluster, controlPlane(), awsCluster(), machines)), [])
  assert.deepEqual(run(bundle(cluster)), [])
})

test('references that lead nowhere', () => {
  assert.deepEqual(run(bundle(cluster, controlPlane(), awsCluster())), [
    'error a.yaml:14:110 KubeadmControlPlane capi/a-cp refers to AWSMachineTemplate a-cp, which is not defined here',
  ])
})

test('references without a group', () => {
  assert.deepEqual(run(bundle(cluster.replace('apiVersion: infrastructure.cluster.x-k8s.io/v1beta1, ', ''))), [
    'warning a.yaml:6:3 spec.infrastructureRef of Cluster capi/a has neither apiVersion nor apiGroup',
  ])
})

test('the field of v1alpha3', () => {
  const old = controlPlane().replace(/ {2}machineTemplate:\n {4}infrastructureRef:/, '  infrastructureTemplate:')
  assert.deepEqual(run(bundle(old)), [
    'error a.yaml:6:3 KubeadmControlPlane capi/a-cp has spec.infrastructureTemplate, which controlplane.cluster.x-k8s.io/v1beta1 does not',
  ])
})

test('flags that are gone, and those that will be', () => {
  assert.deepEqual(run(bundle(controlPlane('v1.33.1', '{cloud-provider: external}'))), [
    'error a.yaml:11:21 kube-apiserver has no --cloud-provider from Kubernetes 1.33 on; this is for 1.33',
  ])
  assert.deepEqual(run(bundle(controlPlane('v1.32.4', '{cloud-provider: external}'))), [
    'warning a.yaml:11:21 kube-apiserver has no --cloud-provider from Kubernetes 1.33 on; this is for 1.32',
  ])
  assert.deepEqual(run(bundle(controlPlane('v1.33.1', '{audit-log-path: /var/log/a}'))), [])
})

test('versions that nobody tests', () => {
  assert.deepEqual(run(bundle(controlPlane('v1.27.0'))), [
    'warning a.yaml:5:12 KubeadmControlPlane capi/a-cp is for v1.27.0, Cluster API supports 1.31 to 1.36',
  ])
})

test('subnets of AWS', () => {
  assert.deepEqual(run(bundle(awsCluster('      - {id: a, isPublic: false}\n'))), [
    'error a.yaml:6:5 none of the 1 subnets of AWSCluster capi/a is public',
  ])
  assert.deepEqual(run(bundle(awsCluster('      - {id: a, isPublic: true}\n      - {isPublic: false}\n'))), [
    'error a.yaml:8:9 1 of the subnets of AWSCluster capi/a has no id',
  ])
})

test('kinds of the Docker provider', () => {
  const old = document('infrastructure.cluster.x-k8s.io/v1beta1', 'DockerMachineTemplate', 'a', '  template: {}\n')
  assert.deepEqual(run(bundle(old, old.replace('name: a', 'name: b'))), [
    'note a.yaml:2:7 2 objects are of kinds that end with Cluster API 1.14',
  ])
})

test('what clusterctl init needs', () => {
  const kind = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n'
  assert.deepEqual(run({ 'a.sh': 'clusterctl init --infrastructure=aws,docker\n', 'kind.yaml': kind }), [
    'warning a.sh:1:17 AWS_B64ENCODED_CREDENTIALS is not set for --infrastructure=aws',
    'error kind.yaml:3:1 no node of this kind cluster mounts /var/run/docker.sock, which clusterctl init --infrastructure=docker needs',
  ])
  const mounted = `${kind}  extraMounts:\n  - {hostPath: /var/run/docker.sock, containerPath: /var/run/docker.sock}\n`
  const script =
    'export AWS_B64ENCODED_CREDENTIALS=$(clusterawsadm bootstrap credentials encode-as-profile)\nclusterctl init --infrastructure aws,docker\n'
  assert.deepEqual(run({ 'a.sh': script, 'kind.yaml': mounted }), [])
  assert.deepEqual(run({ 'kind.yaml': kind }), [])
  assert.deepEqual(run({ 'page.md': '```bash\nclusterctl init --infrastructure aws\n```\n' }), [])
})

test('labels of controllers', () => {
  assert.deepEqual(run({ 'a.sh': 'kubectl logs -n capi-system -l app=cluster-api-controller\n' }), [
    'error a.sh:1:32 no pod in capi-system has app=cluster-api-controller: they have cluster.x-k8s.io/provider=cluster-api',
  ])
  assert.deepEqual(
    run({ 'a.sh': 'kubectl logs -n capi-system -l cluster.x-k8s.io/provider=cluster-api\nkubectl logs -n shop -l app=shop\n' }),
    [],
  )
})
