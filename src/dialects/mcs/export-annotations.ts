import { multiClusterNames } from '../../services/model/multi-cluster-names.js'
import type { Audience } from '../../services/model/service-model.js'

/** What Flotilla's annotations on a ServiceExport say. */
export interface ExportAnnotations {
  readonly audience?: Audience
  readonly weight: number
  /** What cannot be understood; the annotation then limits as if nobody was named, and a weight counts as 1. */
  readonly problems: readonly string[]
}

const mostWeight = 65_535

/** Reads `services.flotilla.dev/clusters`, `/cluster-selector` and `/weight`. */
export function readExportAnnotations(annotations: Readonly<Record<string, string>> = {}): ExportAnnotations {
  const { clustersAnnotation, clusterSelectorAnnotation, weightAnnotation } = multiClusterNames
  const named = annotations[clustersAnnotation]
  const selector = annotations[clusterSelectorAnnotation]
  const written = annotations[weightAnnotation]
  const problems: string[] = []
  let weight = 1
  if (written !== undefined) {
    if (/^\d{1,5}$/.test(written.trim()) && Number(written) <= mostWeight) weight = Number(written)
    else problems.push(`annotation ${weightAnnotation}: "${written}" is no whole number from 0 to ${mostWeight}; 1 is taken`)
  }
  const clusters = named
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (clusters === undefined && selector === undefined) return { weight, problems }
  const audience = { ...(clusters === undefined ? {} : { clusters }), ...(selector === undefined ? {} : { selector }) }
  return { audience, weight, problems }
}
