import { CodedError } from '../../../base/errors.js'
import type { Connection } from '../../../inventory/cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { clusterSecretLabel } from './parse-cluster-secret.js'

export interface ClusterRegistration {
  readonly name: string
  /** Where Argo CD looks for its Secrets, mostly `argocd`. */
  readonly namespace: string
  readonly connection: Connection
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly project?: string
  readonly namespaces?: readonly string[]
  readonly clusterResources?: boolean
}

/** The Argo CD cluster Secret that registers a cluster; `parseClusterSecret` reads it back. It holds credentials. */
export function formatClusterSecret(registration: ClusterRegistration): KubeObject {
  const { name, namespace, connection, labels, annotations, project, namespaces = [], clusterResources } = registration
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `cluster-${slug(name)}`,
      namespace,
      labels: { ...labels, [clusterSecretLabel]: 'cluster' },
      ...(annotations && Object.keys(annotations).length > 0 ? { annotations: { ...annotations } } : {}),
    },
    type: 'Opaque',
    stringData: {
      name,
      server: connection.server,
      config: JSON.stringify(configOf(connection)),
      ...(project ? { project } : {}),
      ...(namespaces.length > 0
        ? { namespaces: namespaces.join(','), ...(clusterResources ? { clusterResources: 'true' } : {}) }
        : {}),
    },
  }
}

function configOf({ tls, auth, proxyUrl, disableCompression }: Connection): Record<string, unknown> {
  return {
    ...authOf(auth),
    tlsClientConfig: {
      insecure: tls.insecure,
      serverName: tls.serverName,
      caData: base64(tls.caPem),
      certData: base64(tls.certPem),
      keyData: base64(tls.keyPem),
    },
    proxyUrl,
    disableCompression: disableCompression ? true : undefined,
  }
}

function authOf(auth: Connection['auth']): Record<string, unknown> {
  switch (auth.kind) {
    case 'none':
      return {}
    case 'bearer':
      return { bearerToken: auth.token }
    case 'basic':
      return { username: auth.username, password: auth.password }
    case 'aws':
      // awsAuthConfig has no environment; the helper's own flags say the same.
      return auth.env === undefined
        ? { awsAuthConfig: { clusterName: auth.clusterName, roleARN: auth.roleArn, profile: auth.profile } }
        : { execProviderConfig: awsHelper(auth) }
    case 'exec': {
      const { kind: _kind, ...exec } = auth
      return { execProviderConfig: exec }
    }
    case 'token-file':
      throw new CodedError({
        code: 'credentials-not-portable',
        message: `the credentials are in the file ${auth.path} on this machine, which a cluster Secret cannot refer to`,
        fix: 'Use a context with a client certificate, a token of a service account, or an exec plugin.',
      })
  }
}

function awsHelper(auth: Extract<Connection['auth'], { kind: 'aws' }>): Record<string, unknown> {
  const flags = { 'cluster-name': auth.clusterName, 'role-arn': auth.roleArn, profile: auth.profile }
  const args = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`, value]))
  return {
    command: 'argocd-k8s-auth',
    args: ['aws', ...args],
    env: auth.env,
    apiVersion: 'client.authentication.k8s.io/v1beta1',
  }
}

function base64(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
}

function slug(name: string): string {
  const text = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
  return text === '' ? 'unnamed' : text.slice(0, 200).replace(/[-.]+$/, '')
}
