import type { RepositoryCredentials } from '../../../delivery/source/contract.js'
import { normalizeGitUrl } from '../../../delivery/source/git-url.js'
import type { Cache, Caches } from '../../../kube/informer/cache.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'

const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }
const configMaps: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const typeLabel = 'argocd.argoproj.io/secret-type'
const certificates = 'argocd-tls-certs-cm'

/**
 * Credentials of repositories as Argo CD keeps them: Secrets of type `repository` for one URL, of type `repo-creds` for all
 * URLs that begin with theirs (the longest wins), and certificate authorities by host in the ConfigMap argocd-tls-certs-cm.
 * `changed` hears of URLs (or URL prefixes) whose credentials are other than before.
 */
export async function createRepositoryCredentials(options: {
  caches: Caches
  namespace: string
  changed: (url: string) => void
}): Promise<RepositoryCredentials> {
  const { caches, namespace } = options
  const [known, authorities] = await Promise.all([
    caches.cache(secrets, { namespace, labelSelector: `${typeLabel} in (repository,repo-creds)` }),
    caches.cache(configMaps, { namespace }),
  ])
  known.onChange(({ object }) => options.changed(field(object, 'url')))
  return (url) => {
    const found = findCredentials(known.list(), url)
    const caPem = authorityOf(authorities, namespace, url)
    return caPem === undefined ? found : { ...found, caPem }
  }
}

/** The credentials that count for a URL; those of its own Secret before those of a prefix. */
export function findCredentials(known: readonly KubeObject[], url: string): ReturnType<RepositoryCredentials> {
  const wanted = normal(url)
  let best: { secret: KubeObject; length: number } | undefined
  for (const secret of known) {
    const own = normal(field(secret, 'url'))
    if (own === '' || !hasCredentials(secret)) continue
    const exact = secret.metadata.labels?.[typeLabel] === 'repository'
    const matches = exact ? own === wanted : wanted === own || wanted.startsWith(own.endsWith('/') ? own : `${own}/`)
    if (!matches) continue
    const length = exact ? Number.POSITIVE_INFINITY : own.length
    if (best === undefined || length > best.length) best = { secret, length }
  }
  if (best === undefined) return undefined
  const { secret } = best
  const password = field(secret, 'password') || field(secret, 'bearerToken')
  return {
    ...(password === '' ? {} : { username: field(secret, 'username') || 'git', password }),
    ...(field(secret, 'sshPrivateKey') === '' ? {} : { sshPrivateKey: field(secret, 'sshPrivateKey') }),
    ...(field(secret, 'insecure') === 'true' || field(secret, 'insecureIgnoreHostKey') === 'true' ? { insecure: true } : {}),
  }
}

function hasCredentials(secret: KubeObject): boolean {
  return ['password', 'bearerToken', 'sshPrivateKey', 'insecure', 'insecureIgnoreHostKey'].some(
    (name) => field(secret, name) !== '',
  )
}

function authorityOf(cache: Cache, namespace: string, url: string): string | undefined {
  const data = cache.get(`${namespace}/${certificates}`)?.data as Record<string, string> | undefined
  if (data === undefined) return undefined
  const host = /^[a-z+]+:\/\/(?:[^@/]*@)?([^:/]+)/i.exec(url)?.[1]
  return host === undefined ? undefined : data[host.toLowerCase()]
}

function field(secret: KubeObject, name: string): string {
  const data = secret.data as Record<string, string> | undefined
  const text = data?.[name]
  return text === undefined ? '' : Buffer.from(text, 'base64').toString('utf8').trim()
}

function normal(url: string): string {
  if (url === '') return ''
  try {
    return normalizeGitUrl(url)
  } catch {
    return url
  }
}
