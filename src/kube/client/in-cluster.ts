import { CodedError } from '../../base/errors.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection } from './connection.js'

const folder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** How a pod reaches the cluster that it runs in, and its own namespace. Throws `not-in-cluster` elsewhere. */
export async function readInClusterConnection(
  ports: Pick<ClientPorts, 'env' | 'readFile'>,
): Promise<{ connection: Connection; namespace: string }> {
  const host = ports.env['KUBERNETES_SERVICE_HOST']
  const port = ports.env['KUBERNETES_SERVICE_PORT']
  if (!host || !port) throw notInCluster('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set')
  const read = (name: string) =>
    ports.readFile(`${folder}/${name}`).catch((error: unknown) => {
      throw notInCluster(`${folder}/${name} cannot be read`, error)
    })
  const caPem = await read('ca.crt')
  await read('token')
  const namespace = await ports.readFile(`${folder}/namespace`).catch(() => 'default')
  const address = host.includes(':') ? `[${host}]` : host
  return {
    connection: {
      server: `https://${address}:${port}`,
      tls: { insecure: false, caPem },
      auth: { kind: 'token-file', path: `${folder}/token` },
    },
    namespace: namespace.trim() || 'default',
  }
}

function notInCluster(what: string, cause?: unknown): CodedError {
  return new CodedError({
    code: 'not-in-cluster',
    message: `this is not a pod with a service account: ${what}`,
    fix: 'Give a kubeconfig, or run in a pod with automountServiceAccountToken.',
    cause,
  })
}
