import { isInCluster } from '../../../inventory/in-cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { parseClusterConfig } from './cluster-config.js'
import { clusterSecretLabel, parseClusterSecret, secretField } from './parse-cluster-secret.js'

/**
 * What a person should know who applies a Secret: nothing for Secrets that are no cluster Secrets. Texts are fit for
 * `Warning:` headers and hold no secret values.
 */
export function warnClusterSecret(secret: KubeObject): string[] {
  if (secret.kind !== 'Secret' || secret.metadata.labels?.[clusterSecretLabel] !== 'cluster') return []
  const cluster = parseClusterSecret(secret)
  if (cluster.problem !== undefined) return [`this cluster cannot be reached: ${cluster.problem.message}`]
  const { connection, server } = cluster
  const found: string[] = []
  if (connection?.tls.insecure) {
    found.push('config.tlsClientConfig.insecure is true: anyone on the way can read the credentials; give caData instead')
  }
  if (server.startsWith('http://')) found.push('server is plain http: credentials travel unencrypted')
  if (connection?.auth.kind === 'none' && connection.tls.certPem === undefined && !isInCluster(server)) {
    found.push('config has no credentials: requests will be anonymous')
  }
  if (connection?.auth.kind === 'exec' && /(^|\/)argocd-k8s-auth$/.test(connection.auth.command)) {
    found.push(
      `argocd-k8s-auth ${connection.auth.args[0] ?? ''} must be installed where Flotilla runs (only "aws" is done in process)`,
    )
  }
  for (const field of parseClusterConfig(secretField(secret, 'config') ?? '', server).unknownFields)
    found.push(`unknown field ${field}`)
  const clusterResources = secretField(secret, 'clusterResources')
  if (clusterResources !== undefined && !['true', 'false', ''].includes(clusterResources)) {
    found.push(`clusterResources is "${clusterResources}": expected "true" or "false", taken for "false"`)
  }
  const shard = secretField(secret, 'shard')
  if (shard !== undefined && !/^\d*$/.test(shard)) found.push(`shard is "${shard}": expected a number`)
  return found
}
