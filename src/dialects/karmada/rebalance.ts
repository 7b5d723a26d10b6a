import { formatTime } from '../../base/clock.js'
import { equalJson } from '../../base/json.js'
import type { Federated, HubFacts, HubWrite } from '../../delivery/federation/contract.js'
import { federatedId } from '../../delivery/federation/federated-id.js'
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

export function isRebalancer({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'WorkloadRebalancer' && apiVersion.startsWith('apps.karmada.io/')
}

/** A rebalancer as a source of its own: it goes nowhere, and so comes to a status, and to its end when its time is over. */
export function readRebalancer(source: KubeObject, hub: HubFacts): Federated {
  const ttl = numberAt(source, 'spec', 'ttlSecondsAfterFinished')
  // That it has finished is our own news, which wakes nobody.
  const againAt = endOf(source) ?? (ttl === undefined ? undefined : hub.nowMs + Math.max(ttl, 5) * 1000)
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: source.metadata.name } }
  return {
    id: federatedId('karmada', source),
    workload: { object },
    policies: { placements: [] },
    previous: {},
    rules: { existing: 'refuse', retain: [], onRemoval: 'delete' },
    paused: 'a WorkloadRebalancer itself goes nowhere',
    ...(againAt === undefined ? {} : { againAt }),
  }
}

/** How its workloads stand, by their bindings as they are now. */
export function reportRebalancer(rebalancer: KubeObject, hub: HubFacts): HubWrite[] {
  if (rebalancer.metadata.deletionTimestamp !== undefined) return []
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
  const endMs = endOf(rebalancer)
  if (endMs !== undefined && endMs <= hub.nowMs) return [{ write: 'delete', ref }]
  return equalJson(rebalancer['status'], status) ? [] : [{ write: 'status', ref, patch: { status } }]
}

/** When one that has finished is to go. Epoch ms. */
function endOf(rebalancer: KubeObject): number | undefined {
  const ttl = numberAt(rebalancer, 'spec', 'ttlSecondsAfterFinished')
  const finished = Date.parse(textAt(rebalancer, 'status', 'finishTime'))
  return ttl === undefined || Number.isNaN(finished) ? undefined : finished + ttl * 1000
}

function observe(workload: Fields, created: string, hub: HubFacts): { workload: Fields; result?: string; reason?: string } {
  const namespace = textAt(workload, 'namespace')
  const name = bindingName(textAt(workload, 'kind'), textAt(workload, 'name'))
  const [binding] = hub.objects(bindingTypeFor(namespace), { name, ...(namespace === '' ? {} : { namespace }) })
  if (binding === undefined) return { workload, result: 'Failed', reason: 'ReferencedBindingNotFound' }
  const triggered = Date.parse(textAt(binding, 'spec', 'rescheduleTriggeredAt'))
  return triggered >= Date.parse(created) ? { workload, result: 'Successful' } : { workload }
}

/** The rebalancers that name an object. */
export function rebalancersOf(source: KubeObject, hub: HubFacts): readonly KubeObject[] {
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
