import { type AgentCluster, agentClusterType } from '../../areas/agent/resource-types.js'
import { CodedError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'

/** Approves the key with which a cluster asks to join; with `key`, that one or none. Answers what to print. */
export async function approveCluster(hub: KubeClient, name: string, key?: string): Promise<string> {
  const found = await findAgentCluster(hub, name)
  const asked = found.status?.request?.key ?? found.spec.key
  if (asked === undefined) {
    throw new CodedError({
      code: 'cluster-has-not-asked',
      message: `${name} has not asked to join yet`,
      fix: 'Start its agent first (flotilla agent run), then approve what it asks.',
    })
  }
  if (key !== undefined && key !== asked) {
    throw new CodedError({
      code: 'agent-key-differs',
      message: `${name} asks with the key ${asked}, not with ${key}`,
      fix: 'Approve only the key that its agent shows: somebody else may be asking under this name.',
    })
  }
  if (found.spec.approved === true && found.spec.key === asked) return `cluster ${name} already approved`
  // Had the request been replaced meanwhile, another key would be approved than the one that is printed.
  await hub.patch(
    { type: agentClusterType, name },
    {
      kind: 'merge',
      body: { metadata: { resourceVersion: found.metadata.resourceVersion }, spec: { approved: true, key: asked } },
    },
  )
  return `cluster ${name} approved: ${asked}`
}

/** A cluster that is denied cannot connect, and one that is connected is sent away. Answers what to print. */
export async function denyCluster(hub: KubeClient, name: string): Promise<string> {
  await findAgentCluster(hub, name)
  await hub.patch({ type: agentClusterType, name }, { kind: 'merge', body: { spec: { approved: false } } })
  return `cluster ${name} denied`
}

async function findAgentCluster(hub: KubeClient, name: string): Promise<AgentCluster> {
  try {
    return await hub.get<AgentCluster>({ type: agentClusterType, name })
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new CodedError({
      code: 'cluster-has-not-asked',
      message: `no cluster ${name} has asked to join by an agent`,
      fix: 'See kubectl get agentclusters on the hub; an agent asks when it is started with a token.',
    })
  }
}
