import { formatTime } from '../../base/clock.js'
import { equalJson } from '../../base/json.js'
import type { HubFacts, HubWrite } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { type Fields, fieldAt, numberAt, objectsAt, textAt } from './fields.js'
import { bindingTypeFor } from './hub-kinds.js'
import { bindingName } from './names.js'
import { workloadRebalancerType } from './resource-types.js'

/** When an object was last asked to be placed anew: the creation of the youngest WorkloadRebalancer that names it. RFC 3339. */
export function rebalanceAsked(source: KubeObject, hub: HubFacts): string | undefined {
  let latest: string | undefined
  for (const rebalancer of rebalancersOf(source, hub)) {
    const created = rebalancer.metadata.creationTimestamp ?? undefined
    if (created !== undefined && (latest === undefined || Date.parse(created) > Date.parse(latest))) latest = created
  }
  return latest
}

/** Whether the last decision is older than the wish for a new one. */
export function isAskedAfter(asked: string | undefined, scheduled: string): boolean {
  if (asked === undefined || scheduled === '') return false
  return Date.parse(asked) > Date.parse(scheduled)
}

/** How the rebalancers that name an object stand, by the bindings as they are now. */
export function reportRebalancers(source: KubeObject, hub: HubFacts): HubWrite[] {
  const writes: HubWrite[] = []
  for (const rebalancer of rebalancersOf(source, hub)) {
    const created = rebalancer.metadata.creationTimestamp ?? ''
    const observedWorkloads = objectsAt(rebalancer, 'spec', 'workloads').map((workload) => observe(workload, created, hub))
    const finished = observedWorkloads.every(({ result }) => result !== undefined)
    const before = textAt(rebalancer, 'status', 'finishTime')
    const status = {
      observedGeneration: rebalancer.metadata.generation ?? 1,
      observedWorkloads,
      ...(finished ? { finishTime: before === '' ? formatTime(hub.nowMs) : before } : {}),
    }
    const ref = { type: workloadRebalancerType, namespace: '', name: rebalancer.metadata.name }
    const ttl = numberAt(rebalancer, 'spec', 'ttlSecondsAfterFinished')
    if (before !== '' && ttl !== undefined && Date.parse(before) + ttl * 1000 <= hub.nowMs) writes.push({ write: 'delete', ref })
    else if (!equalJson(rebalancer['status'], status)) writes.push({ write: 'status', ref, patch: { status } })
  }
  return writes
}

function observe(workload: Fields, created: string, hub: HubFacts): { workload: Fields; result?: string; reason?: string } {
  const namespace = textAt(workload, 'namespace')
  const name = bindingName(textAt(workload, 'kind'), textAt(workload, 'name'))
  const [binding] = hub.objects(bindingTypeFor(namespace), { name, ...(namespace === '' ? {} : { namespace }) })
  if (binding === undefined) return { workload, result: 'Failed', reason: 'ReferencedBindingNotFound' }
  const triggered = Date.parse(textAt(binding, 'spec', 'rescheduleTriggeredAt'))
  return triggered >= Date.parse(created) ? { workload, result: 'Successful' } : { workload }
}

function rebalancersOf(source: KubeObject, hub: HubFacts): readonly KubeObject[] {
  const { name, namespace = '' } = source.metadata
  return hub
    .objects(workloadRebalancerType)
    .filter((rebalancer) =>
      objectsAt(rebalancer, 'spec', 'workloads').some(
        (each) =>
          fieldAt(each, 'kind') === source.kind &&
          fieldAt(each, 'apiVersion') === source.apiVersion &&
          fieldAt(each, 'name') === name &&
          textAt(each, 'namespace') === namespace,
      ),
    )
}
