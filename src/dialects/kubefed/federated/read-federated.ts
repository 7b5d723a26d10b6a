import { isObject } from '../../../base/json.js'
import type { Federated, HubFacts, Problem, Refused } from '../../../delivery/federation/contract.js'
import { federatedId } from '../../../delivery/federation/federated-id.js'
import type { PlacementPolicies, PreviousPlacement } from '../../../delivery/placement/contract.js'
import { type KubeObject, keyOf } from '../../../kube/object/kube-object.js'
import { isNamespaceKind, type TypeConfig } from '../kinds/type-config.js'
import { describePreference, preferenceTargets } from '../replica-preference.js'
import { replicaSchedulingPreferenceType } from '../resource-types.js'
import { isStrict, type KubeFedSettings } from '../settings.js'
import { namespaceConfig } from '../type-configs.js'
import { buildWorkload } from './build-workload.js'
import { deleteOptionAnnotation, deliveryRules, propagationOf } from './delivery-rules.js'
import { findFederatedNamespace, isMisplaced, isSystemNamespace, mayStandIn } from './federated-namespace.js'
import { readOverrides } from './read-overrides.js'
import { PlacementProblem, readPlacement, selectClusters, unknownClusters } from './read-placement.js'

export const dialectName = 'kubefed'

export interface ReadingFacts {
  readonly hub: HubFacts
  readonly settings: KubeFedSettings
  readonly configs: readonly TypeConfig[]
}

/** Where a federated object goes, and if it goes nowhere, why. */
export interface Selection {
  readonly clusters: readonly string[]
  readonly nowhere?: string
  /** No FederatedNamespace opens its namespace. */
  readonly closed: boolean
  /** Why it cannot be told: nothing is concluded from it. */
  readonly unknown?: string
}

/** What a federated object asks for; undefined where KubeFed looks away (namespaces of the system). */
export function readFederated(source: KubeObject, config: TypeConfig, facts: ReadingFacts): Federated | Refused | undefined {
  const { hub, settings } = facts
  const strict = isStrict(source, settings)
  const id = federatedId(dialectName, source)
  const warnings: Problem[] = []
  if (isNamespaceKind(config.target)) {
    if (isSystemNamespace(source.metadata.name, settings.namespace)) return undefined
    const misplaced = judgeMisplaced(source, config, facts, strict)
    if (misplaced?.refused === true) return { id, problem: misplaced.problem }
    if (misplaced !== undefined) warnings.push(misplaced.problem)
  }
  const { object, warnings: ofTemplate } = buildWorkload(source, config)
  warnings.push(...ofTemplate)
  const { overrides, warnings: ofOverrides, problem } = readOverrides(source, { strict })
  if (problem !== undefined) return { id, problem, warnings }
  warnings.push(...ofOverrides, ...judgeDeleteOption(source))
  let selection: Selection
  try {
    selection = selectionOf(source, config, facts)
    const unknown = strict ? [] : unknownClusters(readPlacement(source), hub.clusters)
    if (unknown.length > 0)
      warnings.push({
        reason: 'UnknownCluster',
        message: `spec.placement.clusters: no cluster of the fleet is called ${unknown.join(', ')}; it goes there once it has joined`,
      })
  } catch (error) {
    if (!(error instanceof PlacementProblem)) throw error
    return { id, problem: { reason: error.reason, message: error.message }, warnings }
  }
  return {
    id,
    workload: { object },
    policies: policiesFor(source, object, selection, overrides, preferenceOf(source, facts)),
    previous: previousOf(source),
    rules: deliveryRules(source, object, { adopts: settings.adopts, overrides }),
    warnings,
    ...(selection.unknown === undefined ? {} : { paused: selection.unknown }),
    ...(config.propagates ? {} : { paused: `FederatedTypeConfig ${config.name} has propagation: Disabled` }),
  }
}

/** The clusters that placement and namespace gate leave. Throws PlacementProblem. */
export function selectionOf(source: KubeObject, config: TypeConfig, { hub, settings, configs }: ReadingFacts): Selection {
  const placement = readPlacement(source)
  const { clusters } = hub
  const own = selectClusters(placement, clusters)
  const { namespace } = source.metadata
  if (!config.target.namespaced || namespace === undefined)
    return { clusters: own, closed: false, ...(own.length === 0 ? { nowhere: nowhereBy(placement) } : {}) }
  const opening = findFederatedNamespace(hub, namespaceConfig(configs), namespace, { strict: isStrict(source, settings) })
  if (opening === undefined) {
    if (settings.limitedScope)
      return { clusters: own, closed: false, ...(own.length === 0 ? { nowhere: nowhereBy(placement) } : {}) }
    const unknown = whyGateUnknown(namespace, namespaceConfig(configs), hub)
    if (unknown !== undefined) return { clusters: [], closed: true, nowhere: unknown, unknown }
    return { clusters: [], closed: true, nowhere: `no FederatedNamespace ${namespace} opens the namespace to federated objects` }
  }
  const open = new Set(selectClusters(readPlacement(opening), clusters))
  const selected = own.filter((name) => open.has(name))
  if (selected.length > 0) return { clusters: selected, closed: false }
  const nowhere =
    own.length === 0 ? nowhereBy(placement) : `FederatedNamespace ${namespace} goes to none of ${own.slice(0, 10).join(', ')}`
  return { clusters: [], closed: false, nowhere }
}

