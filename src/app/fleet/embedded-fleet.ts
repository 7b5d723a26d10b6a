import type { LogicalCluster } from '../../apiserver/contract.js'
import type { DnsCompatibility } from '../../apiserver/members/network/cluster-dns.js'
import { detectLoopback } from '../../apiserver/members/network/detect-loopback.js'
import { Links } from '../../apiserver/members/network/forwarding/links.js'
import { parseNodes } from '../../apiserver/members/nodes/instance-types.js'
import { startMembers } from '../../apiserver/members/start-members.js'
import type { ProcessPods } from '../../apiserver/pods/contract.js'
import type { PodsConfig } from '../../apiserver/pods/pods-config.js'
import type { Log } from '../../base/log.js'
import { createControllerManager } from '../../controller/create-controller-manager.js'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import { applicationType } from '../../dialects/argo-cd/kinds/resource-types.js'
import { applicationSetProfile } from '../../formats/go-template/profiles.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import { createEmbeddedAgents } from '../agent/embedded-agents.js'
import { createFleetChaos } from '../chaos/fleet-chaos.js'
import { demoFiles } from '../demo/demo-files.js'
import { demoRootApplication } from '../demo/root-application.js'
import { addressesOf, createClusterMaker, installEmbeddedClusters, registrationOf } from '../embedded-clusters/cluster-maker.js'
import { embeddedClusters } from '../embedded-clusters/controller.js'
import { embeddedClusterCrd } from '../embedded-clusters/embedded-cluster.js'
import { isFederationTemplate } from '../federation/federation-dialects.js'
import { createKarmadaAdmission } from '../federation/karmada-admission.js'
import { createLateView } from '../fleet-view/late-view.js'
import { openFleetView } from '../fleet-view/open-fleet-view.js'
import { withinProcess } from '../fleet-view/within-process.js'
import { FleetGateways } from '../gateway/fleet-gateways.js'
import { createGitServer } from '../git-server/git-server.js'
import { createApplyWarnings } from '../hub/apply-warnings.js'
import { type Hub, startHub } from '../hub/hub.js'
import { createHubRepositories } from '../hub/hub-repositories.js'
import { installHub } from '../hub/install-hub.js'
import { localRepositories } from '../hub/local-repositories.js'
import { answerWebhook } from '../hub/webhook.js'
import { createKubeFedAdmission } from '../kubefed/kubefed-admission.js'
import { createPlacementWarnings } from '../placement/placement-warnings.js'
import { serveXds } from '../services/serve-xds.js'
import { createServiceAdmission } from '../services/service-admission.js'
import { memberCrds } from '../services/service-dialects.js'
import type { XdsPlaces } from '../services/xds-options.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { connectEmbedded } from './connect-embedded.js'
import type { DataDirectory } from './data-directory.js'
import { explainListenFailure, hubUser, openEmbeddedApi } from './embedded-api.js'
import { type FleetAccessOptions, openFleetAccess } from './fleet-access.js'
import { type FleetConfig, type FleetDescription, planFleet, readFleetConfig } from './fleet-config.js'
import { writeGitFiles, writeKubeconfig } from './fleet-files.js'
import { claimAddresses, createFleetNetwork, gatewayAddressOf, type PlacedCluster } from './fleet-network.js'
import { openFleetPki } from './fleet-pki.js'
import { createFleetPods, type PodsMode } from './fleet-pods.js'
import { FleetRegister, serverAt } from './fleet-register.js'
import { memberLabels } from './member-labels.js'
import { registerMembers } from './register-members.js'
import { sleepUntilDeclared } from './sleeping-members.js'
import { takeStartTurn } from './start-turn.js'

export interface EmbeddedFleetOptions {
  readonly directory: DataDirectory
  readonly members: readonly string[]
  /** Of those that are new: reached by their agents alone. */
  readonly pulled?: readonly string[]
  readonly port: number | undefined
  readonly demo: boolean
  /** Nodes of each cluster, as `flotilla up --nodes` takes them (default: as before, at first three). */
  readonly nodes?: string
  /** Whether an acknowledged write has reached the disk, not only the operating system. */
  readonly sync: boolean
  /** Whether pods of images that the fleet has programs for are processes (default `simulated`: none). */
  readonly pods?: PodsMode
  /** Which images are local commands, beside those that are built in. */
  readonly podsConfig?: PodsConfig
  /** Where questions go that the clusters' name servers do not answer (default: they are refused). */
  readonly forwardNamesTo?: { readonly address: string; readonly port: number }
  /** Whose names the clusters' name servers answer beyond the specification (default: nobody's). */
  readonly dnsCompatibility?: DnsCompatibility
  /** Where the discovery service is (default: nowhere). */
  readonly xds?: XdsPlaces
  /** Other users than the administrator, and the audit log. */
  readonly access?: FleetAccessOptions
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Told in a few words what is done next. */
  readonly progress?: (text: string) => void
}

