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

test('values of the chart, and records that are taken over from one that still runs', () => {
  const values = (owner: string) => `provider: {name: aws}\n${owner}domainFilters: [example.com]\npolicy: sync\n`
  const fleet = (a: string, b: string) => ({
    'clusters/a/external-dns-values.yaml': values(a),
    'clusters/b/external-dns-values.yaml': values(b),
  })
  assert.deepEqual(checkTexts(externalDnsOwnerShared, fleet('txtOwnerId: fleet\n', 'txtOwnerId: fleet\n')), [
    'error clusters/b/external-dns-values.yaml:2:13 ExternalDNS of b and of a both are the owner fleet of example.com',
  ])
  assert.equal(checkTexts(externalDnsOwnerShared, fleet('', '')).length, 1)
  const second = { 'clusters/a/external-dns-private-values.yaml': values('txtOwnerId: b\n') }
  assert.equal(
    checkTexts(externalDnsOwnerShared, { ...fleet('txtOwnerId: a\n', 'txtOwnerId: b\n'), ...second }).length,
    1,
    'a second release in a cluster',
  )
  assert.deepEqual(checkTexts(externalDnsOwnerShared, fleet('txtOwnerId: a\n', 'txtOwnerId: b\n')), [])
  const container = (owner: string, more: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: dns}
spec: {template: {spec: {containers: [{name: e, image: external-dns, args: [--provider=aws, --txt-owner-id=${owner}, ${more}]}]}}}
`
  const migrating = (policy: string) => ({
    'clusters/a/dns.yaml': container('old', '--policy=sync'),
    'clusters/b/dns.yaml': container('new', `--migrate-from-txt-owner=old, --policy=${policy}`),
  })
  assert.match(
    checkTexts(externalDnsOwnerShared, migrating('sync'))[0] ?? '',
    /b takes over the records of the owner old, which a still is$/,
  )
  assert.deepEqual(checkTexts(externalDnsOwnerShared, migrating('upsert-only')), [])
})
