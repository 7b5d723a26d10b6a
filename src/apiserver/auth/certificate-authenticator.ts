import type { Authenticator } from '../contract.js'

/**
 * Believes the client certificate that the TLS layer has verified against the fleet's authority: the common name is the
 * user, the organizations are its groups.
 */
export const certificateAuthenticator: Authenticator = {
  authenticate(_cluster, { peerCertificate }) {
    if (peerCertificate === undefined) return Promise.resolve(undefined)
    return Promise.resolve({ name: peerCertificate.commonName, groups: peerCertificate.organizations })
  },
}
