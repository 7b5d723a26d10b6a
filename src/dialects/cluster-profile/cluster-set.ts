import type { KubeClient } from '../../kube/client/kube-client.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { clusterSetLabels } from './cluster-profile.js'

const namespaces: ResourceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }

/** The set that clusters belong to where nobody has said another. */
export const defaultClusterSet = 'flotilla'

/**
 * The namespace of the profiles is the cluster set: its name stands in a label, of which two keys are about. Either is read, both
 * are written. Answers the name of the set.
 */
export async function announceClusterSet(hub: KubeClient, namespace: string, signal: AbortSignal): Promise<string> {
  const target = { type: namespaces, name: namespace }
  const { labels = {} } = (await hub.get(target, { signal })).metadata
  const name =
    clusterSetLabels.map((key) => labels[key]).find((value) => value !== undefined && value !== '') ?? defaultClusterSet
  if (clusterSetLabels.some((key) => labels[key] !== name)) {
    const wanted = Object.fromEntries(clusterSetLabels.map((key) => [key, name]))
    await hub.patch(target, { kind: 'merge', body: { metadata: { labels: wanted } } }, { fieldManager: 'flotilla', signal })
  }
  return name
}
