import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

export interface ServicePort {
  port?: number
  nodePort?: number
  protocol?: string
  [field: string]: unknown
}

/** core/v1 ServiceSpec, as far as allocation reads and writes it. */
export interface ServiceSpec {
  type?: string
  clusterIP?: string
  clusterIPs?: string[]
  ports?: ServicePort[]
  ipFamilies?: string[]
  ipFamilyPolicy?: string
  selector?: Record<string, string>
  externalTrafficPolicy?: string
  healthCheckNodePort?: number
  externalIPs?: string[]
  allocateLoadBalancerNodePorts?: boolean
  [field: string]: unknown
}

export function serviceSpec(service: KubeObject): ServiceSpec {
  if (!isObject(service['spec'])) service['spec'] = {}
  return service['spec'] as ServiceSpec
}

/** Addresses of the service range that a Service holds. */
export function serviceAddresses(service: KubeObject): string[] {
  const spec = service['spec'] as ServiceSpec | undefined
  const own = spec?.clusterIP && spec.clusterIP !== 'None' ? [spec.clusterIP] : []
  return [...new Set([...own, ...(spec?.clusterIPs ?? [])])].filter((address) => address !== 'None' && address !== '')
}

export function serviceNodePorts(service: KubeObject): number[] {
  const spec = service['spec'] as ServiceSpec | undefined
  const ports = (spec?.ports ?? []).map((port) => port.nodePort ?? 0)
  return [...new Set([...ports, spec?.healthCheckNodePort ?? 0])].filter((port) => port > 0)
}
