import type { ServerPorts } from '../../apiserver/contract.js'
import { sleep } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { FederationDialect } from '../../delivery/federation/contract.js'
import { createFederation, type Federation } from '../../delivery/federation/engine/create-federation.js'
import type { EvictionDecider } from '../../delivery/federation/engine/decide-evictions.js'
import type { OpenMember } from '../../delivery/federation/engine/fleet-members.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { namespaceType } from '../system/core-types.js'
import { federationDialects } from './federation-dialects.js'

export interface StartFederationOptions {
  readonly hub: KubeClient
  /** The hub's own namespace. */
  readonly namespace: string
  readonly inventory: Inventory
  /** Default: all that there are. */
  readonly dialects?: readonly FederationDialect[]
  /** For clusters that are not written to directly (default: all are). */
  readonly openMember?: OpenMember
  readonly evictions?: EvictionDecider
  readonly ports: ServerPorts
  readonly signal: AbortSignal
}

/** Objects of the hub go to the clusters that their placement chooses. Resolves once the hub has told who it is. */
export async function startFederation(options: StartFederationOptions): Promise<Federation> {
  const { hub, namespace, inventory, openMember, evictions, ports, signal } = options
  return createFederation({
    hub,
    hubId: await readHubId(hub, ports, signal),
    namespace,
    inventory,
    dialects: options.dialects ?? federationDialects,
    ...(openMember === undefined ? {} : { openMember }),
    ...(evictions === undefined ? {} : { evictions }),
    ...ports,
    signal,
  })
}

/** A cluster is known by the UID of its namespace kube-system, as KEP-2149 has it. */
async function readHubId(hub: KubeClient, { clock, log }: ServerPorts, signal: AbortSignal): Promise<string> {
  for (let pauseMs = 500; ; pauseMs = Math.min(30_000, pauseMs * 2)) {
    try {
      const { metadata } = await hub.get({ type: namespaceType, name: 'kube-system' }, { signal })
      if (metadata.uid !== undefined) return metadata.uid
    } catch (error) {
      signal.throwIfAborted()
      log.warn('cannot read the namespace kube-system of the hub', { error: messageOf(error), retryMs: pauseMs })
    }
    await sleep(clock, pauseMs, signal)
  }
}
