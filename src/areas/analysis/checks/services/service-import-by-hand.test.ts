import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { serviceImportByHand } from './service-import-by-hand.js'

const object = (kind: string) => `apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ${kind}
metadata:
  name: db
  namespace: prod
`

test('an import that is applied beside its export is reported', () => {
  assert.deepEqual(checkTexts(serviceImportByHand, { 'a.yaml': `${object('ServiceExport')}---\n${object('ServiceImport')}` }), [
    'warning a.yaml:8:7 ServiceImport db is applied by hand, beside the export that it would follow from',
  ])
})

test('an export alone is as it should be', () => {
  assert.deepEqual(checkTexts(serviceImportByHand, { 'a.yaml': object('ServiceExport') }), [])
})
