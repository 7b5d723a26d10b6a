import { isIP } from 'node:net'
import { compareText } from '../../../base/compare-text.js'
import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { KubeService } from '../../model/kube-kinds.js'
import type { Place } from '../dial.js'

/** On a cluster's Services: what stands behind them. `ingress`, `egress` or `both`. */
export const gatewayLabel = 'services.flotilla.dev/gateway'
/** On such a Service: where other clusters reach it, `ADDRESS:PORT` parted by commas, in place of what the Service says itself. */
export const gatewayAddressesAnnotation = 'services.flotilla.dev/gateway-addresses'
/** On the Service of an egress gateway, by the hub: what the gateway is to offer, and where that leads to. */
export const gatewayRoutesAnnotation = 'services.flotilla.dev/gateway-routes'

const ingressPort = 15_443
const mostPlaces = 16
const hostPattern = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** Where connections from other networks come in: what annotations say, else load balancers and external addresses at port 15443. */
export function ingressPlaces(services: readonly KubeObject[]): Place[] {
  const places = gatewayServices(services, 'ingress').flatMap((service) => {
    const said = service.metadata.annotations?.[gatewayAddressesAnnotation]
    if (said !== undefined) return said.split(',').flatMap((text) => parsePlace(text.trim()) ?? [])
    const { spec } = service as KubeService & { spec?: { externalIPs?: unknown } }
    if (spec?.ports?.some(({ port }) => port === ingressPort) !== true) return []
    const status = service['status']
    const balancer = isObject(status) ? status['loadBalancer'] : undefined
    const ingress = isObject(balancer) ? balancer['ingress'] : undefined
    const balanced = Array.isArray(ingress)
      ? ingress.flatMap((each) => (isObject(each) ? [each['ip'] ?? each['hostname']] : []))
      : []
    const external = Array.isArray(spec.externalIPs) ? (spec.externalIPs as unknown[]) : []
    return [...balanced, ...external].flatMap((address) =>
      typeof address === 'string' ? (parsePlace(`${address.includes(':') ? `[${address}]` : address}:${ingressPort}`) ?? []) : [],
    )
  })
  return places.slice(0, mostPlaces)
}

/**
 * The Service whose endpoints are the cluster's egress gateway: of several the oldest, then the first by namespace and name. Somebody
 * who may make Services in a namespace of the cluster must not thereby take over what leaves it.
 */
export function egressService(services: readonly KubeObject[]): KubeObject | undefined {
  return gatewayServices(services, 'egress')[0]
}

function gatewayServices(services: readonly KubeObject[], role: 'ingress' | 'egress'): KubeObject[] {
  const nameOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`
  const madeAt = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? ''
  return services
    .filter(({ metadata }) => {
      const value = metadata.labels?.[gatewayLabel]
      return (value === role || value === 'both') && metadata.deletionTimestamp === undefined
    })
    .sort((a, b) => compareText(madeAt(a), madeAt(b)) || compareText(nameOf(a), nameOf(b)))
}

/** `203.0.113.9:15443`, `[2001:db8::1]:15443`, `gateway.example.com:443`; undefined for anything else. */
export function parsePlace(text: string): Place | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]{2,45})\]|([^[\]:]{1,253})):(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  const address = bracketed ?? plain?.toLowerCase()
  if (address === undefined || port < 1 || port > 65_535) return undefined
  const isFine = bracketed === undefined ? isIP(address) === 4 || hostPattern.test(address) : isIP(address) === 6
  return isFine ? { address, port } : undefined
}

export function formatPlace({ address, port }: Place): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
