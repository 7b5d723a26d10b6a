import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { externalDnsRefused } from './external-dns-refused.js'

const run = (args: string, tag = 'v0.21.0') =>
  checkTexts(externalDnsRefused, {
    'dns.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: dns, namespace: dns}
spec: {template: {spec: {containers: [{name: e, image: "external-dns/external-dns:${tag}", args: [${args}]}]}}}
`,
  }).map((line) => line.replace(/^error dns.yaml:4:\d+ Deployment dns\/dns:? ?/, ''))

test('flags that are refused', () => {
  assert.deepEqual(run('--provider=aws, --policy=upsert'), ['--policy is upsert: expected one of sync, upsert-only, create-only'])
  assert.deepEqual(run('--registry=text'), ['--registry is text: expected one of txt, noop, dynamodb, aws-sd, crd'])
  assert.deepEqual(run('--txt-prefix=a-, --txt-suffix=-b'), ['has both --txt-prefix and --txt-suffix, which exclude each other'])
  assert.deepEqual(run('--txt-encrypt-enabled, --txt-encrypt-aes-key=short'), [
    'the key of --txt-encrypt-aes-key is not 32 bytes, plain or in base64',
  ])
  assert.deepEqual(run('--provider=transip', 'v0.22.0'), ['external-dns/external-dns:v0.22.0 has no provider transip any more'])
})

test('flags that are fine', () => {
  for (const args of [
    '--provider=aws, --policy=upsert-only, --registry=dynamodb, --txt-prefix=a-',
    '--provider=transip',
    '"--policy=${POLICY}", --txt-encrypt-aes-key=short',
    '--txt-encrypt-enabled, --txt-encrypt-aes-key=ZPitL0NGVQBZbTD6DwXJzD8RiStSazzY',
    '--txt-encrypt-enabled, "--txt-encrypt-aes-key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="',
  ])
    assert.deepEqual(run(args), [], args)
})

test('values of the chart', () => {
  const values = (more: string) => ({ 'external-dns-values.yaml': `provider: {name: aws}\npolicy: sync\ntxtPrefix: a-\n${more}` })
  assert.equal(checkTexts(externalDnsRefused, values('txtSuffix: -a\n')).length, 1)
  assert.deepEqual(checkTexts(externalDnsRefused, values('txtSuffix: ""\n')), [])
})
