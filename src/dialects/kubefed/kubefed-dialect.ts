import { isObject } from '../../base/json.js'
import type {
  Federated,
  FederationDialect,
  HubFacts,
  HubWrite,
  ObjectRef,
  Outcome,
  Refused,
} from '../../delivery/federation/contract.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { clusterNotes } from './cluster/cluster-notes.js'
import { findFederatedNamespace, isMisplaced, mayStandIn } from './federated/federated-namespace.js'
import { dialectName, type ReadingFacts, readFederated, selectionOf } from './federated/read-federated.js'
import { PlacementProblem, readPlacement, selectClusters } from './federated/read-placement.js'
import { readServiceExport, serviceConfig, serviceExportKind } from './federated/read-service-export.js'
import { isNamespaceKind, type TypeConfig } from './kinds/type-config.js'
import { divideByPreference, preferenceTargets, writeDivision } from './replica-preference.js'
import {
  clusterPropagatedVersionType,
  federatedTypeConfigType,
  kubeFedClusterType,
  kubeFedConfigType,
  kubeFedFinalizer,
  propagatedVersionType,
  replicaSchedulingPreferenceType,
} from './resource-types.js'
import { isStrict, settingsOf } from './settings.js'
import { type ClusterStatus, clusterStatuses } from './status/cluster-codes.js'
import { federatedStatus } from './status/federated-status.js'
import { propagatedVersion } from './status/propagated-version.js'
import { configFor, namespaceConfig, typeConfigsOf } from './type-configs.js'

const namespaceType: ResourceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }

/** KubeFed: Federated<Kind> objects, opened by FederatedNamespaces, divided by ReplicaSchedulingPreferences. */
export const kubeFedDialect: FederationDialect = {
  name: dialectName,
  finalizer: kubeFedFinalizer,
  hubKinds: [
    kubeFedConfigType,
    federatedTypeConfigType,
    kubeFedClusterType,
    replicaSchedulingPreferenceType,
    propagatedVersionType,
    clusterPropagatedVersionType,
    namespaceType,
  ],

  clusterNotes: (hub) => clusterNotes(hub, settingsOf(hub).namespace),

  sourceKinds(hub) {
    const { configs } = factsOf(hub)
    const exports = serviceConfig(configs) && hub.typeNamed(serviceExportKind.group, serviceExportKind.plural)
    return [...configs.map(({ federated }) => federated), ...(exports === undefined ? [] : [exports])]
  },

  touches(object, hub) {
    const group = groupOf(object.apiVersion)
    const { namespace = '', name } = object.metadata
    if (group === 'core.kubefed.io') return object.kind === 'FederatedTypeConfig' || object.kind === 'KubeFedConfig' ? 'all' : []
    const facts = factsOf(hub)
    const { configs } = facts
    if (object.kind === 'ReplicaSchedulingPreference' && group === 'scheduling.kubefed.io') {
      const target = preferenceTarget(object, configs)
      return target === undefined ? [] : [{ type: target.federated, namespace, name }]
    }
    if (object.kind === 'Namespace' && group === '') {
      const config = namespaceConfig(configs)
      const found = findFederatedNamespace(hub, config, name, { strict: false })
      return config === undefined || found === undefined ? [] : [refOf(config.federated, found)]
    }
    const exports = hub.typeNamed(serviceExportKind.group, serviceExportKind.plural)
    if (exports !== undefined && object.kind === exports.kind && group === exports.group) return [refOf(exports, object)]
    const config = configFor(object, configs)
    if (config === undefined) return []
    const own = refOf(config.federated, object)
    if (isNamespaceKind(config.target)) return [own, ...contentsOf(name, facts)]
    return config === serviceConfig(configs) && exports !== undefined ? [own, { type: exports, namespace, name }] : [own]
  },

  read(source, hub) {
    const facts = factsOf(hub)
    const config = configFor(source, facts.configs)
    if (config !== undefined) return readFederated(source, config, facts)
    const exports = hub.typeNamed(serviceExportKind.group, serviceExportKind.plural)
    if (exports === undefined || source.kind !== exports.kind) return undefined
    return readServiceExport(source, facts, kubeFedFinalizer)
  },

  report(source, read, outcome, hub) {
    const facts = factsOf(hub)
    const config = configFor(source, facts.configs)
    if (config === undefined || outcome?.going?.done === true) return []
    return [
      ...statusWrites(source, config, read, outcome, facts),
      ...(outcome === undefined || outcome.going !== undefined ? [] : [propagatedVersion(source, config, outcome)]),
      ...namespaceWrites(source, config, facts),
      ...divisionWrites(source, config, outcome, facts),
    ]
  },
}

function factsOf(hub: HubFacts): ReadingFacts {
  const settings = settingsOf(hub)
  return { hub, settings, configs: typeConfigsOf(hub, settings.namespace) }
}

function refOf(type: ResourceType, { metadata: { namespace = '', name } }: KubeObject): ObjectRef {
  return { type, namespace, name }
}

