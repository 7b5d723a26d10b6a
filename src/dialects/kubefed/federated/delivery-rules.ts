import { isObject } from '../../../base/json.js'
import type { DeliveryRules, RetainedField } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterOverrides } from './read-overrides.js'

export const managedLabel = 'kubefed.io/managed'
export const orphanAnnotation = 'kubefed.io/orphan'
export const deleteOptionAnnotation = 'kubefed.io/deleteoption'

/**
 * How copies of a federated object are written. What an override sets of annotations or finalizers wins over what the
 * cluster has; otherwise the cluster's own stay. Orphaning counts on deletion only, as upstream has it: clusters that are
 * taken out of the placement lose their copy.
 */
export function deliveryRules(
  federated: KubeObject,
  object: KubeObject,
  options: { adopts: boolean; overrides: readonly ClusterOverrides[] },
): DeliveryRules {
  const { annotations = {}, deletionTimestamp } = federated.metadata
  const overridden = (pointer: string) =>
    options.overrides.some(({ clusterOverrides = [] }) =>
      clusterOverrides.some(({ path }) => path === pointer || path.startsWith(`${pointer}/`)),
    )
  const spec = isObject(federated['spec']) ? federated['spec'] : {}
  const retain: RetainedField[] = []
  if (!overridden('/metadata/annotations')) retain.push('annotations')
  if (!overridden('/metadata/finalizers')) retain.push('finalizers')
  if (spec['retainReplicas'] === true) retain.push('replicas')
  if (object.kind === 'ServiceAccount' && object['secrets'] === undefined) retain.push({ pointer: '/secrets' })
  const propagation = propagationOf(annotations[deleteOptionAnnotation])
  const orphans = deletionTimestamp !== undefined && annotations[orphanAnnotation] === 'true'
  return {
    ...(options.adopts ? { existing: 'adopt' } : { existing: 'refuse', predecessor: { label: managedLabel, value: 'true' } }),
    labels: { [managedLabel]: 'true' },
    letBe: { label: managedLabel, value: 'false' },
    retain,
    onRemoval: orphans ? 'orphan' : 'delete',
    ...(propagation === undefined ? {} : { propagation }),
  }
}

/** Of DeleteOptions as JSON; undefined for none, and for what cannot be read. */
export function propagationOf(text: string | undefined): DeliveryRules['propagation'] {
  if (text === undefined) return undefined
  try {
    const options: unknown = JSON.parse(text)
    const policy = isObject(options) ? options['propagationPolicy'] : undefined
    return policy === 'Background' || policy === 'Foreground' || policy === 'Orphan' ? policy : undefined
  } catch {
    return undefined
  }
}
