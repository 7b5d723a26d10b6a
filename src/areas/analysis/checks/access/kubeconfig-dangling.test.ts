import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { kubeconfigDangling } from './kubeconfig-dangling.js'

const file = (cluster: string, user: string, current: string) => `apiVersion: v1
kind: Config
clusters: [{name: prod, cluster: {server: "https://a.example"}}]
users: [{name: admin, user: {token: x}}]
contexts: [{name: prod, context: {cluster: ${cluster}, user: ${user}}}]
current-context: ${current}
`

test('names that the file does not have', () => {
  assert.deepEqual(checkTexts(kubeconfigDangling, { 'a.yaml': file('prdo', 'root', 'stage') }), [
    'error a.yaml:5:44 the context prod has the cluster prdo, which is not in the file: did you mean prod?',
    'error a.yaml:5:56 the context prod has the user root, which is not in the file',
    'warning a.yaml:6:18 the current context stage is not in the file',
  ])
})

test('names that it has, and files that may be merged with others', () => {
  assert.deepEqual(checkTexts(kubeconfigDangling, { 'a.yaml': file('prod', 'admin', 'prod') }), [])
  assert.deepEqual(
    checkTexts(kubeconfigDangling, { 'a.yaml': file('prdo', 'admin', 'prod'), 'b.yaml': file('prod', 'admin', 'prod') }),
    [],
  )
})
