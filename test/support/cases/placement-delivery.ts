import { deliveryBuilder } from '../../../src/delivery/placement/build-delivery.js'
import type { KarmadaOverriders } from '../../../src/delivery/placement/overrides/karmada-overriders.js'
import type { OverridePolicy } from '../../../src/delivery/placement/overrides/override-policy.js'
import type { KubeObject } from '../../../src/kube/object/kube-object.js'
import { buildCluster, readAffinity, readSelector } from './placement-answers.js'
import type { KarmadaCandidate, KarmadaCase } from './placement-cases.js'

/** The object of a case with Karmada's override policies applied by the engine. */
export function buildDeliveryOf({ object, policies = [], clusters = [] }: KarmadaCase): KubeObject {
  const overrides = policies.map(({ metadata, spec }): OverridePolicy => {
    const rules = spec.overrideRules.map(({ targetCluster, overriders }) => ({
      ...(targetCluster && { clusters: readAffinity(targetCluster) }),
      overriders: overriders as KarmadaOverriders,
    }))
    return { dialect: 'karmada', ...metadata, selectors: (spec.resourceSelectors ?? []).map(readSelector), rules }
  })
  return deliveryBuilder(object as unknown as KubeObject, overrides)(buildCluster(clusters[0] as KarmadaCandidate), undefined)
}
