import type { ChartCredentials } from '../../../delivery/source/helm/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { isRepositorySecret, secretField } from './parse-repository-secret.js'

interface ChartSecret {
  readonly kind: 'repository' | 'repo-creds'
  readonly url: string
  readonly credentials: ChartCredentials
  /** Says who asks, not only where and how the repository is read. */
  readonly hasIdentity: boolean
}

/**
 * The credentials of a chart repository: how it is read (registry or not, TLS) from its own Secret, who asks from there or
 * else from the Secret of the longest prefix, as Argo CD does it. Secrets of Git repositories do not count.
 */
export function findChartCredentials(known: readonly KubeObject[], repository: string): ChartCredentials | undefined {
  const wanted = comparable(repository)
  let own: ChartSecret | undefined
  let prefix: ChartSecret | undefined
  for (const secret of known) {
    const parsed = parse(secret)
    if (parsed === undefined) continue
    const url = comparable(parsed.url)
    if (parsed.kind === 'repository') {
      if (url === wanted) own = parsed
    } else if (wanted === url || wanted.startsWith(`${url}/`)) {
      if (prefix === undefined || url.length > comparable(prefix.url).length) prefix = parsed
    }
  }
  if (own === undefined) return prefix?.credentials
  return own.hasIdentity || prefix === undefined ? own.credentials : { ...prefix.credentials, ...own.credentials }
}

const parsedSecrets = new WeakMap<KubeObject, ChartSecret | undefined>()

function parse(secret: KubeObject): ChartSecret | undefined {
  if (!parsedSecrets.has(secret)) parsedSecrets.set(secret, parseChartSecret(secret))
  return parsedSecrets.get(secret)
}

/** Undefined for Secrets that are about something else than charts. */
export function parseChartSecret(secret: KubeObject): ChartSecret | undefined {
  const kind = isRepositorySecret(secret)
  const url = secretField(secret, 'url')?.trim()
  const type = secretField(secret, 'type')
  if (kind === undefined || !url || (type !== 'helm' && type !== 'oci')) return undefined
  const text = (key: string) => secretField(secret, key) || undefined
  const isOn = (key: string) => secretField(secret, key)?.trim() === 'true'
  const username = text('username')
  const password = text('password')
  const bearerToken = text('bearerToken')
  const clientCertificatePem = text('tlsClientCertData')
  const clientKeyPem = text('tlsClientCertKey')
  return {
    kind,
    url,
    hasIdentity: [username, password, bearerToken, clientCertificatePem].some((each) => each !== undefined),
    credentials: {
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(bearerToken ? { bearerToken } : {}),
      ...(clientCertificatePem ? { clientCertificatePem } : {}),
      ...(clientKeyPem ? { clientKeyPem } : {}),
      ...(isOn('insecure') ? { insecure: true } : {}),
      ...(type === 'oci' || isOn('enableOCI') ? { oci: true } : {}),
      ...(isOn('insecureOCIForceHttp') ? { plainHttp: true } : {}),
    },
  }
}

function comparable(url: string): string {
  const rest = url
    .trim()
    .replace(/^oci:\/\//i, '')
    .replace(/\/+$/, '')
  return rest.replace(/^((?:[a-z][a-z0-9+.-]*:\/\/)?[^/]*)/i, (start) => start.toLowerCase())
}
