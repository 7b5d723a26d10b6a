import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { connectKubeconfigFile } from '../../app/access/kubeconfig-files.js'
import { createFileStore } from '../../app/agent/file-store.js'
import type { HubPlace } from '../../app/agent/join-hub.js'
import { joinAgent, startAgent } from '../../app/agent/start-agent.js'
import { createSystemClientPorts } from '../../app/system/system-client-ports.js'
import { createLineLog, systemClock, systemRandom } from '../../app/system/system-ports.js'
import { agentManifest } from '../../areas/agent/manifest.js'
import type { RequestRules } from '../../areas/agent/member/request-rules.js'
import { createSecretStore, type StateStore } from '../../areas/agent/member/state-store.js'
import { UsageError } from '../../base/errors.js'
import { formatYaml } from '../../formats/yaml/format-yaml.js'
import type { ClientPorts } from '../../kube/client/client-ports.js'
import type { Connection } from '../../kube/client/connection.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import { readInClusterConnection } from '../../kube/client/in-cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { ManifestFlags } from '../commands/agent.js'
import type { CommandIo } from '../contract.js'
import { parseLogLevel } from '../options/parse-log-level.js'
import { untilStopped } from './until-stopped.js'

export interface AgentFlags {
  hub: string
  name: string
  token?: string
  tokenFile?: string
  caHash?: string
  caFile?: string
  proxy?: string
  kubeconfig?: string
  context?: string
  stateDir?: string
  stateSecret?: string
  access: string
  allowImpersonation?: boolean
  logLevel: string
}

/** Runs an agent until it is told to stop. */
export async function runAgentCommand(flags: AgentFlags, io: CommandIo): Promise<void> {
  const prepared = await prepare(flags, io)
  const stopping = new AbortController()
  const running = startAgent({ ...prepared, signal: stopping.signal })
  await Promise.race([running, untilStopped()])
  stopping.abort()
  await running.catch(() => {})
  prepared.client.close()
  process.exit(process.exitCode ?? 0)
}

/** Joins, and ends. */
export async function joinAgentCommand(flags: AgentFlags, io: CommandIo): Promise<void> {
  const prepared = await prepare(flags, io)
  const stopping = new AbortController()
  const version = await prepared.client.version()
  const { identity } = await joinAgent({ ...prepared, signal: stopping.signal })
  prepared.client.close()
  io.out(`cluster ${flags.name} (Kubernetes ${version.gitVersion}) has joined with the key ${identity.key.fingerprint}`)
}

async function prepare(flags: AgentFlags, io: CommandIo) {
  const log = createLineLog((line) => io.err(line), parseLogLevel(flags.logLevel), systemClock)
  const clientPorts = createSystemClientPorts(io.env, log)
  const rules: RequestRules = { access: parseAccess(flags.access), impersonation: flags.allowImpersonation === true }
  const { client, connection } = await connectMember(flags, clientPorts)
  const token = readToken(flags, io)
  return {
    name: flags.name,
    place: placeOf(flags, io),
    ...(token === '' ? {} : { token }),
    store: openStore(flags, client, io),
    client,
    connection,
    clientPorts,
    rules,
    ports: { clock: systemClock, random: systemRandom, log },
    onWait: (message: string) => io.err(message),
  }
}

/** Prints what installs an agent in a cluster. */
export async function printManifest(flags: ManifestFlags, io: CommandIo): Promise<void> {
  const token = readToken(flags, io)
  if (token === '') {
    throw new UsageError({
      code: 'agent-token-missing',
      message: 'the agent needs a token to join, and none is given',
      fix: 'Make one on the hub (flotilla agent token create) and give it as FLOTILLA_AGENT_TOKEN.',
    })
  }
  const { caHash, caPem, proxyUrl } = placeOf(flags, io)
  const objects = agentManifest({
    name: flags.name,
    namespace: flags.installNamespace,
    image: flags.image,
    hubUrl: flags.hub,
    token,
    ...(caHash === undefined ? {} : { caHash }),
    ...(caPem === undefined ? {} : { caPem }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    access: parseAccess(flags.access),
    rights: {
      role: flags.rights,
      namespaces: (flags.rightsIn ?? '').split(',').filter((each) => each !== ''),
      impersonation: flags.allowImpersonation === true,
    },
  })
  io.out(objects.map((object) => formatYaml(object)).join('---\n'))
}

function placeOf(flags: { hub: string; caHash?: string; caFile?: string; proxy?: string }, io: CommandIo): HubPlace {
  const proxyUrl = flags.proxy ?? proxyFor(flags.hub, io.env)
  return {
    url: flags.hub.replace(/\/$/, ''),
    ...(flags.caHash === undefined ? {} : { caHash: flags.caHash }),
    ...(flags.caFile === undefined ? {} : { caPem: readText(flags.caFile, '--ca-file') }),
    ...(proxyUrl === undefined || proxyUrl === '' ? {} : { proxyUrl }),
  }
}

/** HTTPS_PROXY, unless NO_PROXY names the host or it is on this machine. */
function proxyFor(hub: string, env: CommandIo['env']): string | undefined {
  let host: string
  try {
    host = new URL(hub).hostname
  } catch {
    return undefined
  }
  const direct = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').map((each) => each.trim().replace(/^\*?\./, ''))
  const isDirect = direct.some((each) => each === '*' || (each !== '' && (host === each || host.endsWith(`.${each}`))))
  if (isDirect || host === 'localhost' || host === '[::1]' || host.startsWith('127.')) return undefined
  return env['HTTPS_PROXY'] ?? env['https_proxy']
}

/** Empty: none is given. */
function readToken(flags: { token?: string; tokenFile?: string }, io: CommandIo): string {
  if (flags.token !== undefined) return flags.token
  if (flags.tokenFile !== undefined) return readText(flags.tokenFile, '--token-file').trim()
  return (io.env['FLOTILLA_AGENT_TOKEN'] ?? '').trim()
}

function parseAccess(text: string): RequestRules['access'] {
  if (text === 'full' || text === 'read' || text === 'none') return text
  throw new UsageError({ code: 'bad-access', message: `unknown --access "${text}"`, fix: 'Use full, read or none.' })
}

async function connectMember(flags: AgentFlags, ports: ClientPorts): Promise<{ client: KubeClient; connection: Connection }> {
  const { name, kubeconfig: path, context } = flags
  if (path !== undefined) return connectKubeconfigFile({ path, context, name }, ports)
  const { connection } = await readInClusterConnection(ports)
  return { client: createHttpClient({ name, connection, ports }), connection }
}

function openStore(flags: AgentFlags, client: KubeClient, io: CommandIo): StateStore {
  if (flags.stateSecret !== undefined) {
    const match = /^([a-z0-9-]+)\/([a-z0-9-]+)$/.exec(flags.stateSecret)
    if (match === null) {
      throw new UsageError({
        code: 'bad-state-secret',
        message: `--state-secret ${flags.stateSecret} is not namespace/prefix`,
        fix: 'For example: --state-secret flotilla-system/flotilla-agent',
      })
    }
    return createSecretStore({ client, namespace: match[1] as string, prefix: match[2] as string })
  }
  const home = io.env['XDG_STATE_HOME'] ?? join(io.env['HOME'] ?? homedir(), '.local', 'state')
  return createFileStore(resolve(flags.stateDir ?? join(home, 'flotilla', 'agents', flags.name)))
}

function readText(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError({
      code: 'file-unreadable',
      message: `${path} (${option}) cannot be read: ${(error as Error).message}`,
      fix: 'Name a file that is there.',
    })
  }
}
