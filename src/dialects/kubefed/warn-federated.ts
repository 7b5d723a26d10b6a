import { messageOf } from '../../base/errors.js'
import type { HubFacts, Problem } from '../../delivery/federation/contract.js'
import { orderOverrides } from '../../delivery/placement/overrides/order-overrides.js'
import { groupOf, type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import { isMisplaced } from './federated/federated-namespace.js'
import { exportedService, serviceExportKind } from './federated/read-service-export.js'
import { federatedGroup, isNamespaceKind } from './kinds/type-config.js'
import { kubeFedDialect } from './kubefed-dialect.js'
import { isStrict, settingsOf } from './settings.js'
import { configFor, typeConfigsOf } from './type-configs.js'

export interface FederatedWarnings {
  readonly warnings: readonly string[]
  /** The namespace that a misplaced FederatedNamespace means, where it is missing and the object is read leniently. */
  readonly namespaceToMake?: string
}

/** What whoever applies an object to the hub should hear at once, each defect once. */
export function warnFederated(
  object: KubeObject,
  hub: HubFacts,
  stored: { has(resource: string, key: string): boolean },
): FederatedWarnings {
  const settings = settingsOf(hub)
  const configs = typeConfigsOf(hub, settings.namespace)
  const facts = { hub, settings, configs }
  if (groupOf(object.apiVersion) === serviceExportKind.group) {
    if (exportedService(object, facts) === undefined || stored.has('services', keyOf(object))) return { warnings: [] }
    return { warnings: [object.kind === 'ServiceExport' ? exportWarning(object) : importWarning(object)] }
  }
  const config = configFor(object, configs)
  if (config === undefined) {
    if (groupOf(object.apiVersion) !== federatedGroup) return { warnings: [] }
    const kind = object.kind.slice('Federated'.length)
    const message = `no FederatedTypeConfig in ${settings.namespace} enables ${object.kind}: nothing is done with it; run flotilla kubefed enable ${kind}`
    return { warnings: [`TypeNotEnabled: ${message}`] }
  }
  const read = kubeFedDialect.read(object, hub)
  if (read === undefined) return { warnings: [] }
  const problems: Problem[] = [...(read.warnings ?? [])]
  if ('problem' in read) problems.unshift(read.problem)
  else {
    try {
      orderOverrides(read.workload.object, read.policies.overrides ?? [])
    } catch (error) {
      problems.push({ reason: 'ApplyOverridesFailed', message: messageOf(error) })
    }
    const nowhere = read.policies.placements[0]?.placement.nowhere
    if (nowhere !== undefined) problems.push({ reason: 'NoClusters', message: `it goes nowhere: ${nowhere}` })
  }
  const warnings = problems.map(({ reason, message }) => `${reason}: ${message}`)
  const { name } = object.metadata
  const lacking = isNamespaceKind(config.target) && isMisplaced(object) && !isStrict(object, settings) && !('problem' in read)
  if (!lacking || stored.has('namespaces', name)) return { warnings }
  return {
    warnings: [...warnings, `NamespaceCreated: the hub had no namespace ${name} for federated objects to lie in: it is made now`],
    namespaceToMake: name,
  }
}

function exportWarning(object: KubeObject): string {
  const key = keyOf(object)
  return `ExportedWithFederatedService: there is no Service ${key} on the hub to export: it goes along to the clusters where FederatedService ${key} makes one`
}

function importWarning(object: KubeObject): string {
  const key = keyOf(object)
  return `ServiceImportIsDerived: ServiceImport ${key} is made in every cluster from what is exported there: this one need not be written`
}
