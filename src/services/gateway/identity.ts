import type { X509Certificate } from 'node:crypto'

/** The name in a gateway's certificate, for servers and clients: `us-east.gateway.flotilla.internal`. */
export function gatewayName(cluster: string): string {
  return `${cluster}.${domain}`
}

const domain = 'gateway.flotilla.internal'

/** The cluster whose gateway a certificate (which has been verified) is for. */
export function clusterOfCertificate(certificate: X509Certificate): string | undefined {
  const names = certificate.subjectAltName?.split(', ') ?? []
  const own = names.filter((name) => name.startsWith('DNS:') && name.endsWith(`.${domain}`))
  // Two identities in one certificate would be none.
  return own.length === 1 ? own[0]!.slice(4, -domain.length - 1) : undefined
}
