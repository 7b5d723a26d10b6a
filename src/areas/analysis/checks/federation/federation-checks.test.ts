import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { federationChecks } from './index.generated.js'

const run = (texts: Record<string, string>) => checkTexts(federationChecks, texts)

test('calls: commands and flags that are not there', () => {
  const script = `kubefedctl init --host-cluster-context=kind-hub
kubefedctl join east --cluster-context=east
kubefedctl version
liqoctl install --context a
liqoctl install kind --context a
liqoctl install --api-server-url https://x --pod-cidr 10.0.0.0/16 --service-cidr 10.1.0.0/16
`
  assert.deepEqual(run({ 'a.sh': script }), [
    'error a.sh:1:1 kubefedctl has no command init',
    'error a.sh:4:1 liqoctl install names no provider, and gives no API server and ranges',
  ])
})

test('what a manual leaves to its reader is given', () => {
  const page = [
    '```bash',
    'liqoctl install <provider> --version <commit-sha>',
    'liqoctl install ... --set a=b',
    'liqoctl install',
    '```',
  ]
  assert.deepEqual(run({ 'a.md': page.join('\n') }), [
    'error a.md:4:1 liqoctl install names no provider, and gives no API server and ranges',
  ])
})

test('a context of kind for a cluster of Cluster API', () => {
  const cluster = 'apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {name: work-1}\nspec: {}\n'
  const join = 'for i in 1 2; do\n  kubefedctl join work-$i --cluster-context=kind-work-$i\ndone\n'
  assert.deepEqual(run({ 'a.yaml': cluster, 'b.sh': join }), [
    'error b.sh:2:27 kind-work-$i is no context of work-1, which Cluster API makes: that is work-1-admin@work-1',
  ])
  assert.deepEqual(run({ 'b.sh': join }), [])
  assert.deepEqual(
    run({
      'a.yaml': cluster,
      'b.sh': 'kind create cluster --name work-1\nkubefedctl join work-1 --cluster-context kind-work-1\n',
    }),
    [],
  )
})

const federated = (kind: string, spec: string, namespace = 'app', name = 'app') =>
  `apiVersion: types.kubefed.io/v1beta1\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\nspec:\n${spec}`

test('a FederatedNamespace elsewhere', () => {
  const placement = '  placement: {clusters: [{name: east}]}\n'
  assert.deepEqual(run({ 'a.yaml': federated('FederatedNamespace', placement, 'kube-federation-system') }), [
    'error a.yaml:5:14 FederatedNamespace app lies in kube-federation-system; nothing here makes the namespace app on the host either',
  ])
  assert.deepEqual(run({ 'a.yaml': federated('FederatedNamespace', placement) }), [])
})

test('clusters that have not joined, overrides that are not used', () => {
  const inventory = 'apiVersion: core.kubefed.io/v1beta1\nkind: KubeFedCluster\nmetadata: {name: us-east}\n'
  const spec = `  placement:
    clusters:
      - name: us-esat
  overrides:
    - clusterName: us-east
      clusterOverrides: [{path: /spec/replicas, value: 5}]
`
  assert.deepEqual(run({ 'a.yaml': federated('FederatedDeployment', spec), 'c.yaml': inventory }), [
    'error a.yaml:9:15 FederatedDeployment app/app names the cluster us-esat, which has not joined: did you mean us-east?',
    'warning a.yaml:11:20 FederatedDeployment app/app overrides fields for us-east, on which it is not placed',
  ])
  const right = spec.replace('us-esat', 'us-east')
  assert.deepEqual(run({ 'a.yaml': federated('FederatedDeployment', right), 'c.yaml': inventory }), [])
  assert.deepEqual(run({ 'a.yaml': federated('FederatedDeployment', right.replaceAll('us-east', 'other')) }), [])
})

test('an export on the host of a Service on the members', () => {
  const serviceExport = 'apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata: {name: app, namespace: app}\n'
  const service = federated('FederatedService', '  placement: {clusters: []}\n')
  assert.deepEqual(run({ 'a.yaml': serviceExport, 'b.yaml': service }), [
    'warning a.yaml:2:7 ServiceExport app has no Service beside it: the Service is made on the members only',
  ])
  assert.deepEqual(run({ 'a.yaml': serviceExport }), [])
})

test('a misplaced FederatedNamespace that a hub has taken as it is meant is a warning there', () => {
  const misplaced = federated('FederatedNamespace', '  placement: {clusters: []}\n', 'kube-federation-system')
  assert.deepEqual(run({ 'a.yaml': misplaced }), [
    'error a.yaml:5:14 FederatedNamespace app lies in kube-federation-system; nothing here makes the namespace app on the host either',
  ])
  assert.deepEqual(run({ 'a.yaml': `${misplaced}status: {conditions: [{type: Repaired, status: "True"}]}\n` }), [
    'warning a.yaml:5:14 FederatedNamespace app lies in kube-federation-system, which this hub takes as it is meant, and KubeFed would not',
  ])
})