/** Everything in a namespace that a FederatedNamespace opens, ServiceExports included. */
function contentsOf(namespace: string, { hub, configs }: ReadingFacts): ObjectRef[] {
  const exports = hub.typeNamed(serviceExportKind.group, serviceExportKind.plural)
  const types = configs.filter(({ target }) => target.namespaced).map(({ federated }) => federated)
  return [...types, ...(exports === undefined ? [] : [exports])].flatMap((type) =>
    hub.objects(type, { namespace }).map((object) => refOf(type, object)),
  )
}

function statusWrites(
  source: KubeObject,
  config: TypeConfig,
  read: Federated | Refused,
  outcome: Outcome | undefined,
  facts: ReadingFacts,
): HubWrite[] {
  const { hub, settings } = facts
  const refused = 'problem' in read ? read.problem : undefined
  // Upstream tells of these by an event alone.
  if (refused?.reason === 'InvalidName') return []
  const collectsStatus = settings.collectsStatus && config.collectsStatus
  const warnings = read.warnings ?? []
  const options = { nowText: `${new Date(hub.nowMs).toISOString().slice(0, 19)}Z`, collectsStatus }
  const write = (found: Parameters<typeof federatedStatus>[1]): HubWrite[] => [
    { write: 'status', ref: refOf(config.federated, source), patch: { status: federatedStatus(source, found, options) } },
  ]
  if (refused?.reason === 'ComputePlacementFailed')
    return write({ clusters: [], reason: 'ComputePlacementFailed', message: refused.message, warnings })
  if (refused !== undefined) {
    const { clusters } = selectionOf(source, config, facts)
    const { reason: status, message } = refused
    return write({ clusters: clusters.map((name) => ({ name, status, message })), warnings })
  }
  if (outcome === undefined) return []
  const selection = selectionOf(source, config, facts)
  const listed = new Set(outcome.clusters.map(({ cluster }) => cluster))
  const leftOut = selection.clusters
    .filter((name) => !listed.has(name) && outcome.going === undefined)
    .map((name): ClusterStatus => {
      const why = outcome.decision.clusters.find(({ cluster }) => cluster === name)?.why
      return { name, status: 'CreationFailed', ...(why === undefined ? {} : { message: why }) }
    })
  const clusters = [...clusterStatuses(outcome.clusters, { collectsStatus }), ...leftOut]
  return write({
    clusters,
    ...(selection.closed ? { reason: 'NamespaceNotFederated' as const } : {}),
    ...(selection.nowhere === undefined ? {} : { message: selection.nowhere }),
    warnings,
  })
}

/** Leniently, a misplaced FederatedNamespace makes the namespace that it is meant for. */
function namespaceWrites(source: KubeObject, config: TypeConfig, { hub, settings }: ReadingFacts): HubWrite[] {
  if (!isNamespaceKind(config.target) || !isMisplaced(source) || !mayStandIn(source) || isStrict(source, settings)) return []
  const { name, deletionTimestamp } = source.metadata
  if (deletionTimestamp !== undefined || hub.objects(namespaceType, { name }).length > 0) return []
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  return [{ write: 'apply', ref: { type: namespaceType, namespace: '', name }, object }]
}

function divisionWrites(source: KubeObject, config: TypeConfig, outcome: Outcome | undefined, facts: ReadingFacts): HubWrite[] {
  const { hub, configs, settings } = facts
  const { namespace = '', name, deletionTimestamp } = source.metadata
  if (outcome === undefined || deletionTimestamp !== undefined || !preferenceTargets.has(source.kind)) return []
  const preference = hub
    .objects(replicaSchedulingPreferenceType, { namespace, name })
    .find((each) => preferenceTarget(each, configs) === config)
  if (preference === undefined || preference.metadata.deletionTimestamp !== undefined) return []
  const clusters = preferredClusters(source, preference, facts)
  const strict = isStrict(preference, settings)
  const division = divideByPreference({ preference, target: source, clusters, copies: outcome.clusters, strict })
  const write = division && writeDivision(source, config.federated, division)
  return write === undefined ? [] : [write]
}

function preferenceTarget(preference: KubeObject, configs: readonly TypeConfig[]): TypeConfig | undefined {
  const spec = isObject(preference['spec']) ? preference['spec'] : {}
  const kind = spec['targetKind']
  return typeof kind === 'string' && preferenceTargets.has(kind)
    ? configs.find(({ federated }) => federated.kind === kind)
    : undefined
}

function preferredClusters(source: KubeObject, preference: KubeObject, { hub, settings, configs }: ReadingFacts) {
  const fleet = hub.clusters
  const spec = isObject(preference['spec']) ? preference['spec'] : {}
  if (spec['intersectWithClusterSelector'] !== true) return fleet
  const { namespace = '' } = source.metadata
  const opening = findFederatedNamespace(hub, namespaceConfig(configs), namespace, { strict: isStrict(source, settings) })
  try {
    const own = new Set(selectClusters(readPlacement(source), fleet, { selectorOnly: true }))
    const open =
      opening === undefined
        ? settings.limitedScope
          ? own
          : new Set<string>()
        : new Set(selectClusters(readPlacement(opening), fleet, { selectorOnly: true }))
    return fleet.filter(({ name }) => own.has(name) && open.has(name))
  } catch (error) {
    if (!(error instanceof PlacementProblem)) throw error
    return []
  }
}
