import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { externalDnsOwnerShared } from './external-dns-owner-shared.js'

const deployment = (owner: string, zone: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: external-dns, namespace: kube-system}
spec:
  template:
    spec:
      containers:
        - name: external-dns
          image: registry.k8s.io/external-dns/external-dns:v0.15.0
          args:
            - --provider=aws
            - --txt-owner-id=${owner}
            - --domain-filter=${zone}
`
const fleet = (owner: string, zone: string) => ({
  'clusters/a/dns.yaml': deployment('fleet', 'example.com'),
  'clusters/b/dns.yaml': deployment(owner, zone),
})

test('one owner in two clusters is reported', () => {
  assert.deepEqual(checkTexts(externalDnsOwnerShared, fleet('fleet', 'example.com')), [
    'error clusters/b/dns.yaml:12:15 ExternalDNS of b and of a both are the owner fleet of example.com',
  ])
})

test('two owners, and two zones, are fine', () => {
  assert.deepEqual(checkTexts(externalDnsOwnerShared, fleet('fleet-b', 'example.com')), [])
  assert.deepEqual(checkTexts(externalDnsOwnerShared, fleet('fleet', 'example.org')), [])
})
