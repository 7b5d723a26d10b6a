import type { PodSpecView } from '../model/fleet-model.js'
import type { View } from '../model/view.js'

/** A name in a pod's spec that another object of its namespace must have. */
export interface PodReference {
  readonly kind: 'ConfigMap' | 'Secret' | 'ServiceAccount' | 'PersistentVolumeClaim'
  readonly name: string
  /** Where the name stands. */
  readonly at: View
  /** A key that the object must have. */
  readonly key?: { readonly name: string; readonly at: View }
}

/** What a pod cannot start without: references that are `optional` are left out. */
export function* podReferences({ spec }: PodSpecView): Iterable<PodReference> {
  const account = spec.text('serviceAccountName')
  if (account !== undefined) yield { kind: 'ServiceAccount', name: account, at: spec.view('serviceAccountName') }
  for (const volume of spec.items('volumes')) {
    yield* named('ConfigMap', volume.view('configMap'), 'name')
    yield* named('Secret', volume.view('secret'), 'secretName')
    yield* named('PersistentVolumeClaim', volume.view('persistentVolumeClaim'), 'claimName')
    for (const source of volume.items('projected', 'sources')) {
      yield* named('ConfigMap', source.view('configMap'), 'name')
      yield* named('Secret', source.view('secret'), 'name')
    }
  }
  for (const container of [...spec.items('containers'), ...spec.items('initContainers')]) {
    for (const source of container.items('envFrom')) {
      yield* named('ConfigMap', source.view('configMapRef'), 'name')
      yield* named('Secret', source.view('secretRef'), 'name')
    }
    for (const variable of container.items('env')) {
      yield* named('ConfigMap', variable.view('valueFrom', 'configMapKeyRef'), 'name')
      yield* named('Secret', variable.view('valueFrom', 'secretKeyRef'), 'name')
    }
  }
}

function* named(kind: PodReference['kind'], source: View, member: string): Iterable<PodReference> {
  const name = source.text(member)
  if (name === undefined || source.flag('optional') === true) return
  const key = source.text('key')
  yield { kind, name, at: source.view(member), ...(key === undefined ? {} : { key: { name: key, at: source.view('key') } }) }
  for (const item of source.items('items')) {
    const wanted = item.text('key')
    if (wanted !== undefined) yield { kind, name, at: source.view(member), key: { name: wanted, at: item.view('key') } }
  }
}
