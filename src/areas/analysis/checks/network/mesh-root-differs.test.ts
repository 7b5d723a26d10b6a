import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { readCertificates } from '../../x509/read-certificate.js'
import { meshRootDiffers } from './mesh-root-differs.js'

const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`
// Two authorities of the same name; an intermediate and a leaf that the first has signed. All end in 2126.
const rootOne = pem(
  'MIIBhDCCASugAwIBAgIUSMyvcmJmde69eAcjY5wLVQk8OkkwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjEyMzExNDFaGA8yMTI2MTAyODIzMTE0MVowDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA8fBadsRz6Ej5UFEUtcSB+rEIGMWKJZTHobM/eI6MIIH9ZOqliFzkSBgURUhRTt/1knMn7/4mIxZyvawkVlPHOjYzBhMB0GA1UdDgQWBBT+aMhIGoh8WNNYuMlO1sKB1l+f/zAfBgNVHSMEGDAWgBT+aMhIGoh8WNNYuMlO1sKB1l+f/zAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNHADBEAiBeNn8zTQSCuQwJMpC05I5JTzEFBP4R4TPB5fnMUc4zmQIgFlq02wfHpKE4KLxuYh/wuMe0ZVUk/RXOh+ATiyzJXmY=',
)
const rootTwo = pem(
  'MIIBhDCCASugAwIBAgIUcnayRsLWkiMyOI1rEZDtPiEim1QwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjEyMzExNDFaGA8yMTI2MTAyODIzMTE0MVowDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI/fppPFSrvLL3zrilLFYn3/wF+/vF1c4debjqi6A+Y6Bavigpr6t7PhS1/fhlSeIMiK7+H8XZcCODgGc+m81M6jYzBhMB0GA1UdDgQWBBS5IwN679Hm8AzWGNIqBUpIQhZtezAfBgNVHSMEGDAWgBS5IwN679Hm8AzWGNIqBUpIQhZtezAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNHADBEAiAEMY/YBnXbKq4Bmur8cjTsOnYUbzb07dxGcSY3YGaS9AIgIvVWYbJQoWqCOpt673G8T4Pwb+PEMQOF5P+R9auRB8c=',
)
const intermediate = pem(
  'MIIBhTCCASugAwIBAgIUNGWXxD0ah+in01L4n/Znw9L7zZYwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjEyMzExNDJaGA8yMTI2MTAyODIzMTE0MlowDzENMAsGA1UEAwwEZWFzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLo+T/J8+NJTRwrtck1B0r+yS9kpHv4J/qkeKWbHYPT2PFDdfr0jXN329HFQe/8zR5CxgkXWTez54qHxUvRtaIejYzBhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBS23LWfMDgnKKrE8ucbyG5/2eUYZDAfBgNVHSMEGDAWgBT+aMhIGoh8WNNYuMlO1sKB1l+f/zAKBggqhkjOPQQDAgNIADBFAiAQ/kOo8mBc/pOw9sQlh/WOpIVZuxF4SGkWs2tlWK3O5wIhAO5f1p+nkfZTVnanxcR/d+Ll/pxfDZ1cOfjUGon3lQ2m',
)
const leaf = pem(
  'MIIBgjCCASigAwIBAgIUNGWXxD0ah+in01L4n/Znw9L7zZcwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjEyMzExNDJaGA8yMTI2MTAyODIzMTE0MlowDzENMAsGA1UEAwwEZWFzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLo+T/J8+NJTRwrtck1B0r+yS9kpHv4J/qkeKWbHYPT2PFDdfr0jXN329HFQe/8zR5CxgkXWTez54qHxUvRtaIejYDBeMAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/BAQDAgeAMB0GA1UdDgQWBBS23LWfMDgnKKrE8ucbyG5/2eUYZDAfBgNVHSMEGDAWgBT+aMhIGoh8WNNYuMlO1sKB1l+f/zAKBggqhkjOPQQDAgNIADBFAiBkhELy80R9bLuWTRGWhW3NLzlxCrY0zZ7ZYX17MRYYrwIhAKEes+L/Jz0wfuFti9KCMq4Z/qbJI3As//15Fjhg07kD',
)

const indent = (text: string) => text.trim().replaceAll('\n', '\n    ')
const cluster = (name: string, other: string, root: string, signer: string) => ({
  [`clusters/${name}/mesh.yaml`]: `apiVersion: v1
