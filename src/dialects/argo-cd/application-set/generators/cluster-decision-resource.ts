import { isObject, setOwn } from '../../../../base/json.js'
import { printValue } from '../../../../formats/go-template/print.js'
import { typedMap } from '../../../../formats/go-template/values.js'
import { inClusterServer } from '../../../../inventory/in-cluster.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import { formatLabelSelector, fromLabelSelector } from '../../../../kube/object/selector.js'
import type { ClusterDecisionResourceGenerator } from '../../kinds/application-set.js'
import type { Params } from '../params.js'
import { inClusterName } from './clusters.js'
import { type ClusterFacts, defaultRecheckSeconds, type GeneratorContext, type GeneratorKind } from './contract.js'

/** PlacementDecision of sig-multicluster (KEP-5313): it has its `decisions` without a status around them. */
const decisionGroup = 'multicluster.x-k8s.io'
const profileKey = 'clusterProfileRef.name'

/** The cluster that the control plane runs in needs no Secret. */
const local = { name: inClusterName, server: inClusterServer }

interface DecisionRules {
  readonly apiVersion: string
  readonly group: string
  readonly version: string
  /** Plural, as upstream's documents have it, or the kind. */
  readonly kind: string
  readonly listKey: string
  readonly matchKey: string
}

/**
 * The clusters that resources of another scheduler name in their status, in the order in which they stand there. Which kind, where its
 * list is and which field of an entry has the name of a cluster stands in a ConfigMap. Where upstream takes what it cannot read (no
 * matchKey, no status yet, no list in it) for no clusters, this is an error here.
 */
export const clusterDecisionResourceGenerator: GeneratorKind = {
  name: 'clusterDecisionResource',
  combines: false,
  async generate(spec, context) {
    const wanted = spec as ClusterDecisionResourceGenerator
    const rules = await readRules(wanted.configMapRef, context)
    const resources = await readResources(wanted, rules, context)
    const sets: Params[] = []
    const seen = new Set<string>()
    for (const resource of resources) {
      const list = decisionsOf(resource, rules)
      for (const [index, entry] of list.entries()) {
        const where = `${nameOf(resource)}: ${rules.listKey}[${index}]`
        if (!isObject(entry)) throw new Error(`clusterDecisionResource: ${where}: expected an object`)
        const name = await clusterNameOf(entry, rules, where, context)
        const cluster = context.clusters.find((each) => each.name === name) ?? (name === inClusterName ? local : undefined)
        if (cluster !== undefined) sets.push(toParams(cluster, entry, wanted, context))
        else if (!seen.has(name)) {
          seen.add(name)
          context.warn(`clusterDecisionResource: ${where} names the cluster ${name}, which the fleet does not have`)
        }
      }
    }
    return sets
  },
  recheckSeconds: ({ requeueAfterSeconds }) =>
    typeof requeueAfterSeconds === 'number' ? requeueAfterSeconds : defaultRecheckSeconds,
}

async function readRules(configMap: string | undefined, { decisions }: GeneratorContext): Promise<DecisionRules> {
  if (configMap === undefined || configMap === '')
    throw new Error('clusterDecisionResource.configMapRef: expected the name of a ConfigMap, found nothing')
  const data = await decisions.settings(configMap)
  const { apiVersion = '', kind = '', statusListKey = '' } = data
  const slash = apiVersion.indexOf('/')
  if (slash < 1 || kind === '') {
    throw new Error(
      `clusterDecisionResource: ConfigMap ${configMap} needs apiVersion (group/version) and kind; it has ${JSON.stringify(apiVersion)} and ${JSON.stringify(kind)}`,
    )
  }
  const [group, version] = [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)]
  const isPlain = group === decisionGroup
  const matchKey = data['matchKey'] || (isPlain ? profileKey : '')
  if (matchKey === '')
    throw new Error(`clusterDecisionResource: ConfigMap ${configMap} needs matchKey: the field that has the name of the cluster`)
  return { apiVersion, group, version, kind, listKey: statusListKey || (isPlain ? 'decisions' : 'clusters'), matchKey }
}

async function readResources(
  { name = '', labelSelector = {} }: ClusterDecisionResourceGenerator,
  { group, version, kind, apiVersion }: DecisionRules,
  { decisions }: GeneratorContext,
): Promise<readonly KubeObject[]> {
  const selects = isObject(labelSelector.matchLabels) || Array.isArray(labelSelector.matchExpressions)
  if ((name === '') !== selects) throw new Error('clusterDecisionResource: expected either name or labelSelector')
  const where = name === '' ? { labelSelector: formatLabelSelector(fromLabelSelector(labelSelector)) } : { name }
  const found = await decisions.list({ group, version, kind }, where)
  if (found.length === 0) {
    const which = name === '' ? `labels ${where.labelSelector}` : `name ${name}`
    throw new Error(`clusterDecisionResource: no ${kind} of ${apiVersion} with the ${which} was found`)
  }
  return [...found].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

function decisionsOf(resource: KubeObject, { group, listKey }: DecisionRules): readonly unknown[] {
  const status = group === decisionGroup && resource['status'] === undefined ? resource : resource['status']
  const list = isObject(status) ? status[listKey] : undefined
  if (Array.isArray(list)) return list
  throw new Error(`clusterDecisionResource: ${nameOf(resource)} has no list status.${listKey} (yet)`)
}

/** Which cluster an entry names. A reference to a profile stands for the cluster that the profile stands for. */
async function clusterNameOf(
  entry: Readonly<Record<string, unknown>>,
  { group, version, matchKey }: DecisionRules,
  where: string,
  { decisions }: GeneratorContext,
): Promise<string> {
  let value: unknown = entry[matchKey]
  if (value === undefined && matchKey.includes('.')) {
    value = matchKey.split('.').reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), entry)
  }
  if (value === undefined || value === null || value === '')
    throw new Error(`clusterDecisionResource: ${where} has no ${matchKey}, which is to name the cluster`)
  const name = printValue(value)
  if (group !== decisionGroup || matchKey !== profileKey) return name
  const ref = entry['clusterProfileRef'] as { namespace?: string }
  const [profile] = await decisions.list(
    { group, version, kind: 'clusterprofiles' },
    { name, ...(ref.namespace ? { namespace: ref.namespace } : {}) },
  )
  const spec = profile?.['spec']
  const shown = isObject(spec) ? spec['displayName'] : undefined
  return typeof shown === 'string' && shown !== '' ? shown : name
}

function toParams(
  { name, server }: Pick<ClusterFacts, 'name' | 'server'>,
  entry: Readonly<Record<string, unknown>>,
  { values = {} }: ClusterDecisionResourceGenerator,
  { text }: GeneratorContext,
): Params {
  const params: Params = { name, server }
  for (const [key, value] of Object.entries(entry)) setOwn(params, key, value === null ? '<nil>' : printValue(value))
  // As upstream has it for this generator alone: values are taken as they are written.
  if (text.goTemplate) {
    if (Object.keys(values).length > 0) params['values'] = typedMap('map[string]string', { ...values })
  } else for (const [key, value] of Object.entries(values)) setOwn(params, `values.${key}`, value)
  return params
}

function nameOf({ kind, apiVersion, metadata }: KubeObject): string {
  return `${kind ?? apiVersion} ${metadata.name}`
}
