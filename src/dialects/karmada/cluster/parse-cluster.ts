import type { Cluster, Connection } from '../../../inventory/cluster.js'
import { normalizeServer } from '../../../inventory/in-cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fieldAt, textAt } from '../fields.js'

/** `Found`: the Secret as it is; `Missing`: there is none; `Unread`: Secrets of the namespace have not been read yet. */
export type FoundSecret = { readonly secret: KubeObject } | 'Missing' | 'Unread'

/**
 * Whether a Cluster says how it is reached. Others only add places, labels and taints to a cluster of that name that came in
 * otherwise; those with syncMode Pull dial in themselves.
 */
export function isReachedByCluster(object: KubeObject): boolean {
  return textAt(object, 'spec', 'syncMode') !== 'Pull' && textAt(object, 'spec', 'apiEndpoint') !== ''
}

/** The cluster that a Cluster object describes. Never throws: a broken one has a `problem` and no connection. */
export function parseKarmadaCluster(object: KubeObject, findSecret: (namespace: string, name: string) => FoundSecret): Cluster {
  const { name, labels = {} } = object.metadata
  const server = normalizeServer(textAt(object, 'spec', 'apiEndpoint').trim())
  const source = `Cluster ${name} of Karmada`
  const cluster = {
    name,
    server,
    labels,
    annotations: {},
    project: '',
    namespaces: [],
    clusterResources: false,
    source,
  }
  const connection = connectionOf(object['spec'], server, findSecret)
  if (typeof connection !== 'string') return { ...cluster, connection }
  return { ...cluster, connection: undefined, problem: { reason: 'ClusterConfigMalformed', message: `${source}: ${connection}` } }
}

/** The connection, or what is wrong. */
function connectionOf(
  spec: unknown,
  server: string,
  findSecret: (namespace: string, name: string) => FoundSecret,
): Connection | string {
  if (!isHttpUrl(server))
    return `spec.apiEndpoint ${JSON.stringify(server.slice(0, 200))} is no http(s) URL: write https://HOST:PORT`
  const name = textAt(spec, 'secretRef', 'name')
  const namespace = textAt(spec, 'secretRef', 'namespace')
  if (name === '' || namespace === '')
    return 'spec.secretRef is missing: the namespace and name of the Secret with the keys token and caBundle'
  const found = findSecret(namespace, name)
  if (found === 'Unread') return `Secret ${namespace}/${name} has not been read yet`
  if (found === 'Missing') return `Secret ${namespace}/${name} is not there: make it with the keys token and caBundle`
  const token = secretText(found.secret, 'token')
  if (token === '')
    return `Secret ${namespace}/${name} has no token: write the token of a ServiceAccount of the cluster under the key token`
  const caPem = secretText(found.secret, 'caBundle')
  const insecure = fieldAt(spec, 'insecureSkipTLSVerification') === true
  if (!insecure && caPem !== '' && !caPem.includes('-----BEGIN CERTIFICATE-----'))
    return `Secret ${namespace}/${name} holds no PEM certificate under caBundle`
  const proxyUrl = textAt(spec, 'proxyURL')
  if (proxyUrl !== '' && !isHttpUrl(proxyUrl))
    return `spec.proxyURL ${JSON.stringify(proxyUrl.slice(0, 200))} is no http(s) URL: write http://HOST:PORT`
  return {
    server,
    tls: insecure ? { insecure } : { insecure, ...(caPem === '' ? {} : { caPem }) },
    auth: { kind: 'bearer', token },
    ...(proxyUrl === '' ? {} : { proxyUrl }),
  }
}

/** '' for a key that is not there. */
function secretText(secret: KubeObject, key: string): string {
  return Buffer.from(textAt(secret, 'data', key), 'base64')
    .toString('utf8')
    .trim()
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text)
}
