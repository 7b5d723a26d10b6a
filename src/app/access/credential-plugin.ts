import { CodedError, messageOf, UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { clusterSecretSelector, parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import type { Cluster } from '../../inventory/cluster.js'
import { normalizeServer } from '../../inventory/in-cluster.js'
import type { ClientPorts } from '../../kube/client/client-ports.js'
import { createCredentialSource } from '../../kube/client/credential-source.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { secretType } from '../system/core-types.js'

export interface CredentialRequest {
  /** What the client put into KUBERNETES_EXEC_INFO. */
  readonly execInfo: string | undefined
  /** For callers that tell no cluster. */
  readonly cluster?: string
  /** `namespace/name`: a token of it is minted on the cluster. Without: the credential that the hub itself uses. */
  readonly serviceAccount?: string
  readonly ttlSeconds: number
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

/**
 * Answers as a credential plugin of client-go (and of KEP-5339): an ExecCredential for the cluster that the caller wants to reach, of
 * those that the hub knows by a cluster Secret. With a service account, a token is minted that ends after `ttlSeconds` and may do
 * what that account may; nothing of what the hub holds leaves it then.
 */
export async function answerExecCredential(
  request: CredentialRequest,
  fleet: { readonly hub: KubeClient; readonly namespace: string },
  ports: ClientPorts,
): Promise<Record<string, unknown>> {
  const asked = readExecInfo(request.execInfo)
  const cluster = await findCluster(fleet, request.cluster ?? asked.clusterName, asked.server)
  const status =
    request.serviceAccount === undefined
      ? await ownCredential(cluster, ports)
      : await mintToken(cluster, request.serviceAccount, request.ttlSeconds, ports)
  return { kind: 'ExecCredential', apiVersion: asked.apiVersion, status }
}

function readExecInfo(text: string | undefined): {
  readonly apiVersion: string
  readonly clusterName: string | undefined
  readonly server: string | undefined
} {
  if (text === undefined || text === '') return { apiVersion: versions[0] as string, clusterName: undefined, server: undefined }
  let info: unknown
  try {
    info = JSON.parse(text)
  } catch (error) {
    throw new UsageError({
      code: 'exec-info',
      message: `KUBERNETES_EXEC_INFO is no JSON: ${messageOf(error)}`,
      fix: 'It is set by clients (kubectl, client-go); leave it unset to try the plugin by hand, with --cluster.',
    })
  }
  const apiVersion = isObject(info) ? String(info['apiVersion']) : ''
  if (!versions.includes(apiVersion)) {
    throw new UsageError({
      code: 'exec-info',
      message: `KUBERNETES_EXEC_INFO asks for apiVersion "${apiVersion}"`,
      fix: `Set apiVersion of the exec configuration to ${versions.join(' or ')}.`,
    })
  }
  const spec = isObject(info) && isObject(info['spec']) ? info['spec'] : {}
  const cluster = isObject(spec['cluster']) ? spec['cluster'] : {}
  const config = isObject(cluster['config']) ? cluster['config'] : {}
  const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  return { apiVersion, clusterName: textOf(config['clusterName']), server: textOf(cluster['server']) }
}

async function findCluster(
  { hub, namespace }: { hub: KubeClient; namespace: string },
  name: string | undefined,
  server: string | undefined,
): Promise<Cluster> {
  if (name === undefined && server === undefined) {
    throw new UsageError({
      code: 'no-cluster-asked',
      message: 'the caller does not say which cluster it wants to reach',
      fix: 'Set provideClusterInfo: true in the exec configuration, or give --cluster NAME.',
    })
  }
  const { items } = await hub.list(secretType, { namespace, labelSelector: clusterSecretSelector })
  const clusters = items.map(parseClusterSecret)
  const found = clusters.find((cluster) =>
    name === undefined ? cluster.server === normalizeServer(server as string) : cluster.name === name,
  )
  if (found === undefined) {
    throw new CodedError({
      code: 'cluster-not-found',
      message: `there is no cluster ${name ?? `at ${server}`} among the cluster Secrets of namespace ${namespace}`,
      fix: 'See `flotilla cluster list`.',
    })
  }
  // A caller is told credentials for the place that the hub knows, never for one that a profile was made to name.
  if (server !== undefined && normalizeServer(server) !== found.server) {
    throw new CodedError({
      code: 'server-differs',
      message: `cluster ${found.name} is at ${found.server}, and the caller wants to reach ${server}`,
      fix: 'Correct the server in the caller’s profile or kubeconfig.',
    })
  }
  if (found.connection === undefined) {
    throw new CodedError({ code: 'cluster-broken', message: found.problem?.message ?? `${found.source} has no connection` })
  }
  return found
}

async function ownCredential({ connection, name }: Cluster, ports: ClientPorts): Promise<Record<string, unknown>> {
  if (connection === undefined) return {}
  const { authorization, certPem, keyPem } = await createCredentialSource(connection, ports).get()
  const token = authorization?.startsWith('Bearer ') === true ? authorization.slice('Bearer '.length) : undefined
  const certificate = certPem ?? connection.tls.certPem
  const key = keyPem ?? connection.tls.keyPem
  if (token === undefined && (certificate === undefined || key === undefined)) {
    throw new CodedError({
      code: 'credentials-unavailable',
      message: `cluster ${name} is reached with a password, which an ExecCredential cannot carry`,
      fix: 'Give --service-account NAMESPACE/NAME, so that a token is minted.',
    })
  }
  return {
    ...(token === undefined ? {} : { token }),
    ...(certificate === undefined || key === undefined ? {} : { clientCertificateData: certificate, clientKeyData: key }),
  }
}

async function mintToken(
  cluster: Cluster,
  serviceAccount: string,
  ttlSeconds: number,
  ports: ClientPorts,
): Promise<Record<string, unknown>> {
  const [namespace, name, rest] = serviceAccount.split('/')
  if (namespace === undefined || name === undefined || namespace === '' || name === '' || rest !== undefined) {
    throw new UsageError({
      code: 'bad-service-account',
      message: `"${serviceAccount}" is not NAMESPACE/NAME`,
      fix: 'For example: --service-account kube-system/reader',
    })
  }
  const { connection } = cluster
  if (connection === undefined) return {}
  const client = createHttpClient({ name: cluster.name, connection, ports })
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`
    const body = JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: ttlSeconds },
    })
    const made = await client.raw('POST', path, { body, contentType: 'application/json' }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
      throw new CodedError({
        code: 'credentials-unavailable',
        message: `cluster ${cluster.name} has no service account ${serviceAccount}`,
        fix: `Make it there: kubectl create serviceaccount ${name} -n ${namespace}`,
      })
    })
    const answer: unknown = JSON.parse(made)
    const status = isObject(answer) && isObject(answer['status']) ? answer['status'] : {}
    if (typeof status['token'] !== 'string') {
      throw new CodedError({ code: 'credentials-unavailable', message: `${cluster.name} gave no token for ${serviceAccount}` })
    }
    return {
      token: status['token'],
      ...(typeof status['expirationTimestamp'] === 'string' ? { expirationTimestamp: status['expirationTimestamp'] } : {}),
    }
  } finally {
    client.close()
  }
}
