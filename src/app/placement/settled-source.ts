import type { Federated, FederationDialect, HubFacts, Outcome, Refused } from '../../delivery/federation/contract.js'
import { decidePlacement } from '../../delivery/placement/decide-placement.js'
import { applyMergePatch } from '../../kube/apply/json-merge.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

/**
 * What a dialect would read of a source once it had written into it what it writes: a ReplicaSchedulingPreference of KubeFed comes into
 * force by the placement and overrides of its target. For what is worked out from files, where no copy is there yet.
 */
export function settledSource(
  dialect: FederationDialect,
  source: KubeObject,
  read: Federated,
  facts: HubFacts,
): Federated | Refused {
  // Of clusters in files nobody has asked whether they answer.
  const hub = { ...facts, clusters: facts.clusters.map((each) => ({ ...each, ready: each.ready ?? true })) }
  const decision = decidePlacement(read.workload, read.policies, hub.clusters, read.previous)
  const outcome: Outcome = {
    decision,
    clusters: decision.deliveries.map(({ cluster }) => ({ cluster, wanted: true, result: undefined })),
    evictions: [],
    digests: { template: '', overrides: '' },
  }
  let after: unknown = source
  for (const write of dialect.report(source, read, outcome, hub)) {
    const { ref } = write
    const own =
      ref.type.kind === source.kind && ref.name === source.metadata.name && ref.namespace === (source.metadata.namespace ?? '')
    if (own && write.write === 'object' && write.patch['spec'] !== undefined) after = applyMergePatch(after, write.patch)
  }
  return after === source ? read : (dialect.read(after as KubeObject, facts) ?? read)
}
