import { setMaxListeners } from 'node:events'
import type { ServerPorts } from '../../apiserver/contract.js'
import { createControllerManager } from '../../controller/create-controller-manager.js'
import type { Deliveries } from '../../delivery/delivery.js'
import { createDeliveries } from '../../delivery/engine/deliveries.js'
import type { Federation } from '../../delivery/federation/engine/create-federation.js'
import type { OpenMember } from '../../delivery/federation/engine/fleet-members.js'
import { createEvictionDecider } from '../../delivery/federation/failover/create-eviction-decider.js'
import { createRenderCache } from '../../delivery/render/render-cache.js'
import type { Repositories, SourceCredentials } from '../../delivery/source/contract.js'
import type { ChartRepositories } from '../../delivery/source/helm/contract.js'
import { createApplicationController } from '../../dialects/argo-cd/application/controller.js'
import { argoDirectives } from '../../dialects/argo-cd/application/directives.js'
import { createApplicationSetController } from '../../dialects/argo-cd/application-set/controller.js'
import { createApplicationSetStatusController } from '../../dialects/argo-cd/application-set/status-controller.js'
import { createClusterSecretSource } from '../../dialects/argo-cd/cluster-secret/cluster-secret-source.js'
import { createRepositoryCredentials } from '../../dialects/argo-cd/repository-secret/repository-credentials.js'
import type { ConfiguredProvider } from '../../dialects/cluster-profile/access-providers.js'
import { createProfileSource } from '../../dialects/cluster-profile/profile-source.js'
import { publishClusterProfiles } from '../../dialects/cluster-profile/publish-profiles.js'
import { createKarmadaClusterSource } from '../../dialects/karmada/cluster/cluster-source.js'
import { publishKarmadaStatus } from '../../dialects/karmada/cluster/publish-karmada-status.js'
import { createKubeFedClusterSource } from '../../dialects/kubefed/cluster/cluster-source.js'
import { applicationSetProfile } from '../../formats/go-template/profiles.js'
import type { ConnectCluster, Inventory, InventorySource } from '../../inventory/cluster.js'
import { createInventory } from '../../inventory/create-inventory.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import type { ServiceCatalogue } from '../../services/catalogue/catalogue.js'
import { type CreatedCatalogue, createCatalogue } from '../../services/catalogue/create-catalogue.js'
import type { SleepingMembers } from '../../services/catalogue/fleet-observer.js'
import { createMemberGateways } from '../../services/gateway/members/member-gateways.js'
import { type GatewayMap, throughGateways } from '../../services/gateway/through-gateways.js'
import { type MemberServices, startMemberServices } from '../../services/members/start-member-services.js'
import { carryOutPlans } from '../../services/plans/carry-out-plans.js'
import { type AgentHub, type AgentPlace, createAgentHub } from '../agent/agent-hub.js'
import { type HubAgentOptions, throughAgents } from '../agent/through-agents.js'
import { openFailoverView } from '../federation/failover-view.js'
import { startFederation } from '../federation/start-federation.js'
import { startKubeFed } from '../kubefed/start-kubefed.js'
import { createHubChartPull } from '../rendering/chart-pull.js'
import { createHubRenderers } from '../rendering/threads/hub-renderers.js'
import { openHubRenderers } from '../rendering/threads/open-renderers.js'
import { exportProblems, serviceDialects, servicePlanners } from '../services/service-dialects.js'
import { createRemoteSources } from './remote-sources.js'

export interface StartHubOptions {
  /** Lets kustomizations name bases and files on other servers. */
  readonly remoteBases?: boolean
  /** Renders the charts that kustomizations have (`helmCharts`), as Argo CD does with `kustomize.buildOptions: --enable-helm`. */
  readonly kustomizeHelm?: boolean
  /** Renders what takes long in threads of their own (default: everything in this one). */
  readonly rendersApart?: boolean
  /** The API that holds the state: embedded or any other. */
  readonly hub: KubeClient
  readonly namespace: string
  /** Opens the repositories, with the credentials that the hub holds for them. They are closed in the end. */
  readonly openRepositories: (credentials: SourceCredentials) => Repositories & { close?(): void; charts?: ChartRepositories }
  readonly connect: ConnectCluster
  /** Where clusters come from (default: the Argo CD cluster Secrets of the namespace). */
  readonly sources?: readonly InventorySource[]
  /** How to come to credentials for clusters that other managers' ClusterProfiles tell of (default: those are no source of clusters). */
  readonly profileProviders?: readonly ConfiguredProvider[]
  /** Clusters that are reached by their agents (default: none; the hub must serve AgentCluster and Work). */
  readonly agents?: HubAgentOptions
  /** The gateways between networks (default: those that members have Services for). */
  readonly gateways?: (catalogue: ServiceCatalogue) => GatewayMap
  readonly ports: ServerPorts
  /** Whether leases are kept on members for the clusters that endpoints came from (default: yes). */
  readonly leases?: boolean
  /** Members that are not watched for services before somebody declares one. */
  readonly asleep?: SleepingMembers
  /** For clusters that the federation does not write to directly. */
  readonly openMember?: OpenMember
  /** Ends everything. */
  readonly signal: AbortSignal
}

