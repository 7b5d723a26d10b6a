import { isObject } from '../../../base/json.js'
import type { Cluster } from '../../../inventory/cluster.js'
import { normalizeServer } from '../../../inventory/in-cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { ClusterSecretProblem, decodeBase64, parseClusterConfig } from './cluster-config.js'

export const clusterSecretLabel = 'argocd.argoproj.io/secret-type'
export const clusterSecretSelector = `${clusterSecretLabel}=cluster`

/** kubectl's copy of the whole Secret: it would carry credentials into templates and status. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * The cluster that an Argo CD cluster Secret describes. Never throws: a Secret that is broken gives a cluster with `problem`
 * and no connection, of which name, server, labels and annotations are known as far as they can be read (the cluster
 * generator of ApplicationSets sees it, as upstream's does). Labels are the Secret's own, the system label included:
 * generators select by it. Annotations lack kubectl's last-applied copy.
 */
export function parseClusterSecret(secret: KubeObject): Cluster {
  const { name: secretName, namespace = '', labels = {}, annotations = {}, creationTimestamp } = secret.metadata
  const source = `Secret ${namespace}/${secretName}`
  const problems: ClusterSecretProblem[] = []
  const field = (key: string): string => {
    try {
      return secretField(secret, key) ?? ''
    } catch (error) {
      if (!(error instanceof ClusterSecretProblem)) throw error
      problems.push(error)
      return ''
    }
  }
  const name = field('name')
  const server = normalizeServer(field('server').trim())
  const namespaces = field('namespaces')
  const cluster: Omit<Cluster, 'connection'> = {
    name: name === '' ? secretName : name,
    server,
    labels,
    annotations: withoutLastApplied(annotations),
    project: field('project'),
    namespaces: namespaces
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== ''),
    clusterResources: field('clusterResources') === 'true',
    source,
    ...(creationTimestamp ? { createdAt: creationTimestamp } : {}),
  }
  const config = field('config')
  if (name === '' && problems.length === 0) {
    problems.push(new ClusterSecretProblem('MissingName', 'name is missing: give the cluster a name'))
  }
  if (problems.length === 0) {
    try {
      checkServer(server)
      return { ...cluster, connection: parseClusterConfig(config, server).connection }
    } catch (error) {
      if (!(error instanceof ClusterSecretProblem)) throw error
      problems.push(error)
    }
  }
  const { reason, message } = problems[0] as ClusterSecretProblem
  return { ...cluster, connection: undefined, problem: { reason, message: `${source}: ${message}` } }
}

/** A field of a Secret as text: `stringData` (before a server has taken it in) wins over `data`. Throws ClusterSecretProblem. */
export function secretField(secret: KubeObject, key: string): string | undefined {
  const plain = isObject(secret['stringData']) ? secret['stringData'][key] : undefined
  if (typeof plain === 'string') return plain
  const encoded = isObject(secret['data']) ? secret['data'][key] : undefined
  if (encoded === undefined || encoded === null) return undefined
  const decoded = typeof encoded === 'string' ? decodeBase64(encoded) : { what: `found a ${typeof encoded}`, at: 1 }
  if (typeof decoded === 'string') return decoded
  throw new ClusterSecretProblem(
    'InvalidData',
    `data.${key} is not base64: ${decoded.what} at character ${decoded.at}; use stringData for plain text`,
  )
}

function checkServer(server: string): void {
  if (server === '') throw new ClusterSecretProblem('MissingServer', 'server is missing: the URL of the API server')
  let url: URL | undefined
  try {
    url = new URL(server)
  } catch {}
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ClusterSecretProblem(
      'InvalidServer',
      `server "${server.slice(0, 200)}" is not an http(s) URL: write https://HOST:PORT`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new ClusterSecretProblem('InvalidServer', 'server holds a user or password: put credentials into config')
  }
}

function withoutLastApplied(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (annotations[lastApplied] === undefined) return annotations
  const { [lastApplied]: _copy, ...rest } = annotations
  return rest
}
