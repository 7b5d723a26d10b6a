import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

/** The kinds of Kubernetes that services across clusters are made of, as far as they are read and written here. */
export const serviceType: ResourceType = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true }
export const namespaceType: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
}
export const nodeType: ResourceType = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }
export const podType: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
export const endpointSliceType: ResourceType = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
}

export interface KubeServicePort {
  name?: string
  protocol?: string
  port: number
  targetPort?: number | string
  appProtocol?: string
  nodePort?: number
}

export type KubeService = KubeObject & {
  spec?: {
    type?: string
    clusterIP?: string
    clusterIPs?: string[]
    ipFamilies?: string[]
    ipFamilyPolicy?: string
    ports?: KubeServicePort[]
    selector?: Record<string, string>
    sessionAffinity?: string
    sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } }
    internalTrafficPolicy?: string
    trafficDistribution?: string
  }
}

export interface SliceEndpoint {
  addresses: string[]
  conditions?: { ready?: boolean | null; serving?: boolean | null; terminating?: boolean | null }
  hostname?: string
  nodeName?: string
  zone?: string
  hints?: unknown
  targetRef?: { kind?: string; namespace?: string; name?: string; uid?: string }
  deprecatedTopology?: Record<string, string>
}

export type EndpointSlice = KubeObject & {
  addressType: string
  endpoints?: SliceEndpoint[] | null
  ports?: { name?: string; protocol?: string; port?: number; appProtocol?: string }[] | null
}
