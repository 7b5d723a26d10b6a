import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { schemaChecks } from './index.generated.js'

const run = (texts: Record<string, string>) => checkTexts(schemaChecks, texts)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
  annotations:
    version: "2"
spec:
  replicas: 3
  selector:
    matchLabels: {app: a}
  template:
    metadata:
      labels: {app: a}
    spec:
      containers:
        - name: a
          image: example.com/a:1
          ports: [{containerPort: 8080}]
`

test('an object as it should be', () => {
  assert.deepEqual(run({ 'a.yaml': deployment }), [])
})

test('fields that are not there, with what was meant', () => {
  assert.deepEqual(run({ 'a.yaml': deployment.replace('containerPort', 'containerport').replace('replicas', 'replica') }), [
    'error a.yaml:8:3 Deployment a: unknown field spec.replica: did you mean replicas?',
    'error a.yaml:18:20 Deployment a: unknown field spec.template.spec.containers[0].ports[0].containerport: did you mean containerPort?',
  ])
})

test('values of another type', () => {
  assert.deepEqual(run({ 'a.yaml': deployment.replace('"2"', '2') }), [
    'error a.yaml:6:14 Deployment a: metadata.annotations.version must be text, and is the number 2',
  ])
})

test('what is filled in before it is applied', () => {
  for (const [from, to] of [
    ['replicas: 3', 'replicas: ${REPLICAS}'],
    ['image: example.com/a:1', 'image: "{{ .image }}"'],
    ['  name: a', '  name: ${NAME}'],
    ['containerPort: 8080', 'containerPort: "$(PORT)"'],
  ] as const)
    assert.deepEqual(run({ 'a.yaml': deployment.replace(from, to) }), [], to)
})

test('what is a part or a patch of something, encrypted, or printed by a cluster', () => {
  const part = deployment.replace(/ {2}selector:\n.*\n/, '')
  const wrong = ['error base/a.yaml:7:1 Deployment a: spec.selector is required']
  assert.deepEqual(run({ 'base/a.yaml': part }), wrong)
  assert.deepEqual(run({ 'base/a.yaml': part, 'base/kustomization.yaml': 'resources: []\n' }), [])
  assert.deepEqual(run({ 'base/a-patch.yaml': part }), [])
  assert.deepEqual(run({ 'base/a.yaml': part.replace('name: a\n', 'name: a\n  uid: 1-2\n') }), [])
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: "ENC[AES256_GCM,data:x]"}\n'
  assert.equal(run({ 'a.yaml': secret }).length, 1)
  assert.deepEqual(run({ 'a.yaml': `${secret}sops: {version: 3.9.0}\n` }), [])
})

test('what an API server refuses', () => {
  assert.deepEqual(run({ 'a.yaml': deployment.replace('labels: {app: a}', 'labels: {app: b}') }).length, 1)
  assert.deepEqual(run({ 'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  selector: {app: a}\n' }), [
    'error a.yaml:5:1 Service a: spec.ports is required',
  ])
})

test('Secrets keep what they hold', () => {
  const [found] = run({ 'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  password: hunter2!\n' })
  assert.match(found!, /^error a\.yaml:5:3 |^error a\.yaml:\d+:\d+ Secret a: /)
  assert.doesNotMatch(found!, /hunter2/)
})

test('kinds of this program, and of definitions among the inputs', () => {
  const application = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: a, namespace: argocd}
spec:
  project: default
  destinations: {name: in-cluster, namespace: a}
  source: {repoURL: https://example.com/a.git, path: a}
`
  const found = run({ 'a.yaml': application })
  assert.ok(
    found.includes('error a.yaml:6:3 Application argocd/a: unknown field spec.destinations: did you mean destination?'),
    found.join('\n'),
  )
  const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, singular: thing, kind: Thing, listKind: ThingList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, required: [size], properties: {size: {type: integer}}}}
`
  const thing = 'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {size: large}\n'
  assert.equal(run({ 'crd.yaml': definition, 'a.yaml': thing }).length, 1)
  assert.deepEqual(run({ 'crd.yaml': definition, 'a.yaml': thing.replace('large', '3') }), [])
  assert.deepEqual(run({ 'a.yaml': thing }), [])
  const empty = thing.replace('{size: large}', '{}')
  assert.deepEqual(run({ 'crd.yaml': definition, 'a.yaml': empty }), ['warning a.yaml:4:1 Thing a: spec.size is required'])
  // An operator that fills in what is required.
  const webhook =
    'apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: a}\nwebhooks: [{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {url: "https://a.example.com"}, rules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [things]}]}]\n'
  assert.deepEqual(run({ 'crd.yaml': definition, 'a.yaml': empty, 'w.yaml': webhook }), [])
})

test('API versions that are gone, by the version of the cluster', () => {
  const cronJob = 'apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\nspec: {}\n'
  assert.deepEqual(run({ 'a.yaml': cronJob }), [
    'error a.yaml:1:13 batch/v1beta1 CronJob is not served from Kubernetes 1.25 on: use batch/v1',
  ])
  assert.deepEqual(run({ 'a.yaml': cronJob, 'flotilla.yaml': 'kubernetesVersion: "1.24"\n' }), [
    'warning a.yaml:1:13 batch/v1beta1 CronJob is not served from Kubernetes 1.25 on: use batch/v1',
  ])
  // There is no other version yet.
  assert.deepEqual(run({ 'a.yaml': cronJob, 'flotilla.yaml': 'kubernetesVersion: "1.20"\n' }), [])
})

test('kinds that are not there', () => {
  assert.deepEqual(run({ 'a.yaml': deployment.replace('apps/v1', 'v1') }), [
    'error a.yaml:1:13 v1 has no kind Deployment: it is of apps/v1',
  ])
  assert.deepEqual(run({ 'a.yaml': deployment.replace('kind: Deployment', 'kind: Deploymnet') }), [
    'error a.yaml:2:7 apps/v1 has no kind Deploymnet: did you mean Deployment?',
  ])
  assert.deepEqual(run({ 'a.yaml': 'kind: Service\nmetadata: {name: a}\n' }), ['error a.yaml:1:1 a has no apiVersion'])
})

test('objects inside of others', () => {
  const federated = `apiVersion: types.kubefed.io/v1beta1
kind: FederatedService
metadata: {name: a, namespace: a}
spec:
  template:
    spec:
      selecter: {app: a}
      ports: [{port: 80}]
  placement: {clusters: [{name: one}]}
`
  assert.deepEqual(run({ 'a.yaml': federated }), [
    'error a.yaml:7:7 FederatedService a/a: spec.template: unknown field spec.selecter: did you mean selector?',
  ])
  assert.deepEqual(run({ 'a.yaml': federated.replace('selecter', 'selector') }), [])
  const work = (manifest: string) =>
    `apiVersion: work.karmada.io/v1alpha1\nkind: Work\nmetadata: {name: a, namespace: a}\nspec:\n  workload:\n    manifests:\n      - ${manifest}\n`
  assert.equal(run({ 'a.yaml': work('{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, dat: {a: b}}') }).length, 1)
  assert.deepEqual(run({ 'a.yaml': work('{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: b}}') }), [])
})

test('kinds of tools that are mistyped', () => {
  const text = (kind: string) => `apiVersion: argoproj.io/v1alpha1\nkind: ${kind}\nmetadata: {name: a}\n`
  assert.deepEqual(run({ 'a.yaml': text('Aplicationset') }), [
    'error a.yaml:2:7 argoproj.io/v1alpha1 has no kind Aplicationset: did you mean ApplicationSet?',
  ])
  assert.deepEqual(run({ 'a.yaml': text('Workflow') }), [])
})
