import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Lifecycle } from './lifecycle.js'
import { valueAt } from './strategy.js'

/**
 * What a claim is made from is said in `dataSource` (of old: claims and snapshots only) and in `dataSourceRef`; who sets one
 * gets both. Reference: EnforceDataSourceBackwardsCompatibility and NormalizeDataSources of k8s.io/kubernetes/pkg/api/persistentvolumeclaim.
 */
export const persistentVolumeClaimLifecycle: Lifecycle = {
  beforeCreate: (_scope, object) => alignSources(object),
  beforeUpdate: (_scope, object, previous) => alignSources(object, previous),
}

type Source = Record<string, unknown>

function alignSources(object: KubeObject, previous?: KubeObject): void {
  const spec = object['spec']
  if (!isObject(spec) || (spec['dataSource'] === undefined && spec['dataSourceRef'] === undefined)) return
  const next: Source = { ...spec }
  const inUse = valueAt(previous ?? object, 'spec.dataSource') !== undefined && previous !== undefined
  const old = next['dataSource']
  if (!inUse && isObject(old) && next['dataSourceRef'] === undefined && !isClaimOrSnapshot(old)) delete next['dataSource']
  const wanted = next['dataSourceRef']
  // References into other namespaces are off by default.
  if (isObject(wanted) && wanted['namespace']) delete next['dataSourceRef']
  const { dataSource, dataSourceRef } = next
  if (isObject(dataSource) && dataSourceRef === undefined) next['dataSourceRef'] = copyOf(dataSource)
  else if (isObject(dataSourceRef) && dataSource === undefined) next['dataSource'] = copyOf(dataSourceRef)
  object['spec'] = next
}

function copyOf({ apiGroup, kind, name }: Source): Source {
  return { ...(apiGroup === undefined ? {} : { apiGroup }), kind, name }
}

function isClaimOrSnapshot({ apiGroup, kind }: Source): boolean {
  const group = apiGroup ?? ''
  return (kind === 'PersistentVolumeClaim' && group === '') || (kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io')
}
