import { isObject } from '../../../base/json.js'
import type { RepositoryCredentials } from '../../../delivery/source/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

const label = 'argocd.argoproj.io/secret-type'
export const repositorySecretSelector = `${label} in (repository,repo-creds)`

export interface RepositorySecret {
  /** `repo-creds`: for every repository whose URL starts with `url`. */
  readonly kind: 'repository' | 'repo-creds'
  readonly url: string
  /** Undefined when the Secret has none. */
  readonly credentials: ReturnType<RepositoryCredentials>
}

/** Undefined for Secrets that are about something else (chart repositories, a missing URL) or cannot be read. */
export function parseRepositorySecret(secret: KubeObject): RepositorySecret | undefined {
  const kind = isRepositorySecret(secret)
  if (kind === undefined) return undefined
  const url = secretField(secret, 'url')?.trim()
  const type = secretField(secret, 'type')
  if (!url || (type !== undefined && type !== '' && type !== 'git')) return undefined
  const username = secretField(secret, 'username')
  const password = secretField(secret, 'password')
  const bearerToken = secretField(secret, 'bearerToken')
  const sshPrivateKey = secretField(secret, 'sshPrivateKey')
  const insecure = secretField(secret, 'insecure') === 'true' || secretField(secret, 'insecureIgnoreHostKey') === 'true'
  const credentials = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(bearerToken ? { bearerToken } : {}),
    ...(sshPrivateKey ? { sshPrivateKey } : {}),
    ...(insecure ? { insecure } : {}),
  }
  return { kind, url, credentials: Object.keys(credentials).length > 0 ? credentials : undefined }
}

/** What a Secret is about, by its label; undefined when not about repositories. */
export function isRepositorySecret(secret: KubeObject): 'repository' | 'repo-creds' | undefined {
  const kind = secret.metadata.labels?.[label]
  return kind === 'repository' || kind === 'repo-creds' ? kind : undefined
}

/** A field of a Secret as text; undefined when it is not there or no base64. */
export function secretField(secret: KubeObject, key: string): string | undefined {
  const { stringData, data } = secret
  if (isObject(stringData) && typeof stringData[key] === 'string') return stringData[key]
  const encoded = isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9+/=\s]*$/.test(encoded)) return undefined
  return Buffer.from(encoded, 'base64').toString('utf8')
}
