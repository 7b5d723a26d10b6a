import { homedir } from 'node:os'
import { join } from 'node:path'
import { connectKubeconfigFile } from '../../app/access/kubeconfig-files.js'
import { startHub } from '../../app/hub/hub.js'
import { createHubRepositories } from '../../app/hub/hub-repositories.js'
import { checkHub, installHub } from '../../app/hub/install-hub.js'
import { installMemberApis } from '../../app/hub/install-member-apis.js'
import type { Leadership } from '../../app/hub/lead-hub.js'
import { installTemplatePolicy } from '../../app/hub/template-policy.js'
import { listenForWebhooks } from '../../app/hub/webhook.js'
import { serveXds } from '../../app/services/serve-xds.js'
import { readPlace, readTlsFiles, readXdsPlaces } from '../../app/services/xds-options.js'
import { createSystemClientPorts } from '../../app/system/system-client-ports.js'
import { createLineLog, systemClock, systemRandom } from '../../app/system/system-ports.js'
import { UsageError } from '../../base/errors.js'
import { readProviderFile } from '../../dialects/cluster-profile/access-providers.js'
import { mcsCrds } from '../../dialects/mcs/crds.js'
import type { ClientPorts } from '../../kube/client/client-ports.js'
import type { Connection } from '../../kube/client/connection.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import { readInClusterConnection } from '../../kube/client/in-cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { HubOptions } from '../commands/hub.js'
import { parsePort } from '../commands/up.js'
import type { CommandIo } from '../contract.js'
import { readManifest } from '../options/fleet-access.js'
import { readFleetApiFlags, runFleetApi } from '../options/fleet-api-options.js'
import { parseLogLevel } from '../options/parse-log-level.js'
import { standBy } from './stand-by.js'
import { untilStopped } from './until-stopped.js'

/** Runs the hub's controllers against a real Kubernetes API until it is told to stop. */
export async function runHub(options: HubOptions, io: CommandIo): Promise<void> {
  const pollSeconds = Number(options.pollSeconds)
  if (!Number.isFinite(pollSeconds) || pollSeconds < 1) {
    throw new UsageError({
      code: 'bad-poll-seconds',
      message: `--poll-seconds ${options.pollSeconds} is no number of seconds`,
      fix: 'Use at least 1.',
    })
  }
  const webhookPort = options.webhookPort === undefined ? undefined : parsePort(options.webhookPort)
  const xdsPlaces = readXdsPlaces(options)
  const xdsTls = readXdsTls(options)
  const log = createLineLog((line) => io.err(line), parseLogLevel(options.logLevel), systemClock)
  const ports = { clock: systemClock, random: systemRandom, log }
  const clientPorts = createSystemClientPorts(io.env, log)
  const fleetApiFlags = readFleetApiFlags(options)
  const listen = options.agentListen === undefined ? undefined : readPlace('--agent-listen', options.agentListen)
  const { client, connection } = await connectHub(options, clientPorts)
  const stopping = new AbortController()
  let leadership: Leadership | undefined
  try {
    const version = await client.version()
    if (options.installTemplates) await installTemplatePolicy(client)
    if (options.install) await installHub(client, { namespace: options.namespace })
    else await checkHub(client)
    if (options.leaderElect) leadership = await standBy(options, { hub: client, ...ports }, io)
    const hub = await startHub({
      hub: client,
      namespace: options.namespace,
      remoteBases: options.allowRemoteBases === true,
      kustomizeHelm: options.enableHelm === true,
      rendersApart: true,
      ...(options.clusterprofileProviderFile === undefined
        ? {}
        : {
            profileProviders: readProviderFile(
              await readManifest(options.clusterprofileProviderFile, io),
              options.clusterprofileProviderFile,
            ),
          }),
      openRepositories: (credentials) =>
        createHubRepositories({
          directory:
            options.cacheDir ?? join(io.env.XDG_CACHE_HOME ?? join(io.env.HOME ?? homedir(), '.cache'), 'flotilla', 'git'),
          env: io.env,
          pollSeconds,
          protocols: options.allowFileRepositories ? undefined : ['https', 'http', 'ssh', 'git'],
          credentials,
          ports,
        }),
      connect: (cluster, connection) => createHttpClient({ name: cluster.name, connection, ports: clientPorts }),
      agents:
        listen === undefined
          ? {}
          : {
              listen: {
                host: listen.address,
                port: listen.port,
                ...(options.agentUrl === undefined ? {} : { url: options.agentUrl }),
              },
            },
      ports,
      signal: stopping.signal,
    })
    if (options.installMemberApis)
      installMemberApis({ inventory: hub.inventory, definitions: mcsCrds, ...ports, signal: stopping.signal })
    const webhooks =
      webhookPort === undefined
        ? undefined
        : await listenForWebhooks(
            { host: options.webhookHost, port: webhookPort },
            { hub: client, namespace: options.namespace, repositories: hub.repositories, log },
          )
    const xds =
      xdsPlaces === undefined
        ? undefined
        : await serveXds({ catalogue: hub.services, places: xdsPlaces, tls: xdsTls, clock: systemClock, log })
    const { inventory } = hub
    const fleetApi = await runFleetApi(fleetApiFlags, options, {
      hub: client,
      connection,
      inventory,
      open: (cluster) => hub.agents?.forward(cluster),
      env: io.env,
      ports,
    })
    if (fleetApi !== undefined) io.out(`One API over all members at ${fleetApi.url}`)
    if (hub.agentPlace !== undefined) io.out(`Agents connect at ${hub.agentPlace.url}`)
    io.out(`Hub running against Kubernetes ${version.gitVersion}, namespace ${options.namespace}; stop with Ctrl-C.`)
    await untilStopped()
    stopping.abort()
    webhooks?.close()
    xds?.close()
    await fleetApi?.close()
    await hub.stopped
  } finally {
    stopping.abort()
    await leadership?.release()
    client.close()
  }
  process.exit(process.exitCode ?? 0)
}

function readXdsTls({ xds, xdsCa, xdsCert, xdsKey }: HubOptions) {
  if (xds === undefined) return undefined
  if (xdsCa !== undefined && xdsCert !== undefined && xdsKey !== undefined) {
    return readTlsFiles({ ca: xdsCa, cert: xdsCert, key: xdsKey })
  }
  throw new UsageError({
    code: 'xds-without-certificates',
    message: '--xds needs certificates',
    fix: 'Give --xds-ca, --xds-cert and --xds-key, or use --xds-clear for clients on this machine.',
  })
}

/** By a kubeconfig, or, without one, as the pod that this runs in. */
async function connectHub(options: HubOptions, ports: ClientPorts): Promise<{ client: KubeClient; connection: Connection }> {
  if (options.kubeconfig !== undefined) {
    return connectKubeconfigFile({ path: options.kubeconfig, context: options.context, name: 'hub' }, ports)
  }
  if (options.context !== undefined) {
    throw new UsageError({
      code: 'context-without-kubeconfig',
      message: '--context names a context of no file',
      fix: 'Give --kubeconfig too.',
    })
  }
  const { connection } = await readInClusterConnection(ports)
  return { client: createHttpClient({ name: 'hub', connection, ports }), connection }
}
