import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumHelmCertificates } from './cilium-helm-certificates.js'

const values = (method: string) => `cluster: {name: a, id: 1}
clustermesh:
  useAPIServer: true
  apiserver: {tls: {auto: {enabled: true, method: ${method}, certValidityDuration: 365}}}
`

test('certificates that nobody renews are reported', () => {
  assert.deepEqual(checkTexts(ciliumHelmCertificates, { 'cilium-values.yaml': values('helm') }), [
    'warning cilium-values.yaml:4:51 certificates of a are made by Helm and end after 365 days',
  ])
})

test('a job that renews them is fine', () => {
  assert.deepEqual(checkTexts(ciliumHelmCertificates, { 'cilium-values.yaml': values('cronJob') }), [])
})
