import type { CertificateRequest } from '../../auth/certificate-request.js'
import type { LogicalCluster } from '../../contract.js'
import { SignerRefusal } from './signers.js'

/** Names under which the API servers of the fleet themselves answer. */
const serverNames = /^(localhost|kubernetes(\.default(\.svc(\.cluster\.local)?)?)?)\.?$/i

interface Addressed {
  readonly status?: { readonly addresses?: readonly { readonly address: string }[]; readonly podIP?: string }
  readonly spec?: { readonly clusterIPs?: readonly string[]; readonly externalIPs?: readonly string[] }
}

/**
 * All clusters of a fleet share one authority, which their clients believe. So a certificate never names what is not the cluster's own:
 * addresses of its nodes, pods and Services only, and not the names of the API servers. Throws SignerRefusal.
 */
export function checkOwnNames(cluster: LogicalCluster, { dnsNames, ipAddresses }: CertificateRequest): void {
  const taken = dnsNames.find((name) => serverNames.test(name))
  if (taken !== undefined) throw new SignerRefusal(`DNS subjectAltName ${taken} is that of the API server`)
  if (ipAddresses.length === 0) return
  const own = new Set<string>()
  for (const resource of ['nodes', 'pods', 'services']) {
    for (const object of cluster.peekAll(resource)) {
      // The API's own address stands for every API server of the fleet.
      if (resource === 'services' && object.metadata.name === 'kubernetes' && object.metadata.namespace === 'default') continue
      const { status, spec } = object as Addressed
      for (const { address } of status?.addresses ?? []) own.add(address)
      for (const address of [status?.podIP, ...(spec?.clusterIPs ?? []), ...(spec?.externalIPs ?? [])])
        if (address) own.add(address)
    }
  }
  const foreign = ipAddresses.find((address) => !own.has(address) || isEverybodys(address))
  if (foreign !== undefined) throw new SignerRefusal(`IP subjectAltName ${foreign} is no address of a node, pod or Service here`)
}

/** Where this machine and the API servers listen, whatever an object of the cluster says. */
function isEverybodys(address: string): boolean {
  return /^127\.0\.([0-9]|[12][0-9]|3[01])\.\d+$/.test(address) || address === '::1' || address === '0.0.0.0'
}
