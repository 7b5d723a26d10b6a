import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { labels } from '../names.js'

const skippedGroups = new Set([
  'policy.karmada.io',
  'work.karmada.io',
  'cluster.karmada.io',
  'config.karmada.io',
  'apps.karmada.io',
  'events.k8s.io',
  'coordination.k8s.io',
  'metrics.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
])

const skippedKinds = new Set(['Event', 'Node', 'Namespace', 'Endpoints', 'Binding', 'ComponentStatus'])

/** Whether objects of a kind can be templates at all. Namespaces come along of themselves. */
export function isTemplateKind(apiVersion: string, kind: string): boolean {
  const group = groupOf(apiVersion)
  // Made in every cluster that may use a service, from its exports.
  if (group === 'multicluster.x-k8s.io' && kind === 'ServiceImport') return false
  return !skippedGroups.has(group) && !(group === '' && skippedKinds.has(kind))
}

/** Namespaces whose objects stay on the hub. */
export function isReservedNamespace(name: string): boolean {
  return name.startsWith('kube-') || name.startsWith('karmada-')
}

/** Whether policies may select the object: not what the API server makes for itself, nor what another feature has claimed. */
export function mayBeTemplate(object: KubeObject): boolean {
  const { namespace = '', labels: own, name } = object.metadata
  if (!isTemplateKind(object.apiVersion, object.kind)) return false
  if (namespace !== '' && isReservedNamespace(namespace)) return false
  if ((own?.[labels.claimedBy] ?? '') !== '') return false
  if (object.kind === 'ConfigMap' && name === 'kube-root-ca.crt') return false
  return !(object.kind === 'ServiceAccount' && name === 'default')
}