kind: Secret
metadata: {name: s, namespace: istio-system, labels: {istio/multiCluster: "true"}}
stringData: {${other}: x}
---
apiVersion: v1
kind: Secret
metadata: {name: cacerts, namespace: istio-system}
stringData:
  root-cert.pem: |
    ${indent(root)}
  ca-cert.pem: |
    ${indent(signer)}
`,
})

test('the facts of a certificate are read', () => {
  const [facts] = readCertificates(intermediate)!
  const [root] = readCertificates(rootOne)!
  assert.equal(facts!.issuer, root!.subject)
  assert.equal(facts!.authorityKeyId, root!.subjectKeyId)
  assert.equal(facts!.isAuthority, true)
  assert.equal(facts!.signsCertificates, true)
  assert.equal(readCertificates(leaf)![0]!.isAuthority, false)
  assert.equal(new Date(facts!.notAfter).getUTCFullYear(), 2126)
  assert.equal(readCertificates(pem('AAAA')), undefined)
  assert.equal(readCertificates('<certificate>'), undefined)
})

test('two roots in one mesh are reported', () => {
  assert.deepEqual(
    checkTexts(meshRootDiffers, { ...cluster('a', 'b', rootOne, rootOne), ...cluster('b', 'a', rootTwo, rootTwo) }),
    ['error clusters/b/mesh.yaml:10:3 the root of b is not that of a'],
  )
})

test('an intermediate of another root, and one that may not sign, are reported', () => {
  assert.deepEqual(checkTexts(meshRootDiffers, cluster('a', 'b', rootTwo, intermediate)), [
    'error clusters/a/mesh.yaml:14:3 ca-cert.pem of Secret istio-system/cacerts was signed by another key than that of root-cert.pem, which has the same name',
  ])
  assert.deepEqual(checkTexts(meshRootDiffers, cluster('a', 'b', rootOne, leaf)), [
    'error clusters/a/mesh.yaml:14:3 ca-cert.pem of Secret istio-system/cacerts may not sign certificates',
  ])
})

test('one root with an intermediate of it, and placeholders, are fine', () => {
  assert.deepEqual(
    checkTexts(meshRootDiffers, { ...cluster('a', 'b', rootOne, intermediate), ...cluster('b', 'a', rootOne, rootOne) }),
    [],
  )
  assert.deepEqual(
    checkTexts(meshRootDiffers, { ...cluster('a', 'b', '<root>', '<ca>'), ...cluster('b', 'a', '<root2>', '<ca>') }),
    [],
  )
})

test('anchors of Linkerd, as its chart is given them', () => {
  const linkerd = (name: string, other: string, root: string) => ({
    [`clusters/${name}/link.yaml`]: `apiVersion: multicluster.linkerd.io/v1alpha3\nkind: Link\nmetadata: {name: ${other}}\nspec: {targetClusterName: ${other}, gatewayAddress: 192.0.2.1}\n`,
    [`clusters/${name}/linkerd-values.yaml`]: `identityTrustAnchorsPEM: |\n  ${root.trim().replaceAll('\n', '\n  ')}\nidentity: {issuer: {scheme: kubernetes.io/tls}}\n`,
  })
  assert.deepEqual(checkTexts(meshRootDiffers, { ...linkerd('a', 'b', rootOne), ...linkerd('b', 'a', rootTwo) }), [
    'error clusters/b/linkerd-values.yaml:1:26 the root of b is not that of a',
  ])
  assert.deepEqual(checkTexts(meshRootDiffers, { ...linkerd('a', 'b', rootOne), ...linkerd('b', 'a', rootOne) }), [])
})
