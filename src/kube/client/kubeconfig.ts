import { dirname, isAbsolute, join } from 'node:path'
import { CodedError, messageOf, UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { parseYaml } from '../../formats/yaml/parse-yaml.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection, ConnectionAuth } from './connection.js'

/** Kubeconfig files as kubectl merges them: the first file that names something wins. */
export interface Kubeconfig {
  readonly currentContext: string
  readonly contexts: ReadonlyMap<string, KubeconfigContext>
  readonly clusters: ReadonlyMap<string, KubeconfigEntry>
  readonly users: ReadonlyMap<string, KubeconfigEntry>
}

export interface KubeconfigContext {
  readonly cluster: string
  readonly user: string
  /** '' when the context names none. */
  readonly namespace: string
  /** It is no cluster but the API over all members of a fleet: its objects are those of other contexts. */
  readonly allMembers?: true
}

/** The extension of a context that marks the API over all members of a fleet. */
export const allMembersExtension = 'flotilla.dev/all-members'

export interface KubeconfigEntry {
  readonly fields: Readonly<Record<string, unknown>>
  /** The file it stands in: relative paths start there. */
  readonly file: string
}

/** Parses and merges files, earlier ones first. Throws a CodedError `bad-kubeconfig` that names the file and the place. */
export function parseKubeconfig(files: readonly { path: string; text: string }[]): Kubeconfig {
  let currentContext = ''
  const contexts = new Map<string, KubeconfigContext>()
  const clusters = new Map<string, KubeconfigEntry>()
  const users = new Map<string, KubeconfigEntry>()
  for (const { path, text } of files) {
    if (text.trim() === '') continue
    const root = parseFile(path, text)
    currentContext ||= stringOf(root['current-context'])
    for (const [name, fields] of named(path, root, 'clusters', 'cluster')) addFirst(clusters, name, { fields, file: path })
    for (const [name, fields] of named(path, root, 'users', 'user')) addFirst(users, name, { fields, file: path })
    for (const [name, fields] of named(path, root, 'contexts', 'context')) {
      addFirst(contexts, name, {
        cluster: stringOf(fields['cluster']),
        user: stringOf(fields['user']),
        namespace: stringOf(fields['namespace']),
        ...(isForAllMembers(fields['extensions']) ? { allMembers: true } : {}),
      })
    }
  }
  return { currentContext, contexts, clusters, users }
}

function isForAllMembers(extensions: unknown): boolean {
  return Array.isArray(extensions) && extensions.some((each) => isObject(each) && each['name'] === allMembersExtension)
}

/** Reads the files that KUBECONFIG names, or ~/.kube/config; files that are not there are left out, as kubectl does. */
export async function loadKubeconfig(
  ports: Pick<ClientPorts, 'env' | 'readFile'>,
  options: { path?: string; separator?: string } = {},
): Promise<Kubeconfig> {
  if (options.path) return parseKubeconfig([{ path: options.path, text: await ports.readFile(options.path) }])
  const { env } = ports
  const named = (env['KUBECONFIG'] ?? '').split(options.separator ?? ':').filter((path) => path !== '')
  const paths = named.length > 0 ? named : [join(env['HOME'] ?? env['USERPROFILE'] ?? '', '.kube', 'config')]
  const files: { path: string; text: string }[] = []
  for (const path of paths) {
    const text = await ports.readFile(path).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === 'ENOENT') return undefined
      throw bad(path, `cannot be read: ${messageOf(error)}`)
    })
    if (text !== undefined) files.push({ path, text })
  }
  return parseKubeconfig(files)
}

export interface ResolvedContext {
  readonly name: string
  readonly connection: Connection
  /** The context's namespace, or `default`. */
  readonly namespace: string
}

/** How to reach the cluster of a context (the current one when none is named); certificate files are read. */
export async function resolveContext(
  kubeconfig: Kubeconfig,
  ports: Pick<ClientPorts, 'readFile'>,
  name: string = kubeconfig.currentContext,
): Promise<ResolvedContext> {
  const known = [...kubeconfig.contexts.keys()].sort()
  if (name === '') throw missing('no context is named and there is no current-context', known)
  const context = kubeconfig.contexts.get(name)
  if (context === undefined) throw missing(`there is no context "${name}"`, known)
  const cluster = kubeconfig.clusters.get(context.cluster)
  if (cluster === undefined) {
    throw missing(`context "${name}" names cluster "${context.cluster}", which is not there`, [...kubeconfig.clusters.keys()])
  }
  const user = context.user === '' ? { fields: {}, file: cluster.file } : kubeconfig.users.get(context.user)
  if (user === undefined) {
    throw missing(`context "${name}" names user "${context.user}", which is not there`, [...kubeconfig.users.keys()])
  }
  const server = stringOf(cluster.fields['server']).replace(/\/+$/, '')
  if (server === '') throw bad(cluster.file, `cluster "${context.cluster}" has no server`)
  const [caPem, certPem, keyPem] = await Promise.all([
    pem(cluster, 'certificate-authority', ports),
    pem(user, 'client-certificate', ports),
    pem(user, 'client-key', ports),
  ])
  const serverName = stringOf(cluster.fields['tls-server-name'])
  const proxyUrl = stringOf(cluster.fields['proxy-url'])
  return {
    name,
    namespace: context.namespace || 'default',
    connection: {
      server,
      tls: {
        insecure: cluster.fields['insecure-skip-tls-verify'] === true,
        ...(serverName === '' ? {} : { serverName }),
        ...(caPem === undefined ? {} : { caPem }),
        ...(certPem === undefined ? {} : { certPem }),
        ...(keyPem === undefined ? {} : { keyPem }),
      },
      auth: authOf(user, context.user, cluster.fields['extensions']),
      ...(proxyUrl === '' ? {} : { proxyUrl }),
      ...(cluster.fields['disable-compression'] === true ? { disableCompression: true } : {}),
    },
  }
}