/** Without the kind of FederatedNamespaces nobody can tell which namespaces are open, and unknown withdraws nothing. */
function whyGateUnknown(namespace: string, config: TypeConfig | undefined, hub: HubFacts): string | undefined {
  if (config === undefined)
    return `no FederatedTypeConfig of namespaces can be read, so it is not known whether namespace ${namespace} is open: all stays as it is until there is one (flotilla kubefed enable namespaces)`
  if (hub.isRead?.(config.federated) !== false) return undefined
  return `${config.federated.kind} objects have not been read, so it is not known whether namespace ${namespace} is open: all stays as it is`
}

function nowhereBy({ clusters, selector }: ReturnType<typeof readPlacement>): string {
  if (clusters !== undefined)
    return clusters.length === 0
      ? 'spec.placement.clusters is empty, which is nowhere'
      : `none of ${clusters.slice(0, 10).join(', ')} is a cluster of the fleet`
  return selector === undefined
    ? 'spec.placement has neither clusters nor a clusterSelector, which is nowhere'
    : 'spec.placement.clusterSelector matches no cluster'
}

function policiesFor(
  source: KubeObject,
  object: KubeObject,
  { clusters, nowhere }: Selection,
  overrides: ReturnType<typeof readOverrides>['overrides'],
  preference: KubeObject | undefined,
): PlacementPolicies {
  const name = `${source.kind} ${keyOf(source)}`
  const by = preference === undefined ? '' : `, clusters and replicas by ReplicaSchedulingPreference ${keyOf(preference)}`
  const { namespace } = object.metadata
  return {
    placements: [
      {
        name: `${name}${by}`,
        ...(preference === undefined ? {} : { notes: [describePreference(preference)] }),
        selectors: [
          {
            apiVersion: object.apiVersion,
            kind: object.kind,
            name: object.metadata.name,
            ...(namespace === undefined ? {} : { namespace }),
          },
        ],
        placement: {
          division: { strategy: 'duplicated' },
          ...(nowhere === undefined ? { groups: [{ name: 'placement', names: clusters }] } : { nowhere }),
        },
      },
    ],
    ...(overrides.length === 0 ? {} : { overrides: [{ dialect: 'kubefed', name, overrides }] }),
  }
}

/** What writes the placement and the replicas of the object, for people who ask why they are what they are. */
function preferenceOf(source: KubeObject, { hub }: ReadingFacts): KubeObject | undefined {
  if (!preferenceTargets.has(source.kind)) return undefined
  const { namespace = '', name } = source.metadata
  const found = hub.objects(replicaSchedulingPreferenceType, { namespace, name })
  return found.find(({ spec }) => isObject(spec) && spec['targetKind'] === source.kind)
}

/** Codes that tell that there is no copy of ours. */
const neverThere = new Set(['CreationFailed', 'CreationTimedOut', 'AlreadyExists', 'ManagedLabelFalse'])

function previousOf(source: KubeObject): PreviousPlacement {
  const status = source['status'] as { clusters?: { name: string; status?: string }[] } | undefined
  const had = (status?.clusters ?? []).filter(({ status: code }) => code === undefined || !neverThere.has(code))
  return had.length === 0 ? {} : { replicas: Object.fromEntries(had.map(({ name }) => [name, 0])) }
}

/** The one thing for which a FederatedNamespace is refused as a whole. */
function judgeMisplaced(
  source: KubeObject,
  config: TypeConfig,
  { hub }: ReadingFacts,
  strict: boolean,
): { refused: boolean; problem: Problem } | undefined {
  if (!isMisplaced(source)) return undefined
  const { name, namespace = '' } = source.metadata
  const reason = 'InvalidName'
  const fix = `move it to namespace ${name}`
  if (strict || !mayStandIn(source))
    return { refused: true, problem: { reason, message: `it lies in namespace ${namespace} and so federates nothing: ${fix}` } }
  const counts = findFederatedNamespace(hub, config, name, { strict: false })
  if (counts !== undefined && counts.metadata.namespace !== namespace)
    return {
      refused: true,
      problem: {
        reason,
        message: `FederatedNamespace ${keyOf(counts)} counts for ${name}, not the one in ${namespace}: remove it`,
      },
    }
  return {
    refused: false,
    problem: { reason, message: `it lies in namespace ${namespace} and is taken as meant for namespace ${name}: ${fix}` },
  }
}

function judgeDeleteOption({ metadata }: KubeObject): Problem[] {
  const text = metadata.annotations?.[deleteOptionAnnotation]
  if (text === undefined || propagationOf(text) !== undefined) return []
  return [
    {
      reason: 'InvalidDeleteOption',
      message: `annotation ${deleteOptionAnnotation} has no propagationPolicy that can be read, the only option that counts: write {"propagationPolicy":"Foreground"}`,
    },
  ]
}
