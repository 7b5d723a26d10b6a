import type { Eviction, HubFacts } from '../../../delivery/federation/contract.js'
import type { PreviousPlacement } from '../../../delivery/placement/contract.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { numberAt, objectsAt, textAt } from '../fields.js'
import { bindingTypeFor } from '../hub-kinds.js'
import { bindingName } from '../names.js'
import { readPurge } from '../policy/read-failover.js'
import { evictionReasons } from './eviction-reasons.js'

/** The binding of an object of the hub; undefined while it has none. */
export function bindingOf(source: KubeObject, hub: HubFacts): KubeObject | undefined {
  const { name, namespace = '' } = source.metadata
  const where = { name: bindingName(source.kind, name), ...(namespace === '' ? {} : { namespace }) }
  const binding = hub.objects(bindingTypeFor(namespace), where)[0]
  // Kinds of several groups share the name of a binding: who came first has it.
  const group = groupOf(textAt(binding, 'spec', 'resource', 'apiVersion'))
  return group === groupOf(source.apiVersion) ? binding : undefined
}

/** The decision in force, as the binding has it on record. */
export function readPrevious(binding: KubeObject | undefined, policy: string | undefined): PreviousPlacement {
  if (binding === undefined) return policy === undefined ? {} : { policy }
  const replicas: Record<string, number> = {}
  for (const cluster of objectsAt(binding, 'spec', 'clusters'))
    replicas[textAt(cluster, 'name')] = numberAt(cluster, 'replicas') ?? 0
  const group = textAt(binding, 'status', 'schedulerObservingAffinityName')
  const evicting = objectsAt(binding, 'spec', 'gracefulEvictionTasks').map((task) => textAt(task, 'fromCluster'))
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(group === '' ? {} : { group }),
    ...(Object.keys(replicas).length > 0 ? { replicas } : {}),
    ...(evicting.length > 0 ? { evicting } : {}),
  }
}

export function readEvictions(binding: KubeObject | undefined): Eviction[] {
  return objectsAt(binding, 'spec', 'gracefulEvictionTasks').map((task) => {
    const grace = numberAt(task, 'gracePeriodSeconds')
    const replicas = numberAt(task, 'replicas')
    const since = Date.parse(textAt(task, 'creationTimestamp'))
    return {
      cluster: textAt(task, 'fromCluster'),
      reason: engineReason(textAt(task, 'reason')),
      message: textAt(task, 'message'),
      since: Number.isNaN(since) ? 0 : since,
      purge: readPurge(textAt(task, 'purgeMode')),
      ...(grace === undefined ? {} : { graceSeconds: grace }),
      ...(replicas === undefined ? {} : { replicas }),
    }
  })
}

function engineReason(reason: string): string {
  return Object.keys(evictionReasons).find((each) => evictionReasons[each] === reason) ?? reason
}
