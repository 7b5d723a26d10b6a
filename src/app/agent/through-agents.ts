import type { Log } from '../../base/log.js'
import type { ConnectCluster } from '../../inventory/cluster.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import type { AgentHub, AgentListenOptions } from './agent-hub.js'

/** How a hub has to do with agents. */
export interface HubAgentOptions {
  /** Where they connect (default: nowhere; what is known of them is there all the same). */
  readonly listen?: AgentListenOptions
  /** Put around clients of clusters with agents (default: nothing). */
  readonly around?: (cluster: string, client: KubeClient) => KubeClient
}

/** Clusters that are reached by their agents get clients through the tunnels; all others are reached as before. */
export function throughAgents(
  connect: ConnectCluster,
  agents: AgentHub,
  options: HubAgentOptions & { readonly log: Log },
): ConnectCluster {
  // No credentials come from here: the agent adds its own.
  const ports = createSystemClientPorts({}, options.log)
  return (cluster, connection) => {
    if (!cluster.isPulled) return connect(cluster, connection)
    const { name } = cluster
    const client = createHttpClient({ name, connection, ports, dial: () => agents.dial(name) })
    return options.around?.(name, client) ?? client
  }
}
