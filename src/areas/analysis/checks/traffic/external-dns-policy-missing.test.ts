import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { externalDnsPolicyMissing } from './external-dns-policy-missing.js'

const deployment = (more: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: external-dns}
spec: {template: {spec: {containers: [{name: external-dns, args: [--provider=aws${more}]}]}}}
`

test('a missing policy is reported', () => {
  assert.deepEqual(checkTexts(externalDnsPolicyMissing, { 'a.yaml': deployment('') }), [
    'warning a.yaml:4:66 Deployment external-dns runs ExternalDNS without --policy',
  ])
})

test('one that is told is fine', () => {
  assert.deepEqual(checkTexts(externalDnsPolicyMissing, { 'a.yaml': deployment(', --policy=upsert-only') }), [])
})
