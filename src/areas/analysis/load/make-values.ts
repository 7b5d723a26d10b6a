import type { Document } from '../model/document.js'
import { HelmValues, type KnownTool } from '../model/helm-values.js'
import type { Path } from '../model/spot.js'

/** The cluster as the tool's own values name it. */
export const ownNames: Partial<Record<KnownTool, Path>> = {
  cilium: ['cluster', 'name'],
  istio: ['global', 'multiCluster', 'clusterName'],
  submariner: ['submariner', 'clusterId'],
}

/** Values that begin at `root` of a document, for the cluster of the document or the one that they name themselves. */
export function makeValues(
  document: Document,
  tool: KnownTool,
  root: Path,
  chartVersion?: string,
  elsewhere?: Readonly<Record<string, Path>>,
): HelmValues {
  const values = new HelmValues({ tool, document, root, chartVersion, elsewhere: elsewhere ?? {} })
  const own = ownNames[tool]
  const cluster = document.cluster ?? (own === undefined ? undefined : values.text(...own))
  return new HelmValues({ tool, document, root, chartVersion, elsewhere: elsewhere ?? {}, cluster })
}
