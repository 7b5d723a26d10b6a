import { ciliumDialect } from '../../dialects/cilium/cilium-dialect.js'
import { clusterPropertyCrd } from '../../dialects/cluster-profile/cluster-property.js'
import { gkeCrds } from '../../dialects/gke/crds.js'
import { gkeDialect } from '../../dialects/gke/gke-dialect.js'
import { gkePlanner } from '../../dialects/gke/plan-derived-services.js'
import { istioCrds } from '../../dialects/istio/crds.js'
import { istioDialect } from '../../dialects/istio/istio-dialect.js'
import { mcsCrds } from '../../dialects/mcs/crds.js'
import { readExportAnnotations } from '../../dialects/mcs/export-annotations.js'
import { readExportedMetadata } from '../../dialects/mcs/exported-metadata.js'
import { mcsDialect } from '../../dialects/mcs/mcs-dialect.js'
import { submarinerCrds } from '../../dialects/submariner/crds.js'
import { globalnetPlanner } from '../../dialects/submariner/plan-globalnet.js'
import { submarinerDialect } from '../../dialects/submariner/submariner-dialect.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { audienceProblem } from '../../services/model/audience-problem.js'
import type { ServiceExport } from '../../services/model/multi-cluster-kinds.js'
import type { Planner } from '../../services/model/planned-write.js'
import type { ServiceDialect } from '../../services/model/service-dialect.js'

/** The APIs in which services across clusters are declared. */
export const serviceDialects: readonly ServiceDialect[] = [mcsDialect, ciliumDialect, istioDialect, gkeDialect, submarinerDialect]

/** What they want written beside what every service has. */
export const servicePlanners: readonly Planner[] = [gkePlanner, globalnetPlanner]

/** Definitions that embedded members have from the start. */
export const memberCrds: readonly KubeObject[] = [clusterPropertyCrd, ...mcsCrds, ...istioCrds, ...gkeCrds, ...submarinerCrds]

/** What a ServiceExport says that cannot be understood, or does not count. */
export function exportProblems({ metadata, spec }: ServiceExport): readonly string[] {
  const { audience, problems } = readExportAnnotations(metadata.annotations)
  const selector = audienceProblem(audience)
  const ofAudience = selector === undefined ? [] : [`nobody may import the service: ${selector}`]
  return [...problems, ...ofAudience, ...readExportedMetadata(spec).problems]
}
