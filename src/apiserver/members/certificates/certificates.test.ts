import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import { certificateAuthenticator, clusterUnitOf } from '../../auth/certificate-authenticator.js'
import { type CertificateRequest, readCertificateRequest } from '../../auth/certificate-request.js'
import { createFleetCa, type FleetCa } from '../../auth/fleet-ca.js'
import { createMemberFixture, type MemberFixture } from '../member-fixture.js'
import { checkOwnNames } from './own-names.js'

/** Made by openssl, EC P-256. */
const jane = `-----BEGIN CERTIFICATE REQUEST-----
MIHnMIGNAgEAMCsxDDAKBgNVBAoMA2RldjEMMAoGA1UECgwDb3BzMQ0wCwYDVQQD
DARqYW5lMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEznraV9QyPO4HQs8CBVFB
4uljPXgyJK4/Kz+RrtYa5X7d0BJ0WvJQ/s7X0PHs68FH+vY2fBey0fQ4mu56tqp+
WKAAMAoGCCqGSM49BAMCA0kAMEYCIQDKzdBmsB7LEYCtBcTN/53CnUfRXbX1iRwp
FpHBoxylwAIhAK0Ye+TTuCb3LfBWjunW8igRiMw34YkcNMGF6FX4WgSs
-----END CERTIFICATE REQUEST-----
`
const serving = `-----BEGIN CERTIFICATE REQUEST-----
MIIBKzCB0gIBADAwMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFzAVBgNVBAMMDnN5
c3RlbTpub2RlOm4xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEznraV9QyPO4H
Qs8CBVFB4uljPXgyJK4/Kz+RrtYa5X7d0BJ0WvJQ/s7X0PHs68FH+vY2fBey0fQ4
mu56tqp+WKBAMD4GCSqGSIb3DQEJDjExMC8wLQYDVR0RBCYwJIIKbjEuZXhhbXBs
ZYcECgAAAYcQ/QAAAAAAAAAAAAAAAAAAATAKBggqhkjOPQQDAgNIADBFAiEAqMHn
zy7BawRgC33X3GyIiI8hx81rat5YR/gZQNG25ZMCIFL7CZlv0QHIrnTIArQsTvNX
DVstGXnT5/FzPkaki+4b
-----END CERTIFICATE REQUEST-----
`
const kubelet = `-----BEGIN CERTIFICATE REQUEST-----
MIHsMIGSAgEAMDAxFTATBgNVBAoMDHN5c3RlbTpub2RlczEXMBUGA1UEAwwOc3lz
dGVtOm5vZGU6bjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATOetpX1DI87gdC
zwIFUUHi6WM9eDIkrj8rP5Gu1hrlft3QEnRa8lD+ztfQ8ezrwUf69jZ8F7LR9Dia
7nq2qn5YoAAwCgYIKoZIzj0EAwIDSQAwRgIhAJwXeUtIl0TBE3dZyVjSYRghY19P
bEcECeTZVSKlh9zeAiEAtYdvp8F5XVWPSmlWQ68W6z+DKCoDpx2dPbO2r0BSwqQ=
-----END CERTIFICATE REQUEST-----
`

let fixture: MemberFixture
let ca: FleetCa
before(async () => {
  const clock = { now: () => fixture.clock.now(), after: () => () => {} }
  ca = await createFleetCa({ clock: { now: () => 1_767_225_600_000, after: clock.after } })
  fixture = await createMemberFixture({ certify: (fields) => ca.certify(fields) })
})
after(() => {
  fixture.stop()
  assert.deepEqual(fixture.warnings, [])
})

const requests = 'certificatesigningrequests.certificates.k8s.io'
async function ask(name: string, pem: string, spec: object): Promise<void> {
  await fixture.apply({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: { request: btoa(pem), ...spec },
  })
  await fixture.settle(2)
}
async function decide(name: string, type: 'Approved' | 'Denied'): Promise<void> {
  const resource = fixture.cluster.api.catalogue().forName('csr')
  const request = fixture.peek(requests, name)
  assert.ok(resource && request)
  const conditions = [{ type, status: 'True', reason: 'Test', message: 'by the test' }]
  await fixture.client.update(resource, { ...request, status: { ...request.status, conditions } }, { subresource: 'approval' })
  await fixture.settle(2)
}
const certificateOf = (name: string) => {
  const text = fixture.peek(requests, name)?.status?.['certificate']
  return text === undefined ? undefined : new X509Certificate(atob(text))
}
const conditionsOf = (name: string) =>
  ((fixture.peek(requests, name)?.status?.['conditions'] ?? []) as { type: string; reason: string; message: string }[]).map(
    ({ type, reason, message }) => `${type} ${reason}: ${message}`,
  )

