import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import { fleetFacts } from '../../../test/support/cases/fleet-facts.js'
import { detectLoopback } from '../../apiserver/members/network/detect-loopback.js'
import { Links } from '../../apiserver/members/network/forwarding/links.js'
import { silentLog } from '../../base/log.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { CreatedCatalogue } from '../../services/catalogue/create-catalogue.js'
import { prepareDataDirectory } from '../fleet/data-directory.js'
import { systemClock } from '../system/system-ports.js'
import { FleetGateways } from './fleet-gateways.js'
import { issueGatewayTls, openGatewayAuthority } from './gateway-authority.js'

const folder = mkdtempSync(join(tmpdir(), 'flotilla-gateway-pki-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const skip = (await detectLoopback()).addresses ? false : 'only 127.0.0.1 can be bound here'

/** The certificate that the gateway at an address shows. */
function certificateAt(address: string): Promise<X509Certificate> {
  return new Promise((done, failed) => {
    const socket = connect({
      host: address,
      port: 15_443,
      servername: 'tcp_.80_._.a.b.svc.clusterset.local',
      rejectUnauthorized: false,
    })
    socket.on('error', failed)
    socket.on('secureConnect', () => {
      done(new X509Certificate(socket.getPeerCertificate().raw))
      socket.destroy()
    })
  })
}

async function untilShown<T>(look: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await look()
    } catch (error) {
      if (tries === 200) throw error
      await new Promise((done) => setTimeout(done, 10))
    }
  }
}

test('clusters in several networks have gateways, whose certificates are renewed before they end', { skip }, async () => {
  const clock = new VirtualClock({ startMs: systemClock.now(), idle: () => new Promise((done) => setImmediate(done)) })
  const facts = fleetFacts([
    { name: 'us-east', network: 'net-b', objects: [] },
    { name: 'us-west', network: 'net-a', objects: [] },
  ])
  const silent = () => () => {}
  const catalogue = { facts, revision: 1, get: () => undefined, onCluster: silent, onChange: silent }
  const addresses: Record<string, string> = { 'us-east': '127.0.31.201', 'us-west': '127.0.31.202' }
  const directory = prepareDataDirectory(join(folder, 'fleet'))
  const gateways = new FleetGateways({
    directory,
    addressOf: (cluster) => addresses[cluster],
    links: new Links(),
    clock,
    log: silentLog,
  })
  try {
    gateways.start(catalogue as unknown as CreatedCatalogue)
    const first = await untilShown(() => certificateAt('127.0.31.201'))
    assert.match(gateways.metrics(), /^flotilla_gateway_connections_total\{cluster="us-east",way="ingress"\} 1$/m)
    assert.match(gateways.metrics(), /^flotilla_gateway_refused_total\{cluster="us-west",way="egress",reason="endpoints"\} 0$/m)
    assert.equal(first.subjectAltName, 'DNS:us-east.gateway.flotilla.internal')
    await clock.advance(19 * 86_400_000)
    assert.equal((await certificateAt('127.0.31.201')).serialNumber, first.serialNumber)
    await clock.advance(2 * 86_400_000)
    await untilShown(async () => assert.notEqual((await certificateAt('127.0.31.201')).serialNumber, first.serialNumber))
    gateways.halt('us-east')
    await clock.advance(10)
    await untilShown(() => assert.rejects(certificateAt('127.0.31.201'), { code: 'ECONNREFUSED' }))
    await certificateAt('127.0.31.202')
    gateways.resume('us-east')
    await untilShown(() => certificateAt('127.0.31.201'))
  } finally {
    const stopped = gateways.stop()
    await clock.advance(10)
    await stopped
  }
})

test('the authority of gateways is made once, and kept to the owner', async () => {
  const directory = prepareDataDirectory(join(folder, 'other'))
  const authority = await openGatewayAuthority(directory, systemClock)
  assert.equal((await openGatewayAuthority(directory, systemClock)).certPem, authority.certPem)
  assert.equal(statSync(directory.file('pki/gateway-ca.key')).mode & 0o777, 0o600)
  const { cert } = await issueGatewayTls(authority, 'us-east', 3)
  const certificate = new X509Certificate(cert)
  assert.ok(certificate.verify(new X509Certificate(authority.certPem).publicKey))
  assert.ok(Date.parse(certificate.validTo) - systemClock.now() <= 3 * 86_400_000)
})
