import type { Authenticator, LogicalCluster } from '../contract.js'

const clusterUnitPrefix = 'flotilla:cluster:'

/** The organizational unit of certificates that a cluster issues: it names the cluster by the uid of kube-system. */
export function clusterUnitOf(cluster: Pick<LogicalCluster, 'peek'>): string {
  return `${clusterUnitPrefix}${cluster.peek('namespaces', 'kube-system')?.metadata.uid ?? ''}`
}

/**
 * Believes the client certificate that the TLS layer has verified against the fleet's authority: the common name is the
 * user, the organizations are its groups. One that a cluster has issued (by a certificate request) is believed by that cluster alone.
 */
export const certificateAuthenticator: Authenticator = {
  authenticate(cluster, { peerCertificate }) {
    if (peerCertificate === undefined) return Promise.resolve(undefined)
    const home = peerCertificate.organizationalUnits?.find((unit) => unit.startsWith(clusterUnitPrefix))
    if (home !== undefined && home !== clusterUnitOf(cluster)) return Promise.resolve(undefined)
    return Promise.resolve({ name: peerCertificate.commonName, groups: peerCertificate.organizations })
  },
}
