import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { applicationSetGeneratesNothing } from './application-set-generates-nothing.js'

const texts = {
  'sets/a.yaml': `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop, namespace: argocd}
spec:
  generators: [{list: {elements: []}}]
  template: {metadata: {name: shop}, spec: {project: default}}
`,
}
const run = (message: string, file = 'sets/a.yaml') =>
  checkTexts(applicationSetGeneratesNothing, texts, { generation: [{ file, name: 'shop', namespace: 'argocd', message }] })

test('what the controller would say is a finding where the set stands', () => {
  assert.deepEqual(run('found duplicate key name with different value, a: x ,b: y'), [
    'error sets/a.yaml:5:3 ApplicationSet argocd/shop: found duplicate key name with different value, a: x ,b: y',
  ])
  assert.deepEqual(run('ApplicationSet shop contains applications with duplicate name: shop'), [
    'error sets/a.yaml:6:3 ApplicationSet argocd/shop: ApplicationSet shop contains applications with duplicate name: shop',
  ])
})

test('nothing where it generates, and of a set that is not there', () => {
  assert.deepEqual(checkTexts(applicationSetGeneratesNothing, texts), [])
  assert.deepEqual(run('found duplicate key', 'sets/b.yaml'), [])
})
