import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFleetCa, type FleetCa } from '../../apiserver/auth/fleet-ca.js'
import type { Clock } from '../../base/clock.js'
import type { GatewayTls } from '../../services/gateway/contract.js'
import { gatewayName } from '../../services/gateway/identity.js'
import { type DataDirectory, flushDirectory, replacePrivateFile } from '../fleet/data-directory.js'

/** Certificates of gateways end after this; they are renewed with a third of it left. */
export const gatewayCertificateDays = 30

/**
 * The authority of a fleet's gateways, `pki/gateway-ca.*`, made on first use. It is not the authority of the API servers: whoever
 * has a gateway's certificate is a gateway to other gateways, and nobody to any API.
 */
export function openGatewayAuthority(directory: DataDirectory, clock: Clock): Promise<FleetCa> {
  return openAuthorityIn(directory.file('pki'), clock)
}

/** The same in a directory of its own, for fleets that are not embedded. */
export async function openAuthorityIn(folder: string, clock: Clock): Promise<FleetCa> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const [certificate, key] = [join(folder, 'gateway-ca.crt'), join(folder, 'gateway-ca.key')]
  if (existsSync(certificate) && existsSync(key)) {
    const existing = { certPem: readFileSync(certificate, 'utf8'), keyPem: readFileSync(key, 'utf8') }
    return createFleetCa({ clock, existing })
  }
  const authority = await createFleetCa({ clock, name: 'flotilla-gateways' })
  replacePrivateFile(key, authority.keyPem)
  replacePrivateFile(certificate, authority.certPem)
  flushDirectory(folder)
  return authority
}

/** What a cluster's gateway shows, and whom it believes. */
export async function issueGatewayTls(authority: FleetCa, cluster: string, days = gatewayCertificateDays): Promise<GatewayTls> {
  const { certPem, keyPem } = await authority.issuePeer({ name: gatewayName(cluster), days })
  return { ca: authority.certPem, cert: certPem, key: keyPem }
}
