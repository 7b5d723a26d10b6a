import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import type { LogicalCluster } from '../../contract.js'
import type { MemberController, Work } from '../contract.js'

interface NamespaceStatus {
  phase?: string
  conditions?: { type: string; status: string; reason: string; message: string; lastTransitionTime: string }[]
}

/**
 * Takes namespaces to their end: deletes what is in a terminating one, of every resource that is served, custom ones too,
 * and lets it go when nothing is left. What finalizers hold is named in its status.
 */
export const namespaces: MemberController = {
  name: 'namespace-controller',
  manager: 'kube-controller-manager',
  watches: {
    namespaces({ object, type }, queue) {
      if (type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined) queue.add(object.metadata.name)
    },
  },
  watchAll({ object, type }, queue) {
    // The last thing that held a terminating namespace may have gone.
    if (type === 'DELETED' && object.metadata.namespace) queue.addSoon(object.metadata.namespace)
  },
  async reconcile(work) {
    const namespace = work.cluster.peek('namespaces', work.key)
    if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined) return undefined
    const finalizers = (namespace['spec'] as { finalizers?: string[] } | undefined)?.finalizers ?? []
    if (!finalizers.includes('kubernetes')) return undefined
    await deleteContents(work)
    const left = [...contents(work.cluster, work.key)]
    if (left.length === 0) return finish(work, finalizers)
    await report(work, left)
    return 2000
  },
}

interface Content {
  type: ResourceType
  object: KubeObject
}

/** Every object in the namespace, each once, however many versions its resource has. */
function* contents(cluster: LogicalCluster, namespace: string): Generator<Content> {
  const seen = new Set<string>()
  for (const type of cluster.api.catalogue().all) {
    if (!type.namespaced || type.verbs?.includes('delete') === false) continue
    const groupResource = groupResourceOf(type)
    if (seen.has(groupResource)) continue
    seen.add(groupResource)
    for (const object of cluster.peekAll(groupResource, namespace)) yield { type, object }
  }
}

/** Pods first wait for their kubelet; all others go unless finalizers hold them. */
async function deleteContents(work: Work): Promise<void> {
  const deletions: Promise<void>[] = []
  for (const { object } of [...contents(work.cluster, work.key)]) {
    if (object.metadata.deletionTimestamp === undefined) {
      deletions.push(work.write.delete(object, { propagationPolicy: 'Background' }))
    }
  }
  await Promise.all(deletions)
}

async function finish(work: Work, finalizers: readonly string[]): Promise<undefined> {
  const namespace = work.cluster.peek('namespaces', work.key)
  if (namespace === undefined) return undefined
  const spec = { ...(namespace['spec'] as object), finalizers: finalizers.filter((name) => name !== 'kubernetes') }
  await work.write.update({ ...namespace, spec }, 'finalize')
  return undefined
}

async function report(work: Work, left: readonly Content[]): Promise<void> {
  const namespace = work.cluster.peek('namespaces', work.key)
  if (namespace === undefined) return
  const before = (namespace['status'] ?? {}) as NamespaceStatus
  const counts = new Map<string, number>()
  const held = new Map<string, number>()
  for (const { type, object } of left) {
    const name = `${type.plural}.${type.group}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
    for (const finalizer of object.metadata.finalizers ?? []) held.set(finalizer, (held.get(finalizer) ?? 0) + 1)
  }
  const condition = (type: string, bad: boolean, reason: string, message: string) => {
    const known = before.conditions?.find((candidate) => candidate.type === type)
    const status = bad ? 'True' : 'False'
    return {
      type,
      status,
      reason,
      message,
      lastTransitionTime: known?.status === status ? known.lastTransitionTime : work.nowText(),
    }
  }
  const listed = [...counts]
    .map(([name, count]) => `${name} has ${count} resource instances`)
    .sort()
    .join(', ')
  const finalizers = [...held]
    .map(([name, count]) => `${name} in ${count} resource instances`)
    .sort()
    .join(', ')
  const conditions = [
    condition('NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'),
    condition(
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    condition(
      'NamespaceDeletionContentFailure',
      false,
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    condition('NamespaceContentRemaining', true, 'SomeResourcesRemain', `Some resources are remaining: ${listed}`),
    held.size > 0
      ? condition(
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${finalizers}`,
        )
      : condition('NamespaceFinalizersRemaining', false, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'),
  ]
  const status = { ...before, phase: 'Terminating', conditions }
  if (!equalJson(before, status)) await work.write.status(namespace, { ...namespace, status })
}
