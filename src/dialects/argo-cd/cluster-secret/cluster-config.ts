import { isObject } from '../../../base/json.js'
import type { Connection, ConnectionAuth } from '../../../inventory/cluster.js'
import { type JsonPlace, JsonTextError, parsePositionedJson } from './positioned-json.js'

/** What is wrong with a cluster Secret. The message names the field and the place and holds no secret value. */
export class ClusterSecretProblem extends Error {
  readonly reason: string
  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

const topFields = [
  'username',
  'password',
  'bearerToken',
  'tlsClientConfig',
  'awsAuthConfig',
  'execProviderConfig',
  'disableCompression',
  'proxyUrl',
]
const tlsFields = ['insecure', 'serverName', 'caData', 'certData', 'keyData']
const awsFields = ['clusterName', 'roleARN', 'profile']
const execFields = ['command', 'args', 'env', 'apiVersion', 'installHint', 'provideClusterInfo', 'config']

export interface ParsedClusterConfig {
  readonly connection: Connection
  /** Fields that mean nothing here, as paths. */
  readonly unknownFields: readonly string[]
}

/**
 * The `config` of a cluster Secret (Argo CD's ClusterConfig as JSON). Credentials count in upstream's order: awsAuthConfig,
 * execProviderConfig, username, bearerToken. Throws ClusterSecretProblem.
 */
export function parseClusterConfig(text: string, server: string): ParsedClusterConfig {
  const reader = new Reader(text.trim() === '' ? '{}' : text)
  const tls = reader.object([], 'tlsClientConfig')
  const proxyUrl = reader.text([], 'proxyUrl')
  if (proxyUrl !== '' && !/^https?:\/\/[^/]/.test(proxyUrl)) {
    throw reader.problem(['proxyUrl'], 'expected http://HOST:PORT or https://HOST:PORT')
  }
  const disableCompression = reader.flag([], 'disableCompression')
  const connection: Connection = {
    server,
    tls: tls ? tlsOf(reader) : { insecure: false },
    auth: authOf(reader),
    ...(proxyUrl === '' ? {} : { proxyUrl }),
    ...(disableCompression ? { disableCompression } : {}),
  }
  return { connection, unknownFields: unknownFields(reader) }
}

function tlsOf(reader: Reader): Connection['tls'] {
  const at = ['tlsClientConfig']
  const insecure = reader.flag(at, 'insecure')
  const serverName = reader.text(at, 'serverName')
  const caPem = reader.pem(at, 'caData', 'CERTIFICATE')
  const certPem = reader.pem(at, 'certData', 'CERTIFICATE')
  const keyPem = reader.pem(at, 'keyData', 'KEY')
  // client-go refuses these, so Argo CD could not connect either.
  if (insecure && caPem !== undefined) {
    throw reader.problem([...at, 'caData'], 'insecure is true, so there must be no caData: remove one of them')
  }
  if ((certPem === undefined) !== (keyPem === undefined)) {
    const [present, absent] = certPem === undefined ? ['keyData', 'certData'] : ['certData', 'keyData']
    throw reader.problem([...at, present], `${present} needs ${absent} beside it`)
  }
  return {
    insecure,
    ...(serverName === '' ? {} : { serverName }),
    ...(caPem === undefined ? {} : { caPem }),
    ...(certPem === undefined ? {} : { certPem }),
    ...(keyPem === undefined ? {} : { keyPem }),
  }
}

function authOf(reader: Reader): ConnectionAuth {
  if (reader.object([], 'awsAuthConfig')) {
    const at = ['awsAuthConfig']
    const clusterName = reader.text(at, 'clusterName')
    if (clusterName === '') throw reader.problem(at, 'clusterName is missing: the name of the EKS cluster')
    return aws(clusterName, reader.text(at, 'roleARN'), reader.text(at, 'profile'), {})
  }
  if (reader.object([], 'execProviderConfig')) return execOf(reader)
  const username = reader.text([], 'username')
  if (username !== '') return { kind: 'basic', username, password: reader.text([], 'password') }
  const token = reader.text([], 'bearerToken')
  return token === '' ? { kind: 'none' } : { kind: 'bearer', token }
}

function execOf(reader: Reader): ConnectionAuth {
  const at = ['execProviderConfig']
  const command = reader.text(at, 'command')
  if (command === '') throw reader.problem(at, 'command is missing')
  const args = reader.texts(at, 'args')
  const env = reader.textMap(at, 'env')
  // Argo CD's own helper makes nothing but an EKS token; that is done here, in process.
  if (/(^|\/)argocd-k8s-auth$/.test(command) && args[0] === 'aws') {
    const flag = (name: string) => flagOf(args, name)
    const clusterName = flag('cluster-name')
    if (clusterName === '') throw reader.problem([...at, 'args'], 'argocd-k8s-auth aws needs --cluster-name')
    return aws(clusterName, flag('role-arn'), flag('profile'), env)
  }
  const apiVersion = reader.text(at, 'apiVersion')
  if (apiVersion === '') {
    throw reader.problem(at, 'apiVersion is missing: client.authentication.k8s.io/v1 or v1beta1, as the plugin wants it')
  }
  const installHint = reader.text(at, 'installHint')
  const config = reader.get([...at, 'config'])
  return {
    kind: 'exec',
    command,
    args,
    env,
    apiVersion,
    ...(installHint === '' ? {} : { installHint }),
    ...(reader.flag(at, 'provideClusterInfo') ? { provideClusterInfo: true } : {}),
    ...(config === undefined || config === null ? {} : { config }),
  }
}

function aws(clusterName: string, roleArn: string, profile: string, env: Record<string, string>): ConnectionAuth {
  return {
    kind: 'aws',
    clusterName,
    ...(roleArn === '' ? {} : { roleArn }),
    ...(profile === '' ? {} : { profile }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
  }
}

/** `--name value` or `--name=value`. */
function flagOf(args: readonly string[], name: string): string {
  for (const [index, arg] of args.entries()) {
    if (arg === `--${name}`) return args[index + 1] ?? ''
    if (arg.startsWith(`--${name}=`)) return arg.slice(name.length + 3)
  }
  return ''
}

function unknownFields(reader: Reader): string[] {
  const groups: [string[], string[]][] = [
    [[], topFields],
    [['tlsClientConfig'], tlsFields],
    [['awsAuthConfig'], awsFields],
    [['execProviderConfig'], execFields],
  ]
  return groups.flatMap(([path, known]) => {
    const lower = new Set(known.map((name) => name.toLowerCase()))
    const value = reader.get(path)
    const names = isObject(value) ? Object.keys(value) : []
    return names.filter((name) => !lower.has(name.toLowerCase())).map((name) => ['config', ...path, name].join('.'))
  })
}

/** Reads fields as Go's encoding/json does (names regardless of case, null as absent) and tells where they stand. */
class Reader {
  readonly #text: string
  readonly #value: unknown

  constructor(text: string) {
    this.#text = text
    try {
      this.#value = JSON.parse(text)
    } catch {
      throw invalidJson(text)
    }
    if (!isObject(this.#value)) throw this.problem([], 'expected a JSON object')
  }

  get(path: readonly string[]): unknown {
    return this.#find(path)?.value
  }

  object(path: readonly string[], name: string): boolean {
    const value = this.get([...path, name])
    if (value === undefined || value === null) return false
    if (!isObject(value)) throw this.problem([...path, name], `expected an object, found ${kindOf(value)}`)
    return true
  }

  text(path: readonly string[], name: string): string {
    const value = this.get([...path, name]) ?? ''
    if (typeof value !== 'string') throw this.problem([...path, name], `expected a string, found ${kindOf(value)}`)
    return value
  }

  flag(path: readonly string[], name: string): boolean {
    const value = this.get([...path, name]) ?? false
    if (typeof value !== 'boolean') throw this.problem([...path, name], `expected true or false, found ${kindOf(value)}`)
    return value
  }

  texts(path: readonly string[], name: string): string[] {
    const value = this.get([...path, name]) ?? []
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
      throw this.problem([...path, name], 'expected a list of strings')
    }
    return value as string[]
  }

  textMap(path: readonly string[], name: string): Record<string, string> {
    const value = this.get([...path, name]) ?? {}
    if (!isObject(value) || Object.values(value).some((item) => typeof item !== 'string')) {
      throw this.problem([...path, name], 'expected an object whose values are strings')
    }
    return value as Record<string, string>
  }

  /** Base64 of PEM. */
  pem(path: readonly string[], name: string, label: string): string | undefined {
    const encoded = this.text(path, name)
    if (encoded === '') return undefined
    const decoded = decodeBase64(encoded)
    const fix = `put the base64 of the whole PEM file there (base64 -w0 FILE)`
    if (typeof decoded !== 'string') {
      throw this.problem([...path, name], `is not base64: ${decoded.what} at character ${decoded.at}; ${fix}`)
    }
    if (!new RegExp(`-----BEGIN [A-Z0-9 ]*${label}-----`).test(decoded)) {
      throw this.problem([...path, name], `is base64 of something that has no "-----BEGIN ... ${label}-----" line; ${fix}`)
    }
    return decoded
  }

  problem(path: readonly string[], what: string): ClusterSecretProblem {
    const actual = this.#find(path)?.path ?? path
    const { line, column } = placeOf(this.#text, actual)
    return new ClusterSecretProblem('InvalidConfig', `${['config', ...path].join('.')} (line ${line}, column ${column}): ${what}`)
  }

  #find(path: readonly string[]): { value: unknown; path: string[] } | undefined {
    let value: unknown = this.#value
    const actual: string[] = []
    for (const step of path) {
      if (!isObject(value)) return undefined
      const name = Object.hasOwn(value, step) ? step : Object.keys(value).find((key) => key.toLowerCase() === step.toLowerCase())
      if (name === undefined) return undefined
      value = value[name]
      actual.push(name)
    }
    return { value, path: actual }
  }
}

// Places are worth their cost only when there is something to complain about.
function placeOf(text: string, path: readonly string[]): JsonPlace {
  try {
    return parsePositionedJson(text).at(path)
  } catch {
    return { line: 1, column: 1 }
  }
}

function invalidJson(text: string): ClusterSecretProblem {
  try {
    parsePositionedJson(text)
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error
    const { line, column } = error.place
    return new ClusterSecretProblem('InvalidJSON', `config is no valid JSON: line ${line}, column ${column}: ${error.message}`)
  }
  return new ClusterSecretProblem('InvalidJSON', 'config is no valid JSON')
}

/** Go's base64.StdEncoding: padded, line breaks are skipped. */
export function decodeBase64(text: string): string | { what: string; at: number } {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(text)
  if (bad !== null) return { what: `found ${JSON.stringify(bad[0])}`, at: bad.index + 1 }
  const dense = text.replace(/[\r\n]/g, '')
  const early = /=(?=[^=])/.exec(dense)
  if (early !== null) return { what: 'found padding in the middle', at: early.index + 1 }
  if (dense.length % 4 !== 0 || /={3}$/.test(dense))
    return { what: 'found the end (its length is no multiple of four)', at: text.length + 1 }
  const binary = atob(dense)
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index)
  return new TextDecoder().decode(bytes)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : isObject(value) ? 'an object' : `a ${typeof value}`
}
