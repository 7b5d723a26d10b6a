import type { FederationDialect } from '../../delivery/federation/contract.js'
import { karmadaCrds } from '../../dialects/karmada/crds.js'
import { karmadaDialect } from '../../dialects/karmada/karmada-dialect.js'
import { templateMark } from '../../dialects/karmada/names.js'
import { kubeFedCrds } from '../../dialects/kubefed/kinds/crds.js'
import { kubeFedDialect } from '../../dialects/kubefed/kubefed-dialect.js'
import { withDecisions } from '../../dialects/placement/decisions/with-decisions.js'
import { placementCrd, placementDecisionCrd, residencyRuleCrd } from '../../dialects/placement/placement-crd.js'
import { placementDialect } from '../../dialects/placement/placement-dialect.js'
import { placementLabel } from '../../dialects/placement/placement-kind.js'
import { underResidency } from '../../dialects/placement/residency/under-residency.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

/** The APIs in which federation is declared, in the order in which they win where two want the same object in a cluster. */
export const federationDialects: readonly FederationDialect[] = [
  withDecisions(kubeFedDialect),
  placementDialect,
  withDecisions(karmadaDialect),
].map(underResidency)

/** Definitions that a hub has for them. */
export const federationCrds: readonly KubeObject[] = [
  ...kubeFedCrds,
  placementCrd,
  residencyRuleCrd,
  placementDecisionCrd,
  ...karmadaCrds,
]

/** Whether an object of the hub goes to other clusters: it is a template then, and does not run on the hub. */
export function isFederationTemplate({ metadata: { labels = {} } }: KubeObject): boolean {
  return labels[templateMark] === 'true' || (labels[placementLabel] ?? '') !== ''
}
