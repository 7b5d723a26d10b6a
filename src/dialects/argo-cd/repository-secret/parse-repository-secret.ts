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

/** Undefined for Secrets that are about something else (Helm repositories, a missing URL) or cannot be read. */
export function parseRepositorySecret(secret: KubeObject): RepositorySecret | undefined {
  const kind = secret.metadata.labels?.[label]
  if (kind !== 'repository' && kind !== 'repo-creds') return undefined
  const url = field(secret, 'url')?.trim()
  const type = field(secret, 'type')
  if (!url || (type !== undefined && type !== '' && type !== 'git')) return undefined
  const username = field(secret, 'username')
  const password = field(secret, 'password')
  const bearerToken = field(secret, 'bearerToken')
  const sshPrivateKey = field(secret, 'sshPrivateKey')
  const insecure = field(secret, 'insecure') === 'true' || field(secret, 'insecureIgnoreHostKey') === 'true'
  const credentials = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(bearerToken ? { bearerToken } : {}),
    ...(sshPrivateKey ? { sshPrivateKey } : {}),
    ...(insecure ? { insecure } : {}),
  }
  return { kind, url, credentials: Object.keys(credentials).length > 0 ? credentials : undefined }
}

function field(secret: KubeObject, key: string): string | undefined {
  const { stringData, data } = secret
  if (isObject(stringData) && typeof stringData[key] === 'string') return stringData[key]
  const encoded = isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9+/=\s]*$/.test(encoded)) return undefined
  return Buffer.from(encoded, 'base64').toString('utf8')
}
