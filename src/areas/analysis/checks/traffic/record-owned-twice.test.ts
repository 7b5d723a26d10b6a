import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { recordOwnedTwice } from './record-owned-twice.js'

const cluster = (name: string, annotations: string, owner = name) => ({
  [`clusters/${name}/dns.yaml`]: `apiVersion: apps/v1
kind: Deployment
metadata: {name: external-dns, namespace: dns}
spec: {template: {spec: {containers: [{name: e, image: "external-dns/external-dns:v0.21.0", args: [--provider=aws, --domain-filter=example.com, --txt-owner-id=${owner}]}]}}}
`,
  [`clusters/${name}/web.yaml`]: `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, annotations: {${annotations}}}
spec: {type: LoadBalancer, ports: [{port: 80}]}
`,
})
const hostname = 'external-dns.kubernetes.io/hostname: web.example.com'

test('one name by two clusters is reported', () => {
  assert.deepEqual(checkTexts(recordOwnedTwice, { ...cluster('a', hostname), ...cluster('b', hostname) }), [
    'warning clusters/b/web.yaml:3:91 web.example.com is asked for by Service shop/web of b and by Service shop/web of a, without set-identifiers',
  ])
})

test('identifiers, other names, zones of nobody and one instance alone are fine', () => {
  const id = `${hostname}, external-dns.kubernetes.io/set-identifier: `
  for (const fleet of [
    { ...cluster('a', `${id}a`), ...cluster('b', `${id}b`) },
    { ...cluster('a', hostname), ...cluster('b', hostname.replace('web.', 'api.')) },
    {
      ...cluster('a', 'external-dns.kubernetes.io/hostname: a.test'),
      ...cluster('b', 'external-dns.kubernetes.io/hostname: a.test'),
    },
    { ...cluster('a', hostname), 'clusters/b/web.yaml': cluster('b', hostname)['clusters/b/web.yaml']! },
  ])
    assert.deepEqual(checkTexts(recordOwnedTwice, fleet), [])
})

test('a provider that ignores identifiers, and instances by values of the chart', () => {
  const id = `${hostname}, external-dns.kubernetes.io/set-identifier: `
  const dynamic = Object.fromEntries(
    Object.entries({ ...cluster('a', `${id}a`), ...cluster('b', `${id}b`) }).map(([path, text]) => [
      path,
      text.replace('--provider=aws', '--provider=rfc2136'),
    ]),
  )
  assert.match(checkTexts(recordOwnedTwice, dynamic)[0] ?? '', /and the provider rfc2136 ignores set-identifiers$/)
  const values = (name: string) => ({
    [`clusters/${name}/external-dns-values.yaml`]: `provider: {name: aws}\ntxtOwnerId: ${name}\ndomainFilters: [example.com]\npolicy: upsert-only\n`,
    [`clusters/${name}/web.yaml`]: cluster(name, hostname)[`clusters/${name}/web.yaml`]!,
  })
  assert.equal(checkTexts(recordOwnedTwice, { ...values('a'), ...values('b') }).length, 1)
})
