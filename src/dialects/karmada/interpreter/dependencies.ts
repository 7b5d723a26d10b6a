import { type Dependency, dependenciesOf } from '../../../delivery/placement/policy/dependencies.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { objectsAt, textAt } from '../fields.js'

/** An object that another one needs, as `resourcebinding.karmada.io/dependencies` lists them. */
export interface DependentReference {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** What follows an object with `propagateDeps`: what its pods need, and the certificates of an Ingress. */
export function dependentsOf(object: KubeObject): DependentReference[] {
  const namespace = object.metadata.namespace ?? ''
  if (object.apiVersion === 'networking.k8s.io/v1' && object.kind === 'Ingress') {
    const names = objectsAt(object, 'spec', 'tls').map((tls) => textAt(tls, 'secretName'))
    return [...new Set(names)]
      .filter((name) => name !== '')
      .map((name) => ({ apiVersion: 'v1', kind: 'Secret', namespace, name }))
  }
  const claimed = new Set(
    object.kind === 'StatefulSet'
      ? objectsAt(object, 'spec', 'volumeClaimTemplates').map((claim) => textAt(claim, 'metadata', 'name'))
      : [],
  )
  return dependenciesOf(object)
    .filter(({ kind, name }) => kind !== 'PersistentVolumeClaim' || !claimed.has(name))
    .map(reference)
}

function reference({ apiVersion, kind, namespace, name }: Dependency): DependentReference {
  return { apiVersion, kind, namespace, name }
}
