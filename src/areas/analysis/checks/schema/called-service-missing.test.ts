import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { calledServiceMissing } from './called-service-missing.js'

const service =
  'apiVersion: v1\nkind: Service\nmetadata: {name: policy-webhook, namespace: policy}\nspec:\n  ports: [{port: 443}]\n'
const webhook = (reference: string) =>
  `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\nwebhooks:\n  - name: a.example.com\n    clientConfig:\n      service: ${reference}\n`
const run = (text: string) => checkTexts(calledServiceMissing, { 'app/a.yaml': text, 'app/b.yaml': service })

test('a Service that is mistyped, and a port that it does not have', () => {
  assert.deepEqual(run(webhook('{name: policy-webhok, namespace: policy}')), [
    'error app/a.yaml:7:23 ValidatingWebhookConfiguration a calls Service policy-webhok, which is not there: did you mean policy-webhook?',
  ])
  assert.deepEqual(run(webhook('{name: policy-webhook, namespace: policy, port: 8443}')), [
    'error app/a.yaml:7:64 ValidatingWebhookConfiguration a calls port 8443 of Service policy-webhook, which has 443',
  ])
})

test('a Service that is there, or that somebody else brings', () => {
  for (const reference of [
    '{name: policy-webhook, namespace: policy}',
    '{name: policy-webhook, namespace: policy, port: 443}',
    '{name: gatekeeper, namespace: policy}',
    '{name: policy-webhook, namespace: other, port: 8443}',
  ])
    assert.deepEqual(run(webhook(reference)), [], reference)
})
