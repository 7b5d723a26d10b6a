import type { ResourceType } from '../../kube/object/resource-type.js'

/** What discovery says of a subresource: the kind that it answers (group and version empty: the resource's own), and its verbs. */
export interface SubresourceKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
}

const readWrite = ['get', 'patch', 'update']
const scale: SubresourceKind = { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: readWrite }
const core = (kind: string, verbs: readonly string[]): SubresourceKind => ({ group: '', version: 'v1', kind, verbs })

const special: Readonly<Record<string, SubresourceKind>> = {
  'pods/attach': core('PodAttachOptions', ['create', 'get']),
  'pods/binding': core('Binding', ['create']),
  'pods/eviction': { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  'pods/exec': core('PodExecOptions', ['create', 'get']),
  'pods/log': core('Pod', ['get']),
  'pods/portforward': core('PodPortForwardOptions', ['create', 'get']),
  'pods/proxy': core('PodProxyOptions', ['create', 'delete', 'get', 'patch', 'update']),
  'services/proxy': core('ServiceProxyOptions', ['create', 'delete', 'get', 'patch', 'update']),
  'nodes/proxy': core('NodeProxyOptions', ['create', 'delete', 'get', 'patch', 'update']),
  'namespaces/finalize': core('Namespace', ['update']),
  'serviceaccounts/token': { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
}

/** The kind and verbs of one of the type's subresources. */
export function subresourceKindOf(type: ResourceType, subresource: string): SubresourceKind {
  const known = type.group === '' ? special[`${type.plural}/${subresource}`] : undefined
  if (known) return known
  if (subresource === 'scale') return scale
  return { group: type.group, version: type.version, kind: type.kind, verbs: readWrite }
}
