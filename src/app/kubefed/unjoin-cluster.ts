import { CodedError, messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { kubeFedClusterType } from '../../dialects/kubefed/resource-types.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { namespaceType, secretType } from '../system/core-types.js'
import { type JoinOptions, memberObjects } from './join-cluster.js'

/**
 * Takes back what joining has made: account, roles and namespace in the cluster, Secret and KubeFedCluster on the host. What
 * runs in the cluster stays. The namespace of the control plane itself stays too, where the host is its own member.
 */
export async function unjoinCluster(
  options: Pick<JoinOptions, 'host' | 'name' | 'hostName' | 'namespace' | 'limitedScope' | 'dryRun'> & {
    /** Undefined with `force`: it cannot be reached. */
    readonly member: KubeClient | undefined
    readonly force: boolean
  },
): Promise<readonly string[]> {
  const { host, member, name, namespace, dryRun, force } = options
  const said: string[] = []
  const registered = await host.get({ type: kubeFedClusterType, namespace, name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
    throw new CodedError({
      code: 'not-joined',
      message: `there is no KubeFedCluster ${namespace}/${name} on the host`,
      fix: 'See flotilla cluster list for the clusters of the fleet and where they come from.',
    })
  })
  if (member !== undefined) {
    try {
      const own = await sameNamespace(host, member, namespace)
      for (const { type, object } of [...memberObjects(options).objects].reverse()) {
        if (type === namespaceType && own) continue
        await remove(member, type, object.metadata.namespace, object.metadata.name, name)
      }
    } catch (error) {
      if (!force) throw error
      said.push(`${name}: what joining made stays there: ${messageOf(error)}`)
    }
  } else said.push(`${name}: cannot be reached: what joining made stays there`)
  const spec = registered['spec']
  const secret = isObject(spec) && isObject(spec['secretRef']) ? spec['secretRef']['name'] : undefined
  if (typeof secret === 'string') await remove(host, secretType, namespace, secret, 'host')
  await remove(host, kubeFedClusterType, namespace, name, 'host')
  return said

  async function remove(client: KubeClient, type: ResourceType, inNamespace: string | undefined, object: string, where: string) {
    said.push(`${where}: ${type.kind} ${object} deleted${dryRun ? ' (dry run)' : ''}`)
    if (dryRun) return
    const target = { type, name: object, ...(inNamespace === undefined ? {} : { namespace: inNamespace }) }
    await client.delete(target).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

async function sameNamespace(host: KubeClient, member: KubeClient, name: string): Promise<boolean> {
  const [here, there] = await Promise.all(
    [host, member].map((client) =>
      client.get({ type: namespaceType, name }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
        return undefined
      }),
    ),
  )
  return here !== undefined && here.metadata.uid === there?.metadata.uid
}
