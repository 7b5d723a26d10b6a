import { isObject } from '../../../../base/json.js'
import { normalizeName } from '../../../../formats/go-template/profiles.js'
import { typedList, typedMap } from '../../../../formats/go-template/values.js'
import { inClusterServer, isInCluster } from '../../../../inventory/in-cluster.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../../kube/object/selector.js'
import type { Selector } from '../../kinds/application-set.js'
import { explainNoMatch } from '../../warnings/explain-selector.js'
import type { Params } from '../params.js'
import { addTemplatedValues } from '../template-values.js'
import type { ClusterFacts, GeneratorContext, GeneratorKind } from './contract.js'

export const inClusterName = 'in-cluster'

/**
 * The clusters whose labels match, ordered by name (upstream leaves the order to chance). Without a selector the cluster
 * that Argo CD itself runs in comes last, unless a Secret has its server; that one has no metadata at all. Of several
 * clusters with one name the last counts.
 */
export const clustersGenerator: GeneratorKind = {
  name: 'clusters',
  combines: false,
  generate: async (spec, context) => clusterSets(spec, context),
  recheckSeconds: () => undefined,
}

/** The sets of parameters, without waiting: everything that counts is in memory. */
export function clusterSets(
  spec: Readonly<Record<string, unknown>>,
  { text, clusters, warn }: Pick<GeneratorContext, 'text' | 'clusters' | 'warn'>,
): Params[] {
  const selectorSpec = (isObject(spec['selector']) ? spec['selector'] : {}) as LabelSelectorSpec
  const selector = fromLabelSelector(selectorSpec)
  const chosen = new Map<string, ClusterFacts>()
  for (const cluster of clusters) {
    if (!matchesLabels(selector, cluster.labels)) continue
    if (chosen.has(cluster.name))
      warn(`several clusters are named ${JSON.stringify(cluster.name)}: only ${cluster.server} counts`)
    chosen.set(cluster.name, cluster)
  }
  const values = spec['values'] as Record<string, string> | undefined
  const sets: Params[] = []
  for (const name of [...chosen.keys()].sort()) {
    const params = clusterParams(chosen.get(name)!, text.goTemplate)
    addTemplatedValues(values, params, text)
    sets.push(params)
  }
  const selects = Object.keys(selectorSpec.matchLabels ?? {}).length > 0 || (selectorSpec.matchExpressions ?? []).length > 0
  if (selects && sets.length === 0) {
    const why = explainNoMatch(selectorSpec as Selector, clusters) ?? ''
    warn(`the selector of clusters matches none of the ${clusters.length} clusters now: ${why}`)
  }
  if (!selects && ![...chosen.values()].some((cluster) => isInCluster(cluster.server))) {
    const local: Params = { name: inClusterName, nameNormalized: inClusterName, server: inClusterServer, project: '' }
    addTemplatedValues(values, local, text)
    sets.push(local)
  }
  return spec['flatList'] === true ? [{ clusters: typedList('[]map[string]interface {}', sets) }] : sets
}

function clusterParams(cluster: ClusterFacts, goTemplate: boolean): Params {
  const params: Params = {
    name: cluster.name,
    nameNormalized: normalizeName(cluster.name),
    server: cluster.server,
    project: cluster.project,
  }
  if (!goTemplate) {
    for (const [key, value] of Object.entries(cluster.annotations)) params[`metadata.annotations.${key}`] = value
    for (const [key, value] of Object.entries(cluster.labels)) params[`metadata.labels.${key}`] = value
    return params
  }
  const metadata: Record<string, unknown> = {}
  if (Object.keys(cluster.annotations).length > 0)
    metadata['annotations'] = typedMap('map[string]string', { ...cluster.annotations })
  if (Object.keys(cluster.labels).length > 0) metadata['labels'] = typedMap('map[string]string', { ...cluster.labels })
  params['metadata'] = metadata
  return params
}
