import type { RepositoryCredentials } from '../../../delivery/source/contract.js'
import { normalizeGitUrl } from '../../../delivery/source/git-url.js'
import type { Caches } from '../../../kube/informer/cache.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { parseRepositorySecret, type RepositorySecret, repositorySecretSelector } from './parse-repository-secret.js'

const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }

/** Credentials of repositories out of Argo CD's Secrets. Before `watch` there are none. */
export interface RepositorySecrets {
  /** For `createRepositories`: the Secret of that very repository, else the template with the longest prefix of its URL. */
  readonly credentials: RepositoryCredentials
  /** Starts to follow the Secrets of a namespace; resolves when they have been read. */
  watch(caches: Caches, namespace: string): Promise<void>
  /** Called with the URL of a repository whose Secret has changed: it may be readable now. */
  onChange(listener: (url: string) => void): () => void
}

export function createRepositorySecrets(): RepositorySecrets {
  const listeners = new Set<(url: string) => void>()
  const parsed = new WeakMap<KubeObject, RepositorySecret | undefined>()
  let list: () => readonly KubeObject[] = () => []

  const parse = (secret: KubeObject): RepositorySecret | undefined => {
    if (!parsed.has(secret)) parsed.set(secret, parseRepositorySecret(secret))
    return parsed.get(secret)
  }

  return {
    credentials(url) {
      const wanted = normalizeGitUrl(url)
      let template: { prefix: string; credentials: RepositorySecret['credentials'] } | undefined
      for (const secret of list()) {
        const known = parse(secret)
        if (known === undefined) continue
        const normal = normalizeGitUrl(known.url)
        if (known.kind === 'repository') {
          // A Secret without credentials only makes the repository known: a template may have them.
          if (normal === wanted && known.credentials !== undefined) return known.credentials
        } else if (startsWith(wanted, normal) && normal.length > (template?.prefix.length ?? -1)) {
          template = { prefix: normal, credentials: known.credentials }
        }
      }
      return template?.credentials
    },
    async watch(caches, namespace) {
      const cache = await caches.cache(secrets, { namespace, labelSelector: repositorySecretSelector })
      list = () => cache.list()
      cache.onChange(({ object }) => {
        const known = parse(object)
        if (known?.kind === 'repository') for (const listener of listeners) listener(known.url)
      })
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A prefix ends where a path element or the host ends: `https://host/team` is none of `https://host/team-two/app`. */
function startsWith(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false
  const next = url[prefix.length]
  return next === undefined || next === '/' || prefix.endsWith('/')
}
