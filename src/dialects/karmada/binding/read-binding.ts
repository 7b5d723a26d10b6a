import type { Eviction, HubFacts } from '../../../delivery/federation/contract.js'
import type { PreviousPlacement } from '../../../delivery/placement/contract.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { numberAt, objectAt, objectsAt, textAt, textsAt } from '../fields.js'
import { bindingTypeFor } from '../hub-kinds.js'
import { bindingName } from '../names.js'
import { readPurge } from '../policy/read-failover.js'
import { evictionReasons } from './eviction-reasons.js'

/** The binding of an object of the hub; undefined while it has none. */
export function bindingOf(source: KubeObject, hub: HubFacts): KubeObject | undefined {
  const binding = bindingNamed(bindingNameFor(source, hub), source, hub)
  return binding !== undefined && isFor(binding, source) ? binding : undefined
}

/**
 * The name of an object's binding: that of upstream, unless the binding of an object of another group has it already (the Service of
 * Kubernetes and that of Knative).
 */
export function bindingNameFor(source: KubeObject, hub: HubFacts): string {
  const usual = bindingName(source.kind, source.metadata.name)
  const binding = bindingNamed(usual, source, hub)
  return binding === undefined || isFor(binding, source) ? usual : `${usual}.${groupOf(source.apiVersion) || 'core'}`
}

function bindingNamed(name: string, { metadata: { namespace = '' } }: KubeObject, hub: HubFacts): KubeObject | undefined {
  return hub.objects(bindingTypeFor(namespace), { name, ...(namespace === '' ? {} : { namespace }) })[0]
}

function isFor(binding: KubeObject, source: KubeObject): boolean {
  return groupOf(textAt(binding, 'spec', 'resource', 'apiVersion')) === groupOf(source.apiVersion)
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
    const preserved = objectAt(task, 'preservedLabelState')
    const since = Date.parse(textAt(task, 'creationTimestamp'))
    return {
      cluster: textAt(task, 'fromCluster'),
      reason: engineReason(textAt(task, 'reason')),
      message: textAt(task, 'message'),
      since: Number.isNaN(since) ? 0 : since,
      purge: readPurge(textAt(task, 'purgeMode')),
      ...(grace === undefined ? {} : { graceSeconds: grace }),
      ...(replicas === undefined ? {} : { replicas }),
      ...(preserved === undefined
        ? {}
        : { preserved: preserved as Readonly<Record<string, string>>, before: textsAt(task, 'clustersBeforeFailover') }),
    }
  })
}

function engineReason(reason: string): string {
  return Object.keys(evictionReasons).find((each) => evictionReasons[each] === reason) ?? reason
}
