import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../check-texts.js'
import { schemaChecks } from '../checks/schema/index.generated.js'

const application = (metadata: string) =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\n${metadata}spec:\n  project: default\n  source: {repoURL: "https://git.example.com/a.git", path: a}\n  destination: {name: a, namespace: a}\n`

test('metadata that is misspelled is one mistake, and none at all is a file of a tool’s own', () => {
  assert.deepEqual(checkTexts(schemaChecks, { 'a.yaml': application('metdata:\n  name: a\n') }), [
    'error a.yaml:3:1 Application (without a name): unknown field metdata: did you mean metadata?',
  ])
  assert.deepEqual(checkTexts(schemaChecks, { 'a.yaml': application('') }), [])
})

test('what a shell fills in is not judged, nor what is defaulted from it; nor files of the API server itself', () => {
  const script =
    'kubectl apply -f - <<EOF\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${NAMESPACE}\n  labels: {app: a}\nEOF\n'
  assert.deepEqual(checkTexts(schemaChecks, { 'a.sh': script }), [])
  const file = 'apiVersion: v1\nkind: EncryptionConfig\nresources: []\n'
  assert.deepEqual(checkTexts(schemaChecks, { 'a.yaml': file }), [])
})

test('what names of placeholders make of an object, placeholders in brackets, backslashes for the shell', () => {
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ($namespace)\n  labels: {app: a}\n'
  const binding = (name: string) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects:\n  - {kind: User, apiGroup: rbac.authorization.k8s.io, name: ${name}}\n`
  assert.deepEqual(checkTexts(schemaChecks, { 'a.yaml': namespace, 'b.yaml': binding('[YOUR-CLUSTER-ID]') }), [])
  assert.deepEqual(checkTexts(schemaChecks, { 'b.yaml': binding('[a]') }), [
    'error b.yaml:6:61 RoleBinding a: subjects[0].name must be text, and is a list',
  ])
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {path: "/books/\\\\\\d+.json"}\n'
  assert.deepEqual(checkTexts(schemaChecks, { 'a.sh': `kubectl apply -f - <<EOF\n${map}EOF\n` }), [])
})

test('tokens of a projected volume: pods are given the account `default`, and templates are not asked', () => {
  const spec =
    'containers: [{name: a, image: "a:1"}], volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t}}]}}]'
  const pod = `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {${spec}}\n`
  const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {${spec}}}}\n`
  assert.deepEqual(checkTexts(schemaChecks, { 'a.yaml': pod, 'b.yaml': deployment }), [])
})
