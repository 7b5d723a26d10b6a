import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { kubeconfigOverwritten } from './kubeconfig-overwritten.js'

const run = (line: string) => checkTexts(kubeconfigOverwritten, { 'a.sh': `${line}\n` })

test('writing over the file that is there', () => {
  assert.deepEqual(run('KUBECONFIG=~/.kube/a.yaml:~/.kube/b.yaml \\\n  kubectl config view --flatten > ~/.kube/config'), [
    'warning a.sh:2:3 ~/.kube/config is overwritten with the merged configuration',
  ])
  assert.deepEqual(run('KUBECONFIG=~/.kube/config:~/.kube/b kubectl config view --flatten > ~/.kube/config'), [
    'error a.sh:1:37 ~/.kube/config is overwritten with the merged configuration, and emptied before it is read itself',
  ])
})

test('another file is fine', () => {
  assert.deepEqual(run('KUBECONFIG=a:b kubectl config view --flatten > merged.yaml'), [])
  assert.deepEqual(run('kubectl config view'), [])
})
