import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerPorts, UserInfo } from '../../apiserver/contract.js'
import { createJoinToken } from '../../areas/agent/join/join-token.js'
import { agentAccount } from '../../areas/agent/manifest.js'
import { agentClusterType } from '../../areas/agent/resource-types.js'
import { CodedError, messageOf } from '../../base/errors.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isAlreadyExists, isNotFound } from '../../kube/object/status-error.js'
import type { DataDirectory } from '../fleet/data-directory.js'
import type { EmbeddedApi } from '../fleet/embedded-api.js'
import type { FleetPki } from '../fleet/fleet-pki.js'
import type { FleetRegister } from '../fleet/fleet-register.js'
import type { Hub } from '../hub/hub.js'
import { secretType } from '../system/core-types.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import type { AgentPlace } from './agent-hub.js'
import { createFileStore } from './file-store.js'
import { startAgent } from './start-agent.js'

const agentNamespace = 'flotilla-system'

/** Agents of embedded members, in the fleet's own process; all they have to do with the hub goes over their tunnels. */
export interface EmbeddedAgents {
  /** Starts the agent of a member that is served already; nothing to do when it runs. */
  start(cluster: string, labels: Readonly<Record<string, string>>): Promise<void>
  /** Stops it and takes the cluster out of the fleet. */
  remove(cluster: string): Promise<void>
  stop(): Promise<void>
}

export function createEmbeddedAgents(options: {
  readonly running: Pick<Hub, 'agents' | 'agentPlace' | 'inventory'>
  readonly register: FleetRegister
  readonly api: EmbeddedApi
  readonly pki: FleetPki
  readonly directory: DataDirectory
  readonly hub: KubeClient
  readonly namespace: string
  /** Whether chaos has cut a member off from the hub. */
  readonly isCut: (cluster: string) => boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly ports: ServerPorts
}): EmbeddedAgents {
  const { running, register, api, pki, directory, hub, namespace, ports } = options
  const agents = new Map<string, { stopping: AbortController; ended: Promise<void> }>()
  let place: Promise<AgentPlace> | undefined = running.agentPlace && Promise.resolve(running.agentPlace)

  const listen = async (): Promise<AgentPlace> => {
    const { agents: agentHub, inventory } = running
    if (agentHub === undefined) throw new CodedError({ code: 'no-agents', message: 'this hub has nothing to do with agents' })
    const { host, agentPort } = register.config
    const found = await agentHub.listen({ host, port: agentPort ?? 0 }, inventory)
    register.setAgentPort(found.port)
    register.save()
    return found
  }

  async function tokenFor(cluster: string): Promise<string> {
    const { text, secret } = createJoinToken({
      random: ports.random,
      nowMs: ports.clock.now(),
      ttlMs: 10 * 60_000,
      namespace,
      cluster,
      approves: true,
    })
    await hub.create(secretType, secret)
    return text
  }

  /** The agent's account on the member, as `flotilla agent manifest` makes it, and a token for it. */
  async function accountOn(cluster: string): Promise<string> {
    const logical = api.clusters.get(cluster)!
    const member = logical.client({ user: makingUser })
    const types = await member.resources()
    for (const object of agentAccount(agentNamespace, { role: 'cluster-admin', namespaces: [], impersonation: true })) {
      await create(member, types.forKind(object.apiVersion, object.kind)!, object)
    }
    const name = 'flotilla-agent-token'
    const metadata = { name, namespace: agentNamespace, annotations: { 'kubernetes.io/service-account.name': 'flotilla-agent' } }
    await create(member, secretType, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque' })
    const [secret, account] = await Promise.all([
      member.get({ type: secretType, namespace: agentNamespace, name }),
      member.get({ type: types.forKind('v1', 'ServiceAccount')!, namespace: agentNamespace, name: 'flotilla-agent' }),
    ])
    return api.issueSecretToken(logical, {
      serviceAccount: { namespace: agentNamespace, name: 'flotilla-agent', uid: account.metadata.uid ?? '' },
      secret: { name, uid: secret.metadata.uid ?? '' },
    })
  }

  return {
    async start(cluster, labels) {
      if (agents.has(cluster)) return
      const { url, caPem } = await (place ??= listen())
      await create(hub, agentClusterType, {
        apiVersion: 'flotilla.dev/v1alpha1',
        kind: 'AgentCluster',
        metadata: { name: cluster, labels: { ...labels } },
        spec: {},
      })
      const store = createFileStore(directory.file(join('agents', cluster)))
      const token = (await store.read('certificate')) === undefined ? await tokenFor(cluster) : undefined
      const clientPorts = createSystemClientPorts(options.env, ports.log)
      const connection = {
        server: register.serverOf(cluster) ?? '',
        tls: { insecure: false, caPem: pki.caPem },
        auth: { kind: 'bearer' as const, token: await accountOn(cluster) },
      }
      const stopping = new AbortController()
      const ended = startAgent({
        name: cluster,
        place: { url, caPem },
        ...(token === undefined ? {} : { token }),
        store,
        client: createHttpClient({ name: cluster, connection, ports: clientPorts }),
        connection,
        clientPorts,
        rules: { access: 'full', impersonation: true },
        isCut: () => options.isCut(cluster),
        ports: { ...ports, log: ports.log.with({ agent: cluster }) },
        signal: stopping.signal,
      }).catch((error: unknown) => {
        if (!stopping.signal.aborted) ports.log.error('the agent of a member has ended', { cluster, problem: messageOf(error) })
      })
      agents.set(cluster, { stopping, ended })
    },
    async remove(cluster) {
      await end(cluster)
      await hub.delete({ type: agentClusterType, name: cluster }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
      rmSync(directory.file(join('agents', cluster)), { recursive: true, force: true })
    },
    async stop() {
      await Promise.all([...agents.keys()].map(end))
    },
  }

  async function end(cluster: string): Promise<void> {
    const agent = agents.get(cluster)
    agents.delete(cluster)
    agent?.stopping.abort()
    await agent?.ended
  }
}

/** As whom an admin of the member would install the agent. */
const makingUser: UserInfo = { name: 'flotilla:installer', groups: ['system:masters', 'system:authenticated'] }

async function create(
  client: KubeClient,
  type: Parameters<KubeClient['create']>[0],
  object: Parameters<KubeClient['create']>[1],
) {
  await client.create(type, object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error
  })
}
