import { isObject } from '../../base/json.js'
import type { HubFacts } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { kubeFedConfigType, kubeFedNamespace } from './resource-types.js'

/** On the KubeFedConfig for all, or on a federated object for itself: `strict` does as KubeFed did, `lenient` repairs. */
export const modeAnnotation = 'flotilla.dev/kubefed-mode'

/** What the KubeFedConfig says, with upstream's defaults. */
export interface KubeFedSettings {
  /** Of the control plane: clusters and type configurations count there. */
  readonly namespace: string
  readonly strict: boolean
  /** The control plane rules its own namespace only, which needs no FederatedNamespace. */
  readonly limitedScope: boolean
  readonly adopts: boolean
  /** The gate RawResourceStatusCollection. */
  readonly collectsStatus: boolean
}

const configName = 'kubefed'

export function settingsOf(hub: Pick<HubFacts, 'objects'>): KubeFedSettings {
  const named = hub.objects(kubeFedConfigType, { name: configName })
  return readSettings(named.find(({ metadata }) => metadata.namespace === kubeFedNamespace) ?? named[0])
}

export function readSettings(config: KubeObject | undefined): KubeFedSettings {
  const spec = isObject(config?.['spec']) ? config['spec'] : {}
  const sync = isObject(spec['syncController']) ? spec['syncController'] : {}
  const gates = Array.isArray(spec['featureGates']) ? spec['featureGates'].filter(isObject) : []
  return {
    namespace: config?.metadata.namespace ?? kubeFedNamespace,
    strict: config?.metadata.annotations?.[modeAnnotation] === 'strict',
    limitedScope: spec['scope'] === 'Namespaced',
    adopts: sync['adoptResources'] !== 'Disabled',
    collectsStatus: gates.some(
      ({ name, configuration }) => name === 'RawResourceStatusCollection' && configuration === 'Enabled',
    ),
  }
}

/** Whether an object is read strictly: by its own word, or by the configuration's, which no object can take back. */
export function isStrict(object: KubeObject, settings: KubeFedSettings): boolean {
  return settings.strict || object.metadata.annotations?.[modeAnnotation] === 'strict'
}

/** The KubeFedConfig of a fresh control plane, as upstream's chart writes it. */
export const defaultConfig: KubeObject = {
  apiVersion: 'core.kubefed.io/v1beta1',
  kind: 'KubeFedConfig',
  metadata: { name: configName, namespace: kubeFedNamespace },
  spec: {
    scope: 'Cluster',
    controllerDuration: { availableDelay: '20s', unavailableDelay: '60s', cacheSyncTimeout: '5m' },
    leaderElect: { leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '5s', resourceLock: 'configmaps' },
    featureGates: [
      { name: 'PushReconciler', configuration: 'Enabled' },
      { name: 'RawResourceStatusCollection', configuration: 'Disabled' },
      { name: 'SchedulerPreferences', configuration: 'Enabled' },
    ],
    clusterHealthCheck: { period: '10s', failureThreshold: 3, successThreshold: 1, timeout: '3s' },
    syncController: { maxConcurrentReconciles: 1, adoptResources: 'Enabled' },
    statusController: { maxConcurrentReconciles: 1 },
  },
}
