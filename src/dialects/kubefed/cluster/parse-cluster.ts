import { isObject } from '../../../base/json.js'
import type { Cluster, Connection } from '../../../inventory/cluster.js'
import { normalizeServer } from '../../../inventory/in-cluster.js'
import { type KubeObject, keyOf } from '../../../kube/object/kube-object.js'

/** `Found`: the Secret as it is; `Missing`: there is none; `Unread`: Secrets have not been read yet. */
export type FoundSecret = { readonly secret: KubeObject } | 'Missing' | 'Unread'

/** kubectl's copy of the whole object adds nothing that a selector could want. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * The cluster that a KubeFedCluster describes. Never throws: one that is broken gives a cluster with `problem` and no
 * connection. Labels are those of the KubeFedCluster, by which placements select.
 */
export function parseKubeFedCluster(object: KubeObject, findSecret: (name: string) => FoundSecret): Cluster {
  const { name, labels = {}, annotations = {} } = object.metadata
  const spec = isObject(object['spec']) ? object['spec'] : {}
  const server = normalizeServer(typeof spec['apiEndpoint'] === 'string' ? spec['apiEndpoint'].trim() : '')
  const source = `KubeFedCluster ${keyOf(object)}`
  const { [lastApplied]: _, ...kept } = annotations
  const cluster = {
    name,
    server,
    labels,
    annotations: kept,
    project: '',
    namespaces: [],
    clusterResources: false,
    source,
  }
  const connection = connectionOf(spec, server, object.metadata.namespace ?? '', findSecret)
  if (typeof connection !== 'string') return { ...cluster, connection }
  return { ...cluster, connection: undefined, problem: { reason: 'ClusterConfigMalformed', message: `${source}: ${connection}` } }
}

/** The connection, or what is wrong. */
function connectionOf(
  spec: Record<string, unknown>,
  server: string,
  namespace: string,
  findSecret: (name: string) => FoundSecret,
): Connection | string {
  if (server === '') return 'spec.apiEndpoint is missing: the URL of the API server'
  if (!isHttpUrl(server))
    return `spec.apiEndpoint ${JSON.stringify(server.slice(0, 200))} is no http(s) URL: write https://HOST:PORT`
  const secretName = isObject(spec['secretRef']) ? spec['secretRef']['name'] : undefined
  if (typeof secretName !== 'string' || secretName === '')
    return 'spec.secretRef.name is missing: the Secret beside it that holds the token'
  const found = findSecret(secretName)
  if (found === 'Unread') return `Secret ${namespace}/${secretName} has not been read yet`
  if (found === 'Missing')
    return `Secret ${namespace}/${secretName} is not there: run flotilla kubefed join, or write it with the key token`
  const token = secretText(found.secret, 'token')
  if (token === undefined || token === '')
    return `Secret ${namespace}/${secretName} has no token: write the token of a ServiceAccount of the cluster under the key token`
  const tls = tlsOf(spec)
  if (typeof tls === 'string') return tls
  const proxyUrl = spec['proxyURL']
  if (typeof proxyUrl === 'string' && proxyUrl !== '' && !isHttpUrl(proxyUrl))
    return `spec.proxyURL ${JSON.stringify(proxyUrl.slice(0, 200))} is no http(s) URL: write http://HOST:PORT`
  return {
    server,
    tls,
    auth: { kind: 'bearer', token },
    ...(typeof proxyUrl === 'string' && proxyUrl !== '' ? { proxyUrl } : {}),
  }
}

function tlsOf(spec: Record<string, unknown>): Connection['tls'] | string {
  const listed = spec['disabledTLSValidations']
  const disabled = Array.isArray(listed) ? listed.filter((each) => typeof each === 'string') : []
  if (disabled.includes('*')) return { insecure: true }
  if (disabled.length > 0)
    return `spec.disabledTLSValidations: ${disabled.join(', ')} alone cannot be switched off here: mend the certificate, or write "*" to trust any`
  const bundle = spec['caBundle']
  if (typeof bundle !== 'string' || bundle === '') return { insecure: false }
  const caPem = Buffer.from(bundle, 'base64').toString('utf8')
  if (!caPem.includes('-----BEGIN CERTIFICATE-----')) return 'spec.caBundle holds no PEM certificate in base64'
  return { insecure: false, caPem }
}

function secretText(secret: KubeObject, key: string): string | undefined {
  const plain = isObject(secret['stringData']) ? secret['stringData'][key] : undefined
  if (typeof plain === 'string') return plain
  const encoded = isObject(secret['data']) ? secret['data'][key] : undefined
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8').trim() : undefined
}

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text)) return false
  try {
    return new URL(text).hostname !== ''
  } catch {
    return false
  }
}
