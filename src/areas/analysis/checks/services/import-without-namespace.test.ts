import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { importWithoutNamespace } from './import-without-namespace.js'

const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n---\n`
const exported = 'apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata: {name: api, namespace: shop}\n'
const mesh = 'cilium clustermesh connect --context a --destination-context b\n'

test('a cluster of the mesh without the namespace is reported', () => {
  assert.deepEqual(
    checkTexts(importWithoutNamespace, {
      'clusters/a/a.yaml': namespace('shop') + exported,
      'clusters/b/b.yaml': namespace('other'),
      'mesh.sh': mesh,
    }),
    ['note clusters/a/a.yaml:7:34 ServiceExport shop/api of a is not seen in b, which has no namespace shop'],
  )
})

test('a cluster that has it, or of which nothing is known, is not', () => {
  assert.deepEqual(
    checkTexts(importWithoutNamespace, {
      'clusters/a/a.yaml': namespace('shop') + exported,
      'clusters/b/b.yaml': namespace('shop'),
      'mesh.sh': mesh,
    }),
    [],
  )
  assert.deepEqual(checkTexts(importWithoutNamespace, { 'clusters/a/a.yaml': exported, 'mesh.sh': mesh }), [])
})
