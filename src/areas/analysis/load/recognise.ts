import { isObject } from '../../../base/json.js'
import type { DocumentRole } from '../model/document.js'
import type { KnownTool } from '../model/helm-values.js'
import type { Path } from '../model/spot.js'

/** What a document is, by what it says and, where that leaves it open, by its file's name. */
export function roleOf(value: Record<string, unknown>, path: string): DocumentRole {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const { apiVersion, kind } = value
  if (name === 'flotilla.yaml' && apiVersion === undefined) return 'settings'
  if (
    /^kustomization\.ya?ml$|^kustomization$/.test(name) &&
    (kind === undefined || kind === 'Kustomization' || kind === 'Component')
  )
    return 'kustomization'
  if (name === 'chart.yaml' && typeof value['name'] === 'string') return 'chart'
  if (kind === 'Config' && (apiVersion === 'v1' || apiVersion === undefined) && Array.isArray(value['clusters']))
    return 'kubeconfig'
  if (typeof apiVersion === 'string' && typeof kind === 'string') return 'object'
  if (apiVersion === undefined && typeof kind === 'string' && isObject(value['metadata'])) return 'object'
  if (typeof apiVersion === 'string' && isObject(value['metadata']) && isObject(value['spec'])) return 'object'
  if (name === 'fleet.yaml') return 'fleet-yaml'
  if (apiVersion === undefined && kind === undefined) {
    if (isChangeBatch(value) || isChangeBatch(value['ChangeBatch'])) return 'route53-batch'
    if (isDexConfig(value)) return 'dex-config'
    if (isFleetYaml(value)) return 'fleet-yaml'
    if (toolsOf(value).length > 0 || /values/.test(name)) return 'helm-values'
  }
  return 'fragment'
}

export function isChangeBatch(value: unknown): boolean {
  return (
    isObject(value) &&
    Array.isArray(value['Changes']) &&
    value['Changes'].some((change) => isObject(change) && isObject(change['ResourceRecordSet']))
  )
}

export function isDexConfig(value: unknown): value is Record<string, unknown> {
  return (
    isObject(value) &&
    typeof value['issuer'] === 'string' &&
    ['storage', 'connectors', 'staticClients', 'web'].filter((key) => key in value).length >= 2
  )
}

function isFleetYaml(value: Record<string, unknown>): boolean {
  return (
    Array.isArray(value['targetCustomizations']) || (typeof value['defaultNamespace'] === 'string' && isObject(value['helm']))
  )
}

/**
 * Values of charts: what only this tool's values have. Two marks that are of one tool are enough, for names like
 * `cluster` or `global` alone are in many charts.
 */
const marks: Readonly<Record<KnownTool, readonly Path[]>> = {
  cilium: [
    ['cluster', 'id'],
    ['clustermesh'],
    ['ipam', 'mode'],
    ['routingMode'],
    ['tunnelProtocol'],
    ['tunnel'],
    ['kubeProxyReplacement'],
    ['ipv4NativeRoutingCIDR'],
    ['hubble'],
    ['cni', 'chainingMode'],
    ['bpf'],
    ['ipam', 'operator'],
  ],
  istio: [
    ['global', 'meshID'],
    ['global', 'multiCluster'],
    ['global', 'network'],
    ['meshConfig'],
    ['pilot'],
    ['global', 'istioNamespace'],
    ['env', 'AMBIENT_ENABLE_MULTI_NETWORK'],
  ],
  submariner: [
    ['submariner', 'clusterId'],
    ['submariner', 'clusterCidr'],
    ['submariner', 'serviceCidr'],
    ['submariner', 'globalCidr'],
    ['submariner', 'natEnabled'],
    ['ipsec', 'psk'],
    ['broker', 'server'],
  ],
  'argo-cd': [
    ['configs', 'cm'],
    ['configs', 'clusterCredentials'],
    ['configs', 'params'],
    ['configs', 'rbac'],
    ['repoServer'],
    ['applicationSet'],
    ['controller', 'replicas'],
  ],
  'external-dns': [
    ['txtOwnerId'],
    ['domainFilters'],
    ['txtPrefix'],
    ['txtSuffix'],
    ['sources'],
    ['registry'],
    ['policy'],
    ['provider'],
  ],
  linkerd: [['identityTrustAnchorsPEM'], ['identity', 'issuer'], ['clusterNetworks'], ['identityTrustDomain'], ['proxyInit']],
  'cluster-api-operator': [],
}

/** Keys that umbrella charts put the values of a tool below. */
const umbrellaKeys: Readonly<Record<string, KnownTool>> = {
  cilium: 'cilium',
  istiod: 'istio',
  istio: 'istio',
  'submariner-operator': 'submariner',
  submariner: 'submariner',
  'argo-cd': 'argo-cd',
  argocd: 'argo-cd',
  'external-dns': 'external-dns',
  'linkerd-control-plane': 'linkerd',
}

/** Charts by name, for values that come with one. */
export const chartTools: Readonly<Record<string, KnownTool>> = {
  cilium: 'cilium',
  istiod: 'istio',
  'istio-base': 'istio',
  base: 'istio',
  'submariner-operator': 'submariner',
  'argo-cd': 'argo-cd',
  'external-dns': 'external-dns',
  'linkerd-control-plane': 'linkerd',
  'linkerd-multicluster': 'linkerd',
}

/** The tools whose values a document has, with where they begin. */
export function toolsOf(value: unknown): { tool: KnownTool; root: Path }[] {
  if (!isObject(value)) return []
  const found: { tool: KnownTool; root: Path }[] = []
  for (const [tool, paths] of Object.entries(marks) as [KnownTool, readonly Path[]][])
    if (paths.filter((path) => hasPath(value, path)).length >= 2) found.push({ tool, root: [] })
  for (const [key, tool] of Object.entries(umbrellaKeys)) {
    const below = Object.hasOwn(value, key) ? value[key] : undefined
    if (isObject(below) && marks[tool].some((path) => hasPath(below, path))) found.push({ tool, root: [key] })
  }
  return found
}

function hasPath(value: unknown, path: Path): boolean {
  let at = value
  for (const step of path) {
    if (!isObject(at) || !Object.hasOwn(at, step)) return false
    at = at[step]
  }
  return at !== undefined
}
