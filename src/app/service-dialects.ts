import { ciliumDialect } from '../dialects/cilium/cilium-dialect.js'
import { gkeCrds } from '../dialects/gke/crds.js'
import { gkeDialect } from '../dialects/gke/gke-dialect.js'
import { gkePlanner } from '../dialects/gke/plan-derived-services.js'
import { istioCrds } from '../dialects/istio/crds.js'
import { istioDialect } from '../dialects/istio/istio-dialect.js'
import { mcsCrds } from '../dialects/mcs/crds.js'
import { readExportAnnotations } from '../dialects/mcs/export-annotations.js'
import { mcsDialect } from '../dialects/mcs/mcs-dialect.js'
import { submarinerCrds } from '../dialects/submariner/crds.js'
import { globalnetPlanner } from '../dialects/submariner/plan-globalnet.js'
import { submarinerDialect } from '../dialects/submariner/submariner-dialect.js'
import type { KubeObject } from '../kube/object/kube-object.js'
import { audienceProblem } from '../services/model/audience-problem.js'
import type { Planner } from '../services/model/planned-write.js'
import type { ServiceDialect } from '../services/model/service-dialect.js'

/** The APIs in which services across clusters are declared. */
export const serviceDialects: readonly ServiceDialect[] = [mcsDialect, ciliumDialect, istioDialect, gkeDialect, submarinerDialect]

/** What they want written beside what every service has. */
export const servicePlanners: readonly Planner[] = [gkePlanner, globalnetPlanner]

/** Definitions that embedded members have from the start. */
export const memberCrds: readonly KubeObject[] = [...mcsCrds, ...istioCrds, ...gkeCrds, ...submarinerCrds]

/** What the annotations of a ServiceExport say that cannot be understood. */
export function exportProblems(annotations: Readonly<Record<string, string>> | undefined): readonly string[] {
  const { audience, problems } = readExportAnnotations(annotations)
  const selector = audienceProblem(audience)
  return selector === undefined ? problems : [...problems, `nobody may import the service: ${selector}`]
}
