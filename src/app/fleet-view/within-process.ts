import { streamPair } from '../../apiserver/http/stream-pair.js'
import type { Log } from '../../base/log.js'
import type { Cluster } from '../../inventory/cluster.js'
import { ForwardTransport } from '../../kube/client/forward-transport.js'
import type { EmbeddedApi } from '../fleet/embedded-api.js'
import type { FleetRegister } from '../fleet/fleet-register.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import type { FleetViewOpening } from './open-fleet-view.js'

/**
 * Members of this process are reached without sockets and TLS, by the same HTTP, as whom their Secret's token stands for; others,
 * and those whose Secret has other credentials, as everywhere.
 */
export function withinProcess(options: {
  readonly register: FleetRegister
  readonly api: Pick<EmbeddedApi, 'accept'>
  readonly hubToken: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
}): FleetViewOpening {
  const clientPorts = createSystemClientPorts(options.env, options.log)
  return ({ name, connection }: Cluster) => {
    const embedded = connection === undefined ? undefined : options.register.atServer(connection.server)
    if (embedded === undefined || connection === undefined) return undefined
    if (connection.auth.kind !== 'bearer' || connection.auth.token !== options.hubToken) return undefined
    const plain = { ...connection, server: connection.server.replace(/^https:/, 'http:') }
    return new ForwardTransport(name, plain, clientPorts, () => {
      const [ours, theirs] = streamPair()
      options.api.accept(embedded, theirs)
      return ours
    })
  }
}
