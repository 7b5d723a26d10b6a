import { UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import type { Connection, ConnectionAuth } from '../../kube/client/connection.js'
import { type AccessProvider, type ClusterProfile, execExtension } from './cluster-profile.js'

type ExecAuth = Extract<ConnectionAuth, { kind: 'exec' }>

/** How a consumer comes to credentials for clusters whose profile names this provider (KEP-5339). */
export interface ConfiguredProvider {
  readonly name: string
  readonly exec: Omit<ExecAuth, 'kind' | 'config'> & { readonly config?: unknown }
  readonly argsPolicy: 'Append' | 'Ignore'
  readonly envPolicy: 'AppendIfNotExists' | 'Replace' | 'Ignore'
}

const argsExtension = 'clusterprofiles.multicluster.x-k8s.io/exec/additional-args'
const envsExtension = 'clusterprofiles.multicluster.x-k8s.io/exec/additional-envs'

/** Reads what `--clusterprofile-provider-file` names. Throws UsageError with the place of what is wrong. */
export function readProviderFile(text: string, path: string): readonly ConfiguredProvider[] {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch (error) {
    throw wrong(path, `is no JSON: ${(error as Error).message}`, 'Correct the file.')
  }
  const providers = isObject(root) ? root['providers'] : undefined
  if (!Array.isArray(providers))
    throw wrong(path, 'has no list "providers"', 'Write {"providers": [{"name": ..., "execConfig": ...}]}.')
  return providers.map((entry, index) => readProvider(entry, path, `providers[${index}]`))
}

function readProvider(entry: unknown, path: string, at: string): ConfiguredProvider {
  if (!isObject(entry) || typeof entry['name'] !== 'string' || entry['name'] === '')
    throw wrong(path, `${at} has no name`, 'Give it the name that profiles have under status.accessProviders.')
  const exec = entry['execConfig']
  if (!isObject(exec) || typeof exec['command'] !== 'string' || exec['command'] === '')
    throw wrong(path, `${at}.execConfig has no command`, 'Name the executable of the credential plugin.')
  const apiVersion = exec['apiVersion'] ?? 'client.authentication.k8s.io/v1'
  const env: Record<string, string> = {}
  for (const pair of Array.isArray(exec['env']) ? exec['env'].filter(isObject) : [])
    env[String(pair['name'])] = String(pair['value'] ?? '')
  return {
    name: entry['name'],
    exec: {
      command: exec['command'],
      args: Array.isArray(exec['args']) ? exec['args'].map(String) : [],
      env,
      apiVersion: String(apiVersion),
      ...(typeof exec['installHint'] === 'string' && exec['installHint'] !== '' ? { installHint: exec['installHint'] } : {}),
      ...(exec['provideClusterInfo'] === true ? { provideClusterInfo: true } : {}),
      ...(exec['config'] === undefined ? {} : { config: exec['config'] }),
    },
    argsPolicy: policyOf(entry, 'profileSourcedCLIArgsPolicy', ['Ignore', 'Append'], path, at),
    envPolicy: policyOf(entry, 'profileSourcedEnvVarsPolicy', ['Ignore', 'AppendIfNotExists', 'Replace'], path, at),
  }
}

function policyOf<Name extends string>(
  entry: Record<string, unknown>,
  field: string,
  known: readonly Name[],
  path: string,
  at: string,
): Name {
  const value = entry[field]
  if (value === undefined || value === '') return known[0] as Name
  const found = known.find((name) => name === value)
  if (found === undefined) throw wrong(path, `${at}.${field} is ${JSON.stringify(value)}`, `Use ${known.join(', ')}.`)
  return found
}

function wrong(path: string, what: string, fix: string): UsageError {
  return new UsageError({ code: 'provider-file', message: `${path} ${what}`, fix })
}

/**
 * How to reach the cluster of a profile: with the first configured provider that the profile names. What the profile adds to the plugin's
 * arguments and environment counts as far as the configuration lets it: whoever writes profiles would else choose what runs here.
 */
export function connectionOf(
  profile: ClusterProfile,
  providers: readonly ConfiguredProvider[],
): { readonly connection: Connection } | { readonly problem: { reason: string; message: string } } {
  const where = `ClusterProfile ${profile.metadata.namespace}/${profile.metadata.name}`
  const named = new Map<string, AccessProvider>()
  for (const each of profile.status?.credentialProviders ?? []) named.set(each.name, each)
  for (const each of profile.status?.accessProviders ?? []) named.set(each.name, each)
  const provider = providers.find(({ name }) => named.has(name))
  if (provider === undefined) {
    const has = named.size === 0 ? 'names none' : `names ${[...named.keys()].join(', ')}`
    const message = `${where}: ${has}, configured are ${providers.map(({ name }) => name).join(', ') || 'none'}: add one of them to the provider file`
    return { problem: { reason: 'NoAccessProvider', message } }
  }
  const { cluster = {} } = named.get(provider.name) as AccessProvider
  const server = (cluster.server ?? '').replace(/\/+$/, '')
  if (!/^https?:\/\/[^/]/.test(server)) {
    const message = `${where}: access provider ${provider.name} has no server: its manager must give cluster.server as an http(s) URL`
    return { problem: { reason: 'MissingServer', message } }
  }
  const extensions = new Map(
    (Array.isArray(cluster.extensions) ? cluster.extensions : []).map((each) => [each?.name, each?.extension]),
  )
  const ca = cluster['certificate-authority-data']
  const config = extensions.get(execExtension) ?? provider.exec.config
  return {
    connection: {
      server,
      tls: {
        insecure: cluster['insecure-skip-tls-verify'] === true,
        ...(cluster['tls-server-name'] ? { serverName: cluster['tls-server-name'] } : {}),
        ...(ca ? { caPem: Buffer.from(ca, 'base64').toString('utf8') } : {}),
      },
      auth: {
        kind: 'exec',
        ...provider.exec,
        args: [...provider.exec.args, ...argsOf(provider, extensions.get(argsExtension))],
        env: envOf(provider, extensions.get(envsExtension)),
        ...(config === undefined ? {} : { config }),
      },
      ...(cluster['proxy-url'] ? { proxyUrl: cluster['proxy-url'] } : {}),
      ...(cluster['disable-compression'] === true ? { disableCompression: true } : {}),
    },
  }
}

function argsOf({ argsPolicy }: ConfiguredProvider, extension: unknown): readonly string[] {
  return argsPolicy === 'Append' && Array.isArray(extension) ? extension.map(String) : []
}

function envOf({ envPolicy, exec }: ConfiguredProvider, extension: unknown): Readonly<Record<string, string>> {
  if (envPolicy === 'Ignore' || !isObject(extension)) return exec.env
  const added = Object.fromEntries(Object.entries(extension).map(([name, value]) => [name, String(value)]))
  return envPolicy === 'Replace' ? { ...exec.env, ...added } : { ...added, ...exec.env }
}
