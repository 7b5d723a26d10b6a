import { createHash } from 'node:crypto'
import type { Authenticator, LogicalCluster } from '../contract.js'

const clusterUnitPrefix = 'flotilla:cluster:'

/**
 * The organizational unit of certificates that a cluster issues. By its name, which nobody in the cluster decides (the uid of a
 * namespace comes with a backup, of whatever cluster that is), and by the uid of kube-system, for a later cluster of that name.
 */
export function clusterUnitOf(cluster: Pick<LogicalCluster, 'name' | 'peek'>): string {
  const uid = cluster.peek('namespaces', 'kube-system')?.metadata.uid ?? ''
  // A unit has 64 characters at most.
  return clusterUnitPrefix + createHash('sha256').update(`${cluster.name} ${uid}`).digest('base64url')
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
