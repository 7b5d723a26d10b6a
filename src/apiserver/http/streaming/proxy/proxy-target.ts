import type { Random } from '../../../../base/random.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../../kube/object/resource-type.js'
import { isNotFound, statusErrors } from '../../../../kube/object/status-error.js'
import type { Exchange } from '../../exchange.js'
import { findResource } from '../../resource-index.js'

/** What a proxied request reaches. */
export interface ProxyTarget {
  readonly pod: KubeObject
  readonly scheme: 'http' | 'https'
  readonly port: number
  /** `10.0.0.1:80`, as links of the target name it. */
  readonly host: string
}

/** `name`, `name:port` or `scheme:name:port`; undefined for anything else. */
export function splitSchemeNamePort(id: string): { scheme: string; name: string; port: string } | undefined {
  const parts = id.split(':')
  let split: { scheme: string; name: string; port: string }
  if (parts.length === 1) split = { scheme: '', name: parts[0]!, port: '' }
  else if (parts.length === 2) split = { scheme: '', name: parts[0]!, port: parts[1]! }
  else if (parts.length === 3) split = { scheme: parts[0]!, name: parts[1]!, port: parts[2]! }
  else return undefined
  if (split.name === '' || (split.scheme !== '' && split.scheme !== 'http' && split.scheme !== 'https')) return undefined
  return split
}

interface PodFields {
  readonly spec?: { readonly containers?: readonly { readonly ports?: readonly { readonly containerPort: number }[] }[] }
  readonly status?: { readonly podIP?: string }
}

export async function podTarget(exchange: Exchange, type: ResourceType, namespace: string): Promise<ProxyTarget> {
  const id = exchange.info.name
  const split = splitSchemeNamePort(id)
  if (split === undefined) throw statusErrors.badRequest(`invalid pod request ${JSON.stringify(id)}`)
  const pod = await exchange.cluster.api.get(exchange, { type, namespace, name: split.name })
  const fields = pod as PodFields
  const declared = fields.spec?.containers?.find((container) => (container.ports?.length ?? 0) > 0)?.ports?.[0]?.containerPort
  const scheme = split.scheme === 'https' ? 'https' : 'http'
  const ip = fields.status?.podIP ?? ''
  if (ip === '') throw statusErrors.badRequest('address not allowed')
  const port = split.port === '' ? (declared ?? (scheme === 'https' ? 443 : 80)) : portNumber(split.port)
  return { pod, scheme, port, host: hostPort(ip, port) }
}

interface EndpointAddress {
  readonly ip: string
  readonly targetRef?: { readonly kind?: string; readonly name?: string; readonly namespace?: string }
}

interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[]
  readonly ports?: readonly { readonly name?: string; readonly port: number }[]
}

/** A random ready endpoint of the service, of those that are pods. */
export async function serviceTarget(
  exchange: Exchange,
  type: ResourceType,
  namespace: string,
  random: Random,
): Promise<ProxyTarget> {
  const id = exchange.info.name
  const split = splitSchemeNamePort(id)
  if (split === undefined) throw statusErrors.badRequest(`invalid service request ${JSON.stringify(id)}`)
  const { api } = exchange.cluster
  const { name } = split
  let portName = split.port
  if (/^-?\d+$/.test(portName)) {
    const service = await api.get(exchange, { type, namespace, name })
    const served = (service['spec'] as { ports?: readonly { name?: string; port: number }[] } | undefined)?.ports ?? []
    const port = served.find((each) => each.port === Number(portName))
    if (port === undefined) {
      throw statusErrors.serviceUnavailable(`no service port ${Number(portName)} found for service ${JSON.stringify(name)}`)
    }
    portName = port.name ?? ''
  }
  const catalogue = api.catalogue()
  const endpoints = await api
    .get(exchange, { type: findResource(catalogue, '', 'v1', 'endpoints')!, namespace, name })
    .catch((error: unknown) => {
      throw isNotFound(error) ? statusErrors.notFound({ resource: 'services', group: '', name }) : error
    })
  const subsets = (endpoints['subsets'] ?? []) as readonly EndpointSubset[]
  const none = (of: string) => statusErrors.serviceUnavailable(`no endpoints available for service ${JSON.stringify(of)}`)
  if (subsets.length === 0) throw none(name)
  const pods = findResource(catalogue, '', 'v1', 'pods')!
  for (const subset of fromRandom(subsets, random)) {
    const port = subset.ports?.find((each) => (each.name ?? '') === portName)
    if (port === undefined) continue
    for (const address of fromRandom(subset.addresses ?? [], random)) {
      const { targetRef } = address
      if (targetRef?.kind !== 'Pod' || targetRef.name === undefined) continue
      const target = { type: pods, namespace: targetRef.namespace ?? namespace, name: targetRef.name }
      const pod = await api.get(exchange, target).catch(() => undefined)
      if (pod === undefined || (pod as PodFields).status?.podIP !== address.ip) continue
      const scheme = split.scheme === 'https' ? 'https' : 'http'
      return { pod, scheme, port: port.port, host: hostPort(address.ip, port.port) }
    }
  }
  throw none(id)
}

/** All of them, each once, from a random one on. */
function* fromRandom<T>(all: readonly T[], random: Random): Iterable<T> {
  const start = Math.floor(random.number() * all.length)
  for (let at = 0; at < all.length; at++) yield all[(start + at) % all.length]!
}

/** Ports that a name stands for on any system; a pod's own names mean nothing to the proxy. */
const wellKnown: Readonly<Record<string, number>> = { http: 80, https: 443, domain: 53 }

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : wellKnown[text]
  if (port === undefined || port < 1 || port > 65_535) {
    const why = /^\d+$/.test(text) ? `address ${text}: invalid port` : `lookup tcp/${text}: unknown port`
    throw statusErrors.serviceUnavailable(`error trying to reach service: dial tcp: ${why}`)
  }
  return port
}

function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
