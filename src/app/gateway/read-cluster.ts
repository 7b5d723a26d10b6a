import type { Log } from '../../base/log.js'
import { createInventory } from '../../inventory/create-inventory.js'
import { inClusterServer } from '../../inventory/in-cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { type CreatedCatalogue, createCatalogue } from '../../services/catalogue/create-catalogue.js'
import { serviceDialects } from '../services/service-dialects.js'
import { systemClock, systemRandom } from '../system/system-ports.js'

/** The catalogue of one cluster alone: what it offers itself, read from its own API. No hub is asked. */
export async function readOneCluster(options: {
  readonly client: KubeClient
  readonly name: string
  readonly log: Log
  readonly signal: AbortSignal
}): Promise<CreatedCatalogue> {
  const { client, name, signal } = options
  const ports = { clock: systemClock, random: systemRandom, log: options.log }
  const cluster = {
    name,
    server: inClusterServer,
    labels: {},
    annotations: {},
    project: '',
    namespaces: [],
    clusterResources: true,
    source: 'the kubeconfig',
    connection: undefined,
  }
  const source = { name: 'the kubeconfig', ready: Promise.resolve(), list: () => [cluster], onChange: () => () => {} }
  const inventory = createInventory({ sources: [source], hub: client, connect: () => client, ...ports, signal })
  await inventory.whenReady
  return createCatalogue({ hub: client, inventory, dialects: serviceDialects, ...ports, signal })
}
