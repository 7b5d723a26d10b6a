import { posix } from 'node:path'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { readYaml } from '../../render/helm/chart/yaml.js'
import { HelmError } from '../../render/helm/helm-error.js'

/** An entry of helm's own repositories.yaml. */
export interface HelmRepository {
  readonly name: string
  readonly url: string
  readonly username: string
  readonly password: string
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
  readonly insecure: boolean
  readonly passCredentials: boolean
}

/** Where helm keeps what it knows, by its variables HELM_* and XDG_*. */
export interface HelmPaths {
  readonly repositoryConfig: string
  readonly repositoryCache: string
  readonly registryConfig: string
  /** Docker's own, which registries are looked up in besides. */
  readonly dockerConfig: string
}

type Environment = Readonly<Record<string, string | undefined>>

export function helmPaths(env: Environment, platform: string): HelmPaths {
  const home = env['HOME'] ?? ''
  const isMac = platform === 'darwin'
  const below = (own: string, xdg: string, fallback: string) =>
    env[own] || posix.join(env[xdg] || posix.join(home, fallback), 'helm')
  const config = below('HELM_CONFIG_HOME', 'XDG_CONFIG_HOME', isMac ? 'Library/Preferences' : '.config')
  const cache = below('HELM_CACHE_HOME', 'XDG_CACHE_HOME', isMac ? 'Library/Caches' : '.cache')
  return {
    repositoryConfig: env['HELM_REPOSITORY_CONFIG'] || posix.join(config, 'repositories.yaml'),
    repositoryCache: env['HELM_REPOSITORY_CACHE'] || posix.join(cache, 'repository'),
    registryConfig: env['HELM_REGISTRY_CONFIG'] || posix.join(config, 'registry/config.json'),
    dockerConfig: posix.join(env['DOCKER_CONFIG'] || posix.join(home, '.docker'), 'config.json'),
  }
}

/** The repositories that repositories.yaml names. Throws HelmError for what is no such file. */
export function parseRepositories(text: string, path: string): HelmRepository[] {
  let value: unknown
  try {
    value = readYaml(text)
  } catch (error) {
    throw new HelmError(messageOf(error), { cause: error, fix: `Correct ${path}.` })
  }
  const listed = isObject(value) ? value['repositories'] : undefined
  const asText = (entry: Record<string, unknown>, key: string) => (typeof entry[key] === 'string' ? entry[key] : '')
  return (Array.isArray(listed) ? listed : []).filter(isObject).map((entry) => ({
    name: asText(entry, 'name'),
    url: asText(entry, 'url'),
    username: asText(entry, 'username'),
    password: asText(entry, 'password'),
    certFile: asText(entry, 'certFile'),
    keyFile: asText(entry, 'keyFile'),
    caFile: asText(entry, 'caFile'),
    insecure: entry['insecure_skip_tls_verify'] === true,
    passCredentials: entry['pass_credentials_all'] === true,
  }))
}

/** User and password that a config.json of helm or docker has for a registry. Helpers that keep them elsewhere are not asked. */
export function registryLogin(text: string, registry: string): { username: string; password: string } | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const auths = isObject(value) && isObject(value['auths']) ? value['auths'] : {}
  for (const name of [registry, `https://${registry}`, `http://${registry}`, `https://${registry}/v1/`]) {
    const entry = Object.hasOwn(auths, name) ? auths[name] : undefined
    if (!isObject(entry)) continue
    const { auth, username, password } = entry
    if (typeof username === 'string' && typeof password === 'string' && username !== '') return { username, password }
    if (typeof auth !== 'string') continue
    const decoded = Buffer.from(auth, 'base64').toString()
    const colon = decoded.indexOf(':')
    if (colon > 0) return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
  }
  return undefined
}
