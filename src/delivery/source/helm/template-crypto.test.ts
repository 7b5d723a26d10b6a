import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createTemplateCrypto } from './template-crypto.js'

const now = Date.UTC(2026, 0, 1)
const crypto = createTemplateCrypto({ now: () => now })
const request = { ipAddresses: [], dnsNames: [], days: 10, isAuthority: false }

test('an authority signs a certificate for names and addresses', () => {
  for (const type of ['ecdsa', 'ed25519', 'rsa'] as const) {
    const caKey = crypto.generateKey(type, 2048)
    const caPem = crypto.issueCertificate({ ...request, commonName: 'ca', isAuthority: true, keyPem: caKey })
    const ca = new X509Certificate(caPem)
    assert.equal(ca.ca, true)
    assert.equal(ca.subject, 'CN=ca')
    assert.ok(ca.verify(ca.publicKey))
    const keyPem = crypto.generateKey('ecdsa', 256)
    const leaf = new X509Certificate(
      crypto.issueCertificate({
        ...request,
        commonName: 'web',
        ipAddresses: ['10.0.0.1', '2001:db8::1'],
        dnsNames: ['web.example', '*.web.example'],
        keyPem,
        signer: { certPem: caPem, keyPem: caKey },
      }),
    )
    assert.ok(leaf.verify(ca.publicKey))
    assert.ok(leaf.checkIssued(ca))
    assert.ok(leaf.checkPrivateKey(createPrivateKey(keyPem)))
    assert.equal(leaf.ca, false)
    assert.equal(leaf.subjectAltName, 'DNS:web.example, DNS:*.web.example, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1')
    assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    assert.equal(Date.parse(leaf.validFrom), now)
    assert.equal(Date.parse(leaf.validTo), now + 10 * 86_400_000)
  }
})

test('what is no key and no certificate is refused', () => {
  assert.throws(() => crypto.checkKey('x'), /no PEM data in input/)
  assert.throws(
    () => crypto.checkKey('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----'),
    /no private key data in PEM block/,
  )
  assert.throws(() => crypto.checkCertificate('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'))
  const keyPem = crypto.generateKey('ecdsa', 256)
  assert.throws(
    () => crypto.issueCertificate({ ...request, commonName: 'x', keyPem, signer: { certPem: 'none', keyPem } }),
    /unable to decode certificate/,
  )
})
