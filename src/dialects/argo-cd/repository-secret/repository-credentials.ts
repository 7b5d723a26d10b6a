import type { RepositoryCredentials, SourceCredentials } from '../../../delivery/source/contract.js'
import { normalizeGitUrl } from '../../../delivery/source/git-url.js'
import type { Cache, Caches } from '../../../kube/informer/cache.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'

const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }
const configMaps: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const certificates = 'argocd-tls-certs-cm'

import { findChartCredentials, parseChartSecret } from './chart-credentials.js'
import { parseRepositorySecret, type RepositorySecret, repositorySecretSelector } from './parse-repository-secret.js'

/**
 * Credentials of repositories as Argo CD keeps them: Secrets of type `repository` for one URL, of type `repo-creds` for all
 * URLs that begin with theirs (the longest wins), and certificate authorities by host in the ConfigMap argocd-tls-certs-cm.
 * `changed` hears of URLs (or URL prefixes) whose credentials are other than before.
 */
export async function createRepositoryCredentials(options: {
  caches: Caches
  namespace: string
  changed: (url: string) => void
}): Promise<SourceCredentials> {
  const { caches, namespace } = options
  const [known, authorities] = await Promise.all([
    caches.cache(secrets, { namespace, labelSelector: repositorySecretSelector }),
    caches.cache(configMaps, { namespace }),
  ])
  known.onChange(({ object }) => {
    const url = parse(object)?.url ?? parseChartSecret(object)?.url
    if (url !== undefined) options.changed(url)
  })
  // Certificates are by host: whatever is read from that host may be readable now.
  authorities.onChange(({ object, previous }) => {
    if (object.metadata.name !== certificates) return
    const hosts = new Set([...Object.keys(object.data ?? {}), ...Object.keys(previous?.data ?? {})])
    for (const host of hosts) for (const prefix of [`https://${host}/`, host]) options.changed(prefix)
  })
  const trusting = <T>(found: T | undefined, url: string) => {
    const caPem = authorityOf(authorities, namespace, url)
    return caPem === undefined ? found : { ...found, caPem }
  }
  return {
    git: (url) => trusting(findCredentials(known.list(), url), url),
    charts: (url) => trusting(findChartCredentials(known.list(), url), url),
  }
}

/** The credentials that count for a URL: those of its own Secret, else those of the longest prefix. */
export function findCredentials(known: readonly KubeObject[], url: string): ReturnType<RepositoryCredentials> {
  const wanted = normal(url)
  let best: { credentials: ReturnType<RepositoryCredentials>; length: number } | undefined
  for (const secret of known) {
    const parsed = parse(secret)
    // A Secret without credentials only makes the repository known: a prefix may have them.
    if (parsed?.credentials === undefined) continue
    const own = normal(parsed.url)
    const exact = parsed.kind === 'repository'
    const matches = exact ? own === wanted : wanted === own || wanted.startsWith(own.endsWith('/') ? own : `${own}/`)
    if (!matches) continue
    const length = exact ? Number.POSITIVE_INFINITY : own.length
    if (best === undefined || length > best.length) best = { credentials: parsed.credentials, length }
  }
  return best?.credentials
}

const parsedSecrets = new WeakMap<KubeObject, RepositorySecret | undefined>()

function parse(secret: KubeObject): RepositorySecret | undefined {
  if (!parsedSecrets.has(secret)) parsedSecrets.set(secret, parseRepositorySecret(secret))
  return parsedSecrets.get(secret)
}

function authorityOf(cache: Cache, namespace: string, url: string): string | undefined {
  const data = cache.get(`${namespace}/${certificates}`)?.data as Record<string, string> | undefined
  if (data === undefined) return undefined
  const host = /^(?:[a-z+]+:\/\/)?(?:[^@/]*@)?([^:/]+)/i.exec(url)?.[1]
  return host === undefined ? undefined : data[host.toLowerCase()]
}

function normal(url: string): string {
  if (url === '') return ''
  try {
    return normalizeGitUrl(url)
  } catch {
    return url
  }
}
