import type { LogicalCluster } from '../../apiserver/contract.js'
import type { Log } from '../../base/log.js'
import type { ConnectCluster } from '../../inventory/cluster.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { FleetChaos } from '../chaos/fleet-chaos.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { hubUser } from './embedded-api.js'
import type { FleetRegister } from './fleet-register.js'

/**
 * Members of this process are reached without sockets, with the user that their Secret's token stands for; a Secret with other
 * credentials, and any other cluster, goes over HTTP as everywhere.
 */
export function connectEmbedded(options: {
  readonly register: FleetRegister
  readonly clusters: { get(name: string): LogicalCluster | undefined }
  readonly chaos: FleetChaos
  readonly hubToken: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
}): ConnectCluster {
  const { register, clusters, chaos, hubToken } = options
  const clientPorts = createSystemClientPorts(options.env, options.log)
  return (cluster, connection) => {
    const embedded = register.atServer(connection.server)
    const logical = embedded === undefined ? undefined : clusters.get(embedded)
    if (logical && embedded !== undefined && connection.auth.kind === 'bearer' && connection.auth.token === hubToken) {
      return chaos.through(embedded, logical.client({ user: hubUser, name: cluster.name }))
    }
    return createHttpClient({ name: cluster.name, connection, ports: clientPorts })
  }
}
