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