function authOf(user: KubeconfigEntry, name: string, clusterExtensions: unknown): ConnectionAuth {
  const { fields } = user
  const exec = fields['exec']
  if (isObject(exec)) return execOf(exec, user, name, clusterExtensions)
  const tokenFile = stringOf(fields['tokenFile'])
  // As client-go: the file, where there is one, is newer than the token that stands beside it.
  if (tokenFile !== '') return { kind: 'token-file', path: within(user.file, tokenFile) }
  const token = stringOf(fields['token'])
  if (token !== '') return { kind: 'bearer', token }
  const username = stringOf(fields['username'])
  if (username !== '') return { kind: 'basic', username, password: stringOf(fields['password']) }
  if (isObject(fields['auth-provider'])) {
    throw bad(user.file, `user "${name}" uses an auth-provider, which Kubernetes 1.26 removed`, 'Use an exec credential plugin.')
  }
  return { kind: 'none' }
}

function execOf(exec: Record<string, unknown>, user: KubeconfigEntry, name: string, clusterExtensions: unknown): ConnectionAuth {
  const command = stringOf(exec['command'])
  if (command === '') throw bad(user.file, `user "${name}": exec has no command`)
  if (exec['interactiveMode'] === 'Always') {
    throw bad(
      user.file,
      `user "${name}": exec plugin ${command} wants a terminal (interactiveMode Always)`,
      'Use one that does not.',
    )
  }
  const env: Record<string, string> = {}
  for (const pair of Array.isArray(exec['env']) ? exec['env'] : []) {
    if (isObject(pair)) env[stringOf(pair['name'])] = stringOf(pair['value'])
  }
  const args = Array.isArray(exec['args']) ? exec['args'].map(String) : []
  // client-go hands a plugin the cluster's extension of this name.
  const extension = (Array.isArray(clusterExtensions) ? clusterExtensions : []).find(
    (entry) => isObject(entry) && entry['name'] === 'client.authentication.k8s.io/exec',
  ) as { extension?: unknown } | undefined
  const installHint = stringOf(exec['installHint'])
  return {
    kind: 'exec',
    command: command.includes('/') ? within(user.file, command) : command,
    args,
    env,
    apiVersion: stringOf(exec['apiVersion']),
    ...(installHint === '' ? {} : { installHint }),
    ...(exec['provideClusterInfo'] === true ? { provideClusterInfo: true } : {}),
    ...(extension === undefined ? {} : { config: extension.extension }),
  }
}

/** `<field>-data` (base64) wins over `<field>` (a file), as in client-go. */
async function pem(entry: KubeconfigEntry, field: string, ports: Pick<ClientPorts, 'readFile'>): Promise<string | undefined> {
  const data = stringOf(entry.fields[`${field}-data`])
  if (data !== '') {
    if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(data)) throw bad(entry.file, `${field}-data is no base64`)
    return Buffer.from(data, 'base64').toString('utf8')
  }
  const path = stringOf(entry.fields[field])
  if (path === '') return undefined
  const full = within(entry.file, path)
  return ports.readFile(full).catch((error: unknown) => {
    throw bad(entry.file, `${field} ${full} cannot be read: ${messageOf(error)}`)
  })
}

function within(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path)
}

function parseFile(path: string, text: string): Record<string, unknown> {
  const root: unknown = parseYaml(text, { source: path })
  if (!isObject(root)) throw bad(path, 'expected a mapping')
  const kind = root['kind']
  if (kind !== undefined && kind !== 'Config') throw bad(path, `expected kind Config, found ${String(kind)}`)
  return root
}

function* named(
  path: string,
  root: Record<string, unknown>,
  list: string,
  member: string,
): Iterable<[string, Record<string, unknown>]> {
  const entries = root[list] ?? []
  if (!Array.isArray(entries)) throw bad(path, `${list}: expected a list`)
  for (const [index, entry] of entries.entries()) {
    const name: unknown = isObject(entry) ? entry['name'] : undefined
    if (typeof name !== 'string') throw bad(path, `${list}[${index}]: expected a mapping with a name`)
    const fields = (entry as Record<string, unknown>)[member] ?? {}
    if (!isObject(fields)) throw bad(path, `${list}[${index}] (${name}): expected a mapping under ${member}`)
    yield [name, fields]
  }
}

function addFirst<T>(map: Map<string, T>, name: string, value: T): void {
  if (!map.has(name)) map.set(name, value)
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function bad(path: string, what: string, fix?: string): CodedError {
  return new CodedError({ code: 'bad-kubeconfig', message: `${path}: ${what}`, fix })
}

function missing(what: string, known: readonly string[]): UsageError {
  return new UsageError({
    code: 'bad-kubeconfig',
    message: `kubeconfig: ${what}`,
    fix: known.length === 0 ? 'Point KUBECONFIG to a file that has it.' : `Known are: ${known.join(', ')}.`,
  })
}