test('requests are read with their names, and their signature is checked', () => {
  const read = readCertificateRequest(jane)
  assert.deepEqual([read?.commonName, read?.organizations, read?.isSigned], ['jane', ['dev', 'ops'], true])
  const names = readCertificateRequest(serving)
  assert.deepEqual([names?.dnsNames, names?.ipAddresses], [['n1.example'], ['10.0.0.1', 'fd00:0:0:0:0:0:0:1']])
  const body = Buffer.from(jane.replace(/-----.*-----|\s/g, ''), 'base64')
  const changed = Buffer.from(body)
  changed.write('john', body.indexOf('jane'))
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${changed.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  assert.deepEqual([readCertificateRequest(forged)?.commonName, readCertificateRequest(forged)?.isSigned], ['john', false])
  for (let length = 0; length < body.length; length += 7) {
    const cut = `-----BEGIN CERTIFICATE REQUEST-----\n${body.subarray(0, length).toString('base64')}\n-----END CERTIFICATE REQUEST-----`
    assert.ok(readCertificateRequest(cut)?.isSigned !== true)
  }
  for (const text of ['', 'x', jane.replaceAll('REQUEST', 'THING')]) assert.equal(readCertificateRequest(text), undefined)
})

test('a client certificate is signed once it is approved, for this cluster alone', async () => {
  await ask('jane', jane, { signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], expirationSeconds: 3600 })
  assert.equal(certificateOf('jane'), undefined)
  await decide('jane', 'Approved')
  const certificate = certificateOf('jane')
  assert.ok(certificate)
  assert.ok(certificate.verify(new X509Certificate(ca.certPem).publicKey))
  const unit = clusterUnitOf(fixture.cluster)
  assert.equal(certificate.subject, `O=dev\nO=ops\nOU=${unit}\nCN=jane`)
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  assert.ok(Math.abs(Date.parse(certificate.validTo) - fixture.clock.now() - 3_600_000) < 60_000)
  const peerCertificate = { commonName: 'jane', organizations: ['dev'], organizationalUnits: [unit] }
  assert.equal((await certificateAuthenticator.authenticate(fixture.cluster, { peerCertificate }))?.name, 'jane')
  const other = await fixture.clusters.ensure('m2')
  assert.equal(await certificateAuthenticator.authenticate(other, { peerCertificate }), undefined)
})

test('signers refuse what is not theirs, denied requests stay unsigned, other signers are left alone', async () => {
  await ask('wrong', jane, { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth', 'digital signature'] })
  await decide('wrong', 'Approved')
  assert.equal(conditionsOf('wrong')[1], 'Failed SignerValidationFailure: subject organization is not system:nodes')
  await ask('usage', jane, { signerName: 'kubernetes.io/kube-apiserver-client', usages: ['server auth'] })
  await decide('usage', 'Approved')
  assert.equal(conditionsOf('usage')[1], 'Failed SignerValidationFailure: invalid usage for client certificate: server auth')
  await ask('denied', jane, { signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] })
  await decide('denied', 'Denied')
  await ask('foreign', jane, { signerName: 'example.com/mine', usages: ['client auth'] })
  await decide('foreign', 'Approved')
  assert.deepEqual(['wrong', 'usage', 'denied', 'foreign'].map(certificateOf), [undefined, undefined, undefined, undefined])
  const server = { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth', 'digital signature', 'key encipherment'] }
  await ask('elsewhere', serving, server)
  await decide('elsewhere', 'Approved')
  assert.match(conditionsOf('elsewhere')[1] ?? '', /IP subjectAltName 10\.0\.0\.1 is no address of a node, pod or Service here/)
  const types = ['InternalIP', 'ExternalIP']
  const addresses = readCertificateRequest(serving)!.ipAddresses.map((address, index) => ({ type: types[index], address }))
  await fixture.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status: { addresses } })
  await ask('serving', serving, server)
  await decide('serving', 'Approved')
  assert.equal(certificateOf('serving')?.subjectAltName, 'DNS:n1.example, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1')
})

test('kubelets that may are approved by themselves', async () => {
  const usages = ['client auth', 'digital signature']
  await ask('node', kubelet, { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages })
  assert.deepEqual(conditionsOf('node'), [
    'Approved AutoApproved: Auto approving kubelet client certificate after SubjectAccessReview.',
  ])
  assert.match(certificateOf('node')?.subject ?? '', /CN=system:node:n1/)
})

test('settled requests go after an hour, others after a day', async () => {
  await ask('pending', jane, { signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] })
  await fixture.settle(3700)
  assert.deepEqual(
    fixture.all(requests).map(({ metadata }) => metadata.name),
    ['foreign', 'pending'],
  )
  await fixture.settle(24 * 3600)
  assert.deepEqual(
    fixture.all(requests).map(({ metadata }) => metadata.name),
    ['foreign'],
  )
})

test('no certificate names what belongs to all clusters of the fleet', async () => {
  const asked = (names: { dnsNames?: string[]; ipAddresses?: string[] }) =>
    ({ dnsNames: [], ipAddresses: [], ...names }) as unknown as CertificateRequest
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }]
  await fixture.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' }, status: { addresses } })
  for (const dnsName of ['localhost', 'kubernetes', 'KUBERNETES.default.svc', 'kubernetes.default.svc.cluster.local.']) {
    assert.throws(() => checkOwnNames(fixture.cluster, asked({ dnsNames: [dnsName] })), /is that of the API server/)
  }
  for (const address of ['127.0.0.1', '127.0.31.255', '::1', '10.96.0.1', '192.0.2.7']) {
    assert.throws(() => checkOwnNames(fixture.cluster, asked({ ipAddresses: [address] })), /is no address of a node/)
  }
  checkOwnNames(fixture.cluster, asked({ dnsNames: ['web.shop.svc', 'node-1'] }))
})
