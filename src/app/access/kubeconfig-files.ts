import { resolve } from 'node:path'
import { messageOf, UsageError } from '../../base/errors.js'
import type { ClientPorts } from '../../kube/client/client-ports.js'
import type { Connection } from '../../kube/client/connection.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { loadKubeconfig, resolveContext } from '../../kube/client/kubeconfig.js'

/** A client of the cluster that a context of a kubeconfig file names (the current one when none is named). */
export async function connectKubeconfigFile(
  options: { path: string; context?: string | undefined; name: string },
  ports: ClientPorts,
): Promise<{ client: KubeClient; connection: Connection; context: string }> {
  const path = resolve(options.path)
  let kubeconfig: Awaited<ReturnType<typeof loadKubeconfig>>
  try {
    kubeconfig = await loadKubeconfig(ports, { path })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error
    throw new UsageError({
      code: 'kubeconfig-missing',
      message: `there is no kubeconfig ${path}: ${messageOf(error)}`,
      fix: 'Name a file that exists.',
    })
  }
  const { connection, name: context } = await resolveContext(kubeconfig, ports, options.context)
  return { client: createHttpClient({ name: options.name, connection, ports }), connection, context }
}
