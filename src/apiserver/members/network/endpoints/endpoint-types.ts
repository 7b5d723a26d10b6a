import type { KubeObject } from '../../../../kube/object/kube-object.js'

/** discovery.k8s.io/v1 EndpointPort. */
export interface SlicePort {
  name: string
  port: number
  protocol: string
  appProtocol?: string
}

/** discovery.k8s.io/v1 Endpoint, as the controllers write it. */
export interface SliceEndpoint {
  addresses: string[]
  conditions: { ready: boolean; serving?: boolean; terminating?: boolean }
  hostname?: string
  nodeName?: string
  zone?: string
  hints?: { forZones: { name: string }[] }
  targetRef?: { kind?: string; namespace?: string; name?: string; uid?: string }
}

/** As it is read: lists may be absent or null, which is how the API shows empty ones. */
export type EndpointSlice = KubeObject & {
  addressType: string
  endpoints?: SliceEndpoint[] | null
  ports?: SlicePort[] | null
}

export const serviceLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
export const headlessLabel = 'service.kubernetes.io/headless'

/** What tells groups of ports apart; their order does not. */
export function portsKey(ports: readonly Partial<SlicePort>[] | null | undefined): string {
  const parts = (ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol = '' }) =>
    JSON.stringify([name, port, protocol, appProtocol]),
  )
  return parts.sort().join()
}

/** `web-`, or `web` where that would be no name: the start of a slice's name. */
export function slicePrefix(service: string): string {
  return service.length < 253 ? `${service}-` : service
}
