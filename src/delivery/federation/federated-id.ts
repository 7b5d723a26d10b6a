import { groupOf, type KubeObject, keyOf } from '../../kube/object/kube-object.js'

/** Unique in the fleet, and tells its source: `kubefed/FederatedDeployment.types.kubefed.io/shop/web`, `karmada/Namespace/shop`. */
export function federatedId(dialect: string, source: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): string {
  const group = groupOf(source.apiVersion)
  return `${dialect}/${source.kind}${group === '' ? '' : `.${group}`}/${keyOf(source)}`
}

/** The inverse; undefined for what no `federatedId` has made. */
export function parseFederatedId(
  id: string,
): { dialect: string; group: string; kind: string; namespace: string; name: string } | undefined {
  const match = /^([^/]+)\/([^/.]+)(?:\.([^/]+))?\/(?:([^/]+)\/)?([^/]+)$/.exec(id)
  if (match === null) return undefined
  const [, dialect = '', kind = '', group = '', namespace = '', name = ''] = match
  return { dialect, group, kind, namespace, name }
}
