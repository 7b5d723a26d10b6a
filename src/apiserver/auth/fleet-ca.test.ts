import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Clock } from '../../base/clock.js'
import { createFleetCa, isUsable } from './fleet-ca.js'

const clock: Clock = { now: () => Date.now(), after: () => () => {} }
const dayMs = 86_400_000

test('an authority issues certificates that verify against it', async () => {
  const ca = await createFleetCa({ clock, name: 'flotilla test' })
  const authority = new X509Certificate(ca.certPem)
  assert.equal(authority.ca, true)
  assert.equal(authority.subject, 'CN=flotilla test')
  assert.ok(authority.verify(authority.publicKey))

  const client = await ca.issueClient({ commonName: 'jane', organizations: ['dev', 'ops'] })
  const certificate = new X509Certificate(client.certPem)
  assert.equal(certificate.subject, 'O=dev\nO=ops\nCN=jane')
  assert.equal(certificate.issuer, 'CN=flotilla test')
  assert.equal(certificate.ca, false)
  assert.ok(certificate.checkIssued(authority))
  assert.ok(certificate.verify(authority.publicKey))
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  assert.match(certificate.serialNumber, /^[4-7][0-9A-F]{31}$/)

  const server = await ca.issueServer({ names: ['localhost', 'member.example', '127.0.0.1', '::1'] })
  const names = new X509Certificate(server.certPem)
  assert.equal(names.subjectAltName, 'DNS:localhost, DNS:member.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  assert.ok(names.checkHost('member.example'))
  assert.ok(names.checkIP('::1'))
})

test('an authority opens again from its files and refuses a key that is not its own', async () => {
  const ca = await createFleetCa({ clock })
  const again = await createFleetCa({ clock, existing: { certPem: ca.certPem, keyPem: ca.keyPem } })
  const client = await again.issueClient({ commonName: 'x' })
  assert.ok(new X509Certificate(client.certPem).verify(new X509Certificate(ca.certPem).publicKey))
  assert.ok(isUsable(client, ca.certPem, clock))
  assert.equal(isUsable(client, ca.certPem, { ...clock, now: () => Date.now() + 340 * dayMs }), false)
  const other = await createFleetCa({ clock })
  assert.equal(isUsable(client, other.certPem, clock), false)
  await assert.rejects(createFleetCa({ clock, existing: { certPem: ca.certPem, keyPem: other.keyPem } }), {
    code: 'invalid-fleet-ca',
  })
})

test('openssl accepts the chain', async (t) => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
  } catch {
    t.skip('openssl is not installed')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-ca-'))
  try {
    const ca = await createFleetCa({ clock })
    writeFileSync(join(folder, 'ca.pem'), ca.certPem)
    writeFileSync(join(folder, 'server.pem'), (await ca.issueServer({ names: ['localhost'] })).certPem)
    const args = [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      join(folder, 'ca.pem'),
      join(folder, 'server.pem'),
    ]
    assert.match(execFileSync('openssl', args, { encoding: 'utf8' }), /: OK/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