export interface EmbeddedFleet {
  readonly description: FleetDescription
  /** Resolves with a sentence once all Applications are Synced and Healthy for the first time. */
  readonly demoSettled: Promise<string>
  stop(): Promise<void>
}

const hubName = 'hub'
const repositoryName = 'fleet'
const namespace = 'argocd'

/** Starts a hub, members and a Git server in this process. The caller holds the data directory's lock. */
export async function startEmbeddedFleet(options: EmbeddedFleetOptions): Promise<EmbeddedFleet> {
  /** How to close what is open so far, the oldest first. */
  const opened: (() => Promise<void> | void)[] = []
  const stop = async () => {
    for (const close of opened.splice(0).reverse()) await close()
  }
  try {
    return await openFleet(options, opened, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function openFleet(
  options: EmbeddedFleetOptions,
  opened: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<EmbeddedFleet> {
  const { directory, log } = options
  const ports = { clock: systemClock, random: systemRandom, log }
  const stopping = new AbortController()
  const progress = options.progress ?? (() => {})
  const abilities = await detectLoopback()
  const known = readFleetConfig(directory)
  const names = new Set([...options.members, ...(known?.members ?? []).map(({ name }) => name)])
  const claim = await claimAddresses(abilities, known && (known.networkStart ?? 0), names.size + 1)
  opened.push(() => claim.release())
  if (!claim.exclusive) {
    log.warn('another fleet on this machine has the addresses of this one', {
      fix: 'stop it and start this one again; until then Services, names and pods of this fleet are not all reachable',
    })
  }
  const host = '127.0.0.1'
  const endTurn = await takeStartTurn({ host })
  opened.push(endTurn)
  const config = await planFleet(known, {
    members: options.members,
    port: options.port,
    host,
    nowMs: ports.clock.now(),
    demo: options.demo,
    ...(options.pulled === undefined ? {} : { pulled: options.pulled }),
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
    networkStart: claim.start,
  })
  const register = new FleetRegister({
    hubName,
    directory,
    config,
    describe: (now, clusters) => describe(directory, now, clusters, options.env),
  })
  const network = createFleetNetwork(register, abilities)
  const pki = await openFleetPki(directory, ports, addressesOf(register, network))
  const { description } = register
  const access = openFleetAccess(options.access ?? {}, directory, ports)
  opened.push(() => access.close())
  let pods: ProcessPods | undefined
  const api = openEmbeddedApi({
    directory,
    pki,
    access,
    serverOf: (cluster) => register.serverOf(cluster),
    openPods: (clusters) => {
      const config = options.podsConfig ?? { images: [] }
      pods = createFleetPods({ mode: options.pods ?? 'simulated', config, directory, clusters, network, ports, env: options.env })
      return pods
    },
    sync: options.sync,
    createdMs: config.createdMs,
    ports,
    network,
    customResources: memberCrds,
    admission: [
      createServiceAdmission(hubName),
      createApplyWarnings({
        cluster: hubName,
        namespace,
        functions: applicationSetProfile(ports),
        quietUsers: [hubUser.name],
      }),
      createKubeFedAdmission({ cluster: hubName, namespace, quietUsers: [hubUser.name] }),
      createKarmadaAdmission(hubName),
      createPlacementWarnings({ hub: hubName, quietUsers: [hubUser.name] }),
    ],
  })
  opened.push(() => api.stop())

  progress(`starting ${config.members.length + 1} API servers`)
  for (const place of register.all()) await api.serve(place.name, place)
  const links = new Links()
  const members = startMembers({
    clusters: api.clusters,
    ports,
    signal: stopping.signal,
    profileOf: (cluster) => register.profileOf(cluster),
    isTemplate: (cluster, object) => cluster === hubName && isFederationTemplate(object),
    rootCertificate: () => pki.caPem,
    issueSecretToken: api.issueSecretToken,
    measurements: api.measurements,
    certify: pki.certify,
    network: {
      ...network,
      links,
      ...(options.forwardNamesTo ? { forwardNamesTo: options.forwardNamesTo } : {}),
      ...(options.dnsCompatibility ? { dnsCompatibility: options.dnsCompatibility } : {}),
    },
    nodes: {
      machinesOf(cluster) {
        const nodes = register.nodesOf(cluster)
        return nodes === undefined ? undefined : parseNodes(nodes)
      },
      regionOf(cluster) {
        const index = register.config.members.findIndex(({ name }) => name === cluster)
        return index < 0 ? undefined : memberLabels(cluster, index)['region']
      },
    },
    ...(pods === undefined ? {} : { pods }),
  })
  opened.push(() => members.stop())
  const gateways = new FleetGateways({
    directory,
    addressOf: (cluster) => gatewayAddressOf(network.networkOf(cluster === 'in-cluster' ? hubName : cluster)),
    links,
    ...ports,
  })
  api.setMetrics(() => `${members.metrics()}${gateways.metrics()}`)
  opened.push(() => gateways.stop())
  const chaos = createFleetChaos({
    clusters: api.clusters,
    hub: hubName,
    api,
    members: {
      halt(cluster) {
        members.halt(cluster)
        gateways.halt(cluster)
      },
      resume(cluster) {
        members.resume(cluster)
        gateways.resume(cluster)
      },
    },
    links,
    numberOf: (cluster) => register.find(cluster)?.number,
    addressOf: (cluster) =>
      register.member(cluster) === undefined || register.isLeaving(cluster) ? undefined : register.find(cluster),
    ports,
  })
  opened.push(() => chaos.stop())
  // Before the controllers stop: what ends now is no news of its cluster.
  opened.push(() => pods?.stop())

  const hubClient = logicalCluster(api.clusters, hubName).client({ user: hubUser, name: hubName })
  let hub: Hub | undefined
  const git = createGitServer({
    root: directory.file('git'),
    tls: pki.server,
    token: pki.gitToken,
    clock: ports.clock,
    log,
    onPush: (name) => hub?.repositories.notify(gitUrl(config, name)),
    webhook: (request, response) => {
      if (hub) void answerWebhook(request, response, { hub: hubClient, namespace, repositories: hub.repositories, log })
      else response.writeHead(503).end('the fleet is starting\n')
    },
  })
  const gitAddress = { host: config.host, port: config.gitPort }
  await git.listen(gitAddress).catch((error: unknown) => {
    throw explainListenFailure(error, 'the Git server', gitAddress)
  })
  opened.push(() => git.close())
  // Its port is taken while no other fleet looks for free ones.
  const view = createLateView('fleet')
  await api.serveView(view, hubName, { host: config.host, port: config.fleetPort ?? 0 })
  endTurn()
  writeKubeconfig(directory, description, pki)
  await writeGitFiles(directory, gitAddress, pki)

  progress('registering the members with the hub')
  await installHub(hubClient, { namespace, more: [embeddedClusterCrd] })
  await installEmbeddedClusters(hubClient, config.members)
  await registerMembers(hubClient, {
    namespace,
    members: config.members.flatMap(({ name, pulled }, index) =>
      pulled ? [] : [registrationOf(register, pki, name, memberLabels(name, index))],
    ),
  })
  progress('starting the controllers')
  opened.push(() => stopping.abort())
  const running = await startHub({
    hub: hubClient,
    namespace,
    rendersApart: true,
    openRepositories: (credentials) =>
      createHubRepositories({
        directory: directory.file('cache/git'),
        env: options.env,
        credentials,
        local: localRepositories(directory, config.gitPort),
        ports,
      }),
    connect: connectEmbedded({ register, clusters: api.clusters, chaos, hubToken: pki.hubToken, env: options.env, log }),
    agents: {
      ...(config.agentPort === undefined ? {} : { listen: { host: config.host, port: config.agentPort } }),
      around: (cluster, client) => chaos.through(cluster, client),
    },
    gateways: (catalogue) => gateways.mapFor(catalogue),
    ports,
    asleep: sleepUntilDeclared(api.clusters, hubName, stopping.signal),
    signal: stopping.signal,
  })
  hub = running
  gateways.start(running.services)
  const here = withinProcess({ register, api, hubToken: pki.hubToken, env: options.env, log })
  view.begin(
    openFleetView({
      inventory: running.inventory,
      env: options.env,
      ports,
      open: (cluster) => running.agents?.forward(cluster) ?? here(cluster),
      isCut: ({ server }) => chaos.isCut(register.atServer(server) ?? ''),
    }),
  )
  const agents = createEmbeddedAgents({
    running,
    register,
    api,
    pki,
    directory,
    hub: hubClient,
    namespace,
    isCut: (cluster) => chaos.isCut(cluster),
    env: options.env,
    ports,
  })
  for (const [index, { name, pulled }] of config.members.entries()) {
    if (pulled) await agents.start(name, memberLabels(name, index))
  }
  const manager = createControllerManager({
    hub: hubClient,
    caches: createCaches({ client: hubClient, ...ports, signal: stopping.signal }),
    ...ports,
    services: createClusterMaker({ register, network, directory, pki, api, hub: hubClient, namespace, agents }),
  })
  manager.add(embeddedClusters)
  await manager.start(stopping.signal)
  opened.push(async () => {
    stopping.abort()
    await running.stopped
  })
  opened.push(() => agents.stop())
  if (options.xds !== undefined) {
    const { certPem, keyPem } = pki.server
    const tls = { ca: pki.caPem, cert: certPem, key: keyPem }
    const xds = await serveXds({ catalogue: running.services, places: options.xds, tls, clock: ports.clock, log })
    opened.push(() => xds.close())
  }
  // A fleet that was made without the demo stays without it.
  const demo = options.demo && config.demo
  if (demo) {
    const { created } = await git.ensureRepository(repositoryName, demoFiles(description.git.url), 'The demo')
    if (created) {
      await hubClient.patch(
        { type: applicationType, namespace, name: 'fleet' },
        { kind: 'apply', object: demoRootApplication(description.git.url) },
        { fieldManager: 'flotilla-up', force: true },
      )
    }
  }
  register.save()
  return {
    description,
    demoSettled: demo ? untilSettled(hubClient, stopping.signal) : Promise.resolve('no demo'),
    stop,
  }
}

function describe(
  directory: DataDirectory,
  config: FleetConfig,
  clusters: readonly PlacedCluster[],
  env: EmbeddedFleetOptions['env'],
): FleetDescription {
  const url = gitUrl(config, repositoryName)
  const [hub, ...members] = clusters.map((place) => ({ name: place.name, server: serverAt(place), context: place.name }))
  return {
    dataDir: directory.path,
    pid: process.pid,
    kubeconfig: directory.file('kubeconfig'),
    hub: { server: hub?.server ?? '', context: hubName },
    clusters: members,
    fleet: { server: serverAt({ host: config.host, port: config.fleetPort ?? 0 }), context: freeContext('fleet', clusters) },
    // This variable wins over the CA that the fleet's gitconfig names.
    git: {
      url,
      clone: `${env.GIT_SSL_CAINFO ? 'unset GIT_SSL_CAINFO; ' : ''}git clone -c include.path=${directory.file('gitconfig')} ${url}`,
    },
  }
}

/** A cluster of that name keeps its context. */
function freeContext(wanted: string, clusters: readonly PlacedCluster[]): string {
  return clusters.some(({ name }) => name === wanted) ? freeContext(`${wanted}-view`, clusters) : wanted
}

function gitUrl(config: FleetConfig, name: string): string {
  return `https://${config.host}:${config.gitPort}/${name}.git`
}

function logicalCluster(clusters: { get(name: string): LogicalCluster | undefined }, name: string): LogicalCluster {
  return clusters.get(name)!
}

async function untilSettled(hub: KubeClient, signal: AbortSignal): Promise<string> {
  let before = -1
  while (!signal.aborted) {
    const { items } = await hub.list<Application>(applicationType, { namespace })
    const good = items.filter((app) => app.status?.sync?.status === 'Synced' && app.status?.health?.status === 'Healthy')
    // Twice the same number: ApplicationSets that the demo itself delivers add Applications while we look.
    if (items.length > 1 && good.length === items.length && items.length === before)
      return `${items.length} Applications Synced and Healthy`
    before = good.length === items.length ? items.length : -1
    await new Promise((done) => setTimeout(done, 100))
  }
  return 'stopped'
}
