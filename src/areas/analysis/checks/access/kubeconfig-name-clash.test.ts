import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { kubeconfigNameClash } from './kubeconfig-name-clash.js'

const kubeconfig = (context: string, user: string, token: string) => `apiVersion: v1
kind: Config
clusters:
  - {name: ${context}, cluster: {server: "https://${context}"}}
users:
  - {name: ${user}, user: {token: ${token}}}
contexts:
  - {name: ${context}, context: {cluster: ${context}, user: ${user}}}
`

test('two users of one name', () => {
  assert.deepEqual(
    checkTexts(kubeconfigNameClash, { 'a.yaml': kubeconfig('a', 'admin', 'x'), 'b.yaml': kubeconfig('b', 'admin', 'y') }),
    ['warning b.yaml:6:12 the user admin is another one in a.yaml'],
  )
})

test('the same user twice, and users of two names', () => {
  assert.deepEqual(
    checkTexts(kubeconfigNameClash, { 'a.yaml': kubeconfig('a', 'admin', 'x'), 'b.yaml': kubeconfig('b', 'admin', 'x') }),
    [],
  )
  assert.deepEqual(
    checkTexts(kubeconfigNameClash, { 'a.yaml': kubeconfig('a', 'a', 'x'), 'b.yaml': kubeconfig('b', 'b', 'y') }),
    [],
  )
})