/** The hub's controllers at work. */
export interface Hub {
  readonly inventory: Inventory
  readonly deliveries: Deliveries
  readonly repositories: Repositories
  /** Clusters that are reached by their agents, and where agents connect. */
  readonly agents?: AgentHub
  readonly agentPlace?: AgentPlace
  /** Services across clusters. */
  readonly services: CreatedCatalogue
  readonly memberServices: MemberServices
  /** Objects of the hub that go to clusters. */
  readonly federation: Federation
  /** Resolves when nothing is ready or under way in any controller. */
  settled(): Promise<void>
  /** Resolves after the signal has aborted and everything has let go. */
  readonly stopped: Promise<void>
}

/** The parts that reading commands (preview, diff) share with a running hub: everything but the controllers. */
export async function openHubParts(options: StartHubOptions) {
  const { hub, namespace, connect, ports, signal } = options
  const { clock, random, log } = ports
  // Caches, watches and clusters listen for the end of what they belong to; that many listeners are no leak.
  setMaxListeners(0)
  const caches = createCaches({ client: hub, clock, random, log, signal })
  const credentials = await createRepositoryCredentials({
    caches,
    namespace,
    changed: (url) => repositories.notify(url, { below: true }),
  })
  const repositories = options.openRepositories(credentials)
  const agents = options.agents && (await createAgentHub({ hub, namespace, caches, ports, signal }))
  const sources = options.sources ?? [
    createClusterSecretSource({ caches, namespace }),
    createKubeFedClusterSource({ hub, caches }),
    createKarmadaClusterSource({ hub, caches }),
    ...(options.profileProviders === undefined ? [] : [createProfileSource({ caches, providers: options.profileProviders })]),
  ]
  const inventory = createInventory({
    sources: agents === undefined ? sources : [...sources, agents.source],
    hub,
    connect: agents === undefined ? connect : throughAgents(connect, agents, { ...options.agents, log }),
    clock,
    random,
    log,
    signal,
  })
  const deliveries = createDeliveries({ inventory, directives: argoDirectives, clock, random, log, schemas: builtInSchemas })
  const pull = repositories.charts === undefined ? undefined : createHubChartPull(repositories.charts)
  const services = {
    inventory,
    deliveries,
    repositories,
    ...(repositories.charts === undefined ? {} : { charts: repositories.charts }),
    renderers: (options.rendersApart === true ? openHubRenderers : createHubRenderers)({
      ...(options.remoteBases === true ? { remote: createRemoteSources(repositories) } : {}),
      ...(options.kustomizeHelm === true ? { charts: pull === undefined ? {} : { pull } } : {}),
      ...ports,
      signal,
    }),
    renderCache: createRenderCache({ maxEntries: 20_000 }),
    templateFunctions: applicationSetProfile({ clock, random }),
  }
  await inventory.whenReady
  agents?.agents.onChange((name) => {
    if (agents.agents.get(name) === undefined) inventory.suspect(name)
    else inventory.heard(name)
  })
  return { caches, inventory, deliveries, repositories, services, agents }
}

/** Starts the controllers of the GitOps dialects against a hub. Resolves once they have read its state. */
export async function startHub(options: StartHubOptions): Promise<Hub> {
  const { hub, namespace, ports, signal } = options
  const { caches, inventory, deliveries, repositories, services, agents } = await openHubParts(options)
  const listen = options.agents?.listen
  const agentPlace = listen && (await agents?.listen(listen, inventory))
  const manager = createControllerManager({ hub, caches, ...ports, services })
  manager.add(createApplicationController({ namespace }))
  manager.add(createApplicationSetController({ namespace }))
  manager.add(createApplicationSetStatusController({ namespace }))
  publishClusterProfiles({ hub, inventory, namespace, ...ports, signal })
  startKubeFed({ hub, inventory, caches, ...ports, signal })
  publishKarmadaStatus({ hub, caches, inventory, ...ports, signal })
  let gateways: GatewayMap | undefined
  const catalogue = createCatalogue({
    hub,
    inventory,
    dialects: serviceDialects,
    ...(options.asleep ? { asleep: options.asleep } : {}),
    reroute: (service, ranking, facts) => throughGateways(service, ranking, (gateways ??= mapOf(facts))),
    ...ports,
    signal,
  })
  const write = { inventory, log: ports.log }
  const mapOf = options.gateways ?? (() => createMemberGateways({ catalogue, clock: ports.clock, signal, write }))
  const memberServices = startMemberServices({
    catalogue,
    inventory,
    problemsOf: exportProblems,
    ...ports,
    signal,
    leases: options.leases !== false,
  })
  carryOutPlans({ planners: servicePlanners, catalogue, inventory, hub, ...ports, signal })
  const openMember: OpenMember | undefined =
    options.openMember ?? (agents && ((cluster) => (cluster.isPulled ? agents.member(cluster.name) : undefined)))
  const failover = openFailoverView({ caches, inventory, namespace, clock: ports.clock })
  const federation = await startFederation({
    hub,
    namespace,
    inventory,
    ...(openMember && { openMember }),
    evictions: createEvictionDecider(failover),
    ports,
    signal,
  })
  await manager.start(signal)
  const stopped = new Promise<void>((done) => {
    const end = () => {
      deliveries.close()
      repositories.close?.()
      done()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
  return {
    inventory,
    deliveries,
    repositories,
    services: catalogue,
    memberServices,
    federation,
    settled: () => manager.settled(),
    stopped,
    ...(agents === undefined ? {} : { agents }),
    ...(agentPlace === undefined ? {} : { agentPlace }),
  }
}
