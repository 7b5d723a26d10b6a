import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from './check-texts.js'
import { serviceImportByHand } from './checks/services/service-import-by-hand.js'

const serviceImport = 'apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport\nmetadata: {name: db, namespace: prod}\n'
const settings = (path: string) => ({
  path: 'flotilla.yaml',
  text: `ignore:\n  - check: service-import-by-hand\n    path: ${path}\n    reason: adopted\n`,
})

test('settings above what is checked suppress, and are not held to suppress something', () => {
  const run = (path: string) =>
    checkTexts(serviceImportByHand, { 'clusters/a/x.yaml': serviceImport }, { settings: [settings(path)] })
  assert.deepEqual(run('clusters/a'), [])
  assert.deepEqual(run('clusters/b'), ['warning clusters/a/x.yaml:2:7 ServiceImport db is applied by hand'])
})

test('settings among what is checked are', () => {
  const { path, text } = settings('clusters/b')
  assert.deepEqual(checkTexts(serviceImportByHand, { 'clusters/a/x.yaml': serviceImport, [path]: text }), [
    'warning clusters/a/x.yaml:2:7 ServiceImport db is applied by hand',
    'warning flotilla.yaml:2:12 flotilla.yaml ignores service-import-by-hand, of which there is nothing to ignore',
  ])
})

test('a key of flotilla.yaml that nobody reads is told', () => {
  const text = 'ignroe: []\nclusters:\n  - name: a\n    path: [x]\n'
  assert.deepEqual(checkTexts(serviceImportByHand, { 'flotilla.yaml': text }), [
    'warning flotilla.yaml:1:1 flotilla.yaml has no key ignroe: did you mean ignore?',
    'warning flotilla.yaml:4:5 flotilla.yaml has no key path: did you mean paths?',
  ])
})
