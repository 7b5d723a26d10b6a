import type { NamedPort } from './cluster-names.js'
import { labelOf } from './cluster-zone.js'
import type { ClusterSetNames, ImportedEndpoint, ImportedService } from './clusterset-names.js'
import { type Answer, type DnsHandler, handlerOrder, isBelow, type Question, recordTypes } from './handler.js'
import { createZone, type Zone } from './zone.js'

export interface LighthouseOptions {
  readonly names: ClusterSetNames
  /** `clusterset.local` */
  readonly domain: string
  /** Id of the cluster whose name server it is: its own part of a service is preferred. */
  readonly cluster: string
  /** What a cluster of the set has under this name itself. */
  readonly serviceIn: (cluster: string, namespace: string, name: string) => PartOfService | undefined
  readonly ttl?: number
}

export interface PartOfService {
  readonly addresses: readonly string[]
  readonly ports: readonly NamedPort[]
}

/**
 * Names as Submariner's Lighthouse answers them, which the multi-cluster DNS specification forbids: `<clusterid>.<svc>.<ns>.svc`
 * is the part of a service that one cluster has, whether it is healthy or not. A service without an address of the set has the one of
 * the own cluster's part while that has a ready endpoint, otherwise those of the others in turn. What the specification has
 * answers for is left to the link after this one.
 */
export function createLighthouseNames(options: LighthouseOptions): DnsHandler {
  const { names, domain } = options
  const zone = createZone(domain, options.ttl ?? 5)
  /** Whose turn it was last, by service. */
  const turns = new Map<string, string>()

  function chosen(namespace: string, service: string): string | undefined {
    const healthy = new Set(names.endpoints(namespace, service).map(({ cluster }) => cluster))
    if (healthy.has(options.cluster)) return options.cluster
    const key = `${namespace}/${service}`
    const others = [...healthy].sort()
    const last = turns.get(key) ?? ''
    const turn = others.find((each) => each > last) ?? others[0]
    if (turn === undefined) turns.delete(key)
    else turns.set(key, turn)
    return turn
  }

  function answer(question: Question): Answer | undefined {
    const place = placeOf(question.name, domain)
    if (place === undefined) return undefined
    const { namespace, service, before } = place
    const found = names.import(namespace, service)
    if (found === undefined) return undefined
    const sources = names.sources(namespace, service)
    const { cluster, port } = readLabels(before, sources)
    if (port === undefined) return undefined
    const base = `${service}.${namespace}.svc.${domain}`
    if (found.type === 'Headless') {
      if (cluster === undefined) return undefined
      const endpoints = names.endpoints(namespace, service).filter((each) => each.cluster === cluster)
      return endpoints.length === 0 ? zone.empty : headlessPart(zone, question, port, endpoints, `${cluster}.${base}`)
    }
    if (cluster === undefined && found.ips.length > 0) return undefined
    const from = cluster ?? chosen(namespace, service)
    const part = from === undefined ? undefined : options.serviceIn(from, namespace, service)
    if (part === undefined) return { ...zone.empty, keep: false }
    const target = cluster === undefined ? base : `${cluster}.${base}`
    return { ...partAnswer(zone, question, port, found, part, target), keep: false }
  }

  return {
    name: 'lighthouse',
    // Before the zone that would say that there is no such name.
    order: handlerOrder.clusterset - 50,
    answer: (question) => (isBelow(question.name, domain) ? answer(question) : undefined),
  }
}

function placeOf(name: string, domain: string): { namespace: string; service: string; before: string[] } | undefined {
  if (name === domain) return undefined
  const labels = name.slice(0, -domain.length - 1).split('.')
  if (labels.pop() !== 'svc') return undefined
  const namespace = labels.pop()
  const service = labels.pop()
  return namespace === undefined || service === undefined ? undefined : { namespace, service, before: labels }
}

type WantedPort = 'all' | { readonly name: string; readonly protocol: string }

/** `_http._tcp.us-east` before a service; `port` is undefined for names that are not of this kind. */
function readLabels(before: readonly string[], sources: readonly string[]): { cluster?: string; port: WantedPort | undefined } {
  const [name = '', protocol = ''] = before
  const hasPort = before.length >= 2 && name.startsWith('_') && protocol.startsWith('_')
  const rest = (hasPort ? before.slice(2) : before).join('.')
  const port: WantedPort = hasPort ? { name: name.slice(1), protocol: protocol.slice(1) } : 'all'
  if (rest === '') return { port }
  return sources.includes(rest) ? { cluster: rest, port } : { port: undefined }
}

function isWanted(port: WantedPort, { name, protocol }: NamedPort): boolean {
  return port === 'all' || (name !== '' && port.name === name && port.protocol === protocol.toLowerCase())
}

function partAnswer(
  zone: Zone,
  question: Question,
  port: WantedPort,
  found: ImportedService,
  part: PartOfService,
  target: string,
): Answer {
  const first = part.addresses.slice(0, 1)
  if (port === 'all' && question.type !== recordTypes.SRV) return zone.give(question, zone.addresses(question.name, first))
  const ports = (part.ports.length > 0 ? part.ports : found.ports).filter((each) => isWanted(port, each))
  if (ports.length === 0) return zone.missing
  return services(
    zone,
    question,
    ports.map(({ port: number }) => ({ port: number, target, address: first[0] })),
  )
}

function headlessPart(
  zone: Zone,
  question: Question,
  port: WantedPort,
  endpoints: readonly ImportedEndpoint[],
  base: string,
): Answer {
  if (port === 'all' && question.type !== recordTypes.SRV) {
    const addresses = endpoints.map(({ address }) => address)
    return zone.give(question, zone.addresses(question.name, addresses))
  }
  const targets = endpoints.flatMap((endpoint) =>
    endpoint.ports
      .filter((each) => isWanted(port, each))
      .map((each) => ({ port: each.port, target: `${labelOf(endpoint)}.${base}`, address: endpoint.address })),
  )
  return targets.length === 0 ? zone.missing : services(zone, question, targets)
}

function services(
  zone: Zone,
  question: Question,
  targets: readonly { readonly port: number; readonly target: string; readonly address: string | undefined }[],
): Answer {
  const different = [...new Map(targets.map((each) => [`${each.target} ${each.port}`, each])).values()]
  const weight = Math.max(1, Math.floor(100 / targets.length))
  const records = different.map(({ port, target }) =>
    zone.record(question.name, { type: 'SRV', priority: 0, weight, port, target }),
  )
  const answer = zone.give(question, records)
  if (answer.answers.length === 0) return answer
  const additional = new Map(
    targets.flatMap(({ target, address }) =>
      address === undefined ? [] : [[`${target} ${address}`, zone.address(target, address)] as const],
    ),
  )
  return { ...answer, additional: [...additional.values()] }
}
