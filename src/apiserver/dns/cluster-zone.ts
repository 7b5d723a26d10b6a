import { isIP } from 'node:net'
import type { ClusterNames, NamedEndpoint, NamedPort, NamedService } from './cluster-names.js'
import {
  type Answer,
  type DnsHandler,
  type DnsRecord,
  handlerOrder,
  isBelow,
  type Question,
  recordTypes,
  responseCodes,
} from './handler.js'
import { createZone, type Zone } from './zone.js'

export interface ClusterZoneOptions {
  readonly names: ClusterNames
  /** `cluster.local` */
  readonly domain: string
  /** Where this name server is, for the zone's NS record. */
  readonly serverAddress: string
  /** Seconds (default 30, as kubeadm has it). */
  readonly ttl?: number
  /** Mixes the addresses of an answer, so that clients which take the first spread out. */
  readonly shuffle?: (records: DnsRecord[]) => DnsRecord[]
}

const schemaVersion = '1.1.0'

/**
 * The names of Services and pods, by Kubernetes' DNS specification 1.1.0. Beyond it, as CoreDNS does: SRV questions for the
 * name of a Service give all of its ports, and endpoints without a hostname are known by their address with dashes.
 */
export function createClusterZone(options: ClusterZoneOptions): DnsHandler {
  const zone = createZone(options.domain, options.ttl ?? 30, { schemaVersion, serverAddress: options.serverAddress })
  return {
    name: 'cluster',
    order: handlerOrder.cluster,
    answer(question) {
      if (!isBelow(question.name, options.domain)) return undefined
      const found = answerIn(zone, options, question, 0)
      return options.shuffle === undefined ? found : { ...found, answers: shuffled(found.answers, options.shuffle) }
    },
  }
}

function shuffled(records: readonly DnsRecord[], shuffle: (records: DnsRecord[]) => DnsRecord[]): readonly DnsRecord[] {
  if (records.length < 2) return records
  const isAddress = ({ type }: DnsRecord) => type === 'A' || type === 'AAAA'
  if (records.every(isAddress)) return shuffle([...records])
  return [...records.filter((record) => !isAddress(record)), ...shuffle(records.filter(isAddress))]
}

function answerIn(zone: Zone, options: ClusterZoneOptions, question: Question, depth: number): Answer {
  const { name } = question
  const { domain, names } = options
  if (name === domain) return zone.apex(question)
  const labels = name.slice(0, -domain.length - 1).split('.')
  const known = zone.wellKnown(question, labels)
  if (known !== undefined) return known
  const last = labels.pop()
  if (last !== 'svc' && last !== 'pod') return zone.missing
  const namespace = labels.pop()
  if (namespace === undefined) return zone.empty
  if (!names.hasNamespace(namespace)) return zone.missing
  if (labels.length === 0) return zone.empty
  if (last === 'pod') return podAnswer(zone, question, labels)
  return serviceAnswer(zone, options, question, { namespace, labels, depth })
}

/** `127-0-48-3.default.pod.cluster.local`: whatever address it says, as kubeadm's CoreDNS (`pods insecure`). */
function podAnswer(zone: Zone, question: Question, labels: readonly string[]): Answer {
  const [label = ''] = labels
  const address = labels.length === 1 ? addressOfLabel(label) : undefined
  return address === undefined ? zone.missing : zone.give(question, [zone.address(question.name, address)])
}

function addressOfLabel(label: string): string | undefined {
  const address = label.replaceAll('-', '.')
  if (isIP(address) === 4) return address
  const longer = label.replaceAll('-', ':')
  return isIP(longer) === 6 ? longer : undefined
}

interface Place {
  readonly namespace: string
  /** What stands before the namespace, the Service last. */
  readonly labels: readonly string[]
  /** How many CNAMEs led here. */
  readonly depth: number
}

function serviceAnswer(zone: Zone, options: ClusterZoneOptions, question: Question, place: Place): Answer {
  const { namespace, labels } = place
  const serviceLabel = labels[labels.length - 1]!
  const service = options.names.service(namespace, serviceLabel)
  if (service === undefined) return zone.missing
  const base = `${serviceLabel}.${namespace}.svc.${options.domain}`
  if (service.kind === 'external')
    return labels.length > 1 ? zone.missing : externalAnswer(zone, options, question, service, place)
  const wantsEndpoint = labels.length === 2 && !labels[0]!.startsWith('_')
  const endpoints = service.kind === 'headless' || wantsEndpoint ? options.names.endpoints(namespace, serviceLabel) : []
  if (service.kind === 'headless' && endpoints.length === 0) return zone.missing
  if (labels.length === 1) {
    const addresses = service.kind === 'headless' ? endpoints.map(({ address }) => address) : service.clusterIps
    if (question.type !== recordTypes.SRV) return zone.give(question, zone.addresses(base, addresses))
    return srvAnswer(zone, question, base, service, endpoints, () => true)
  }
  if (labels.length === 2) {
    const [label = ''] = labels
    // `_tcp.web`: nothing is there, but names below it are.
    if (label === '_tcp' || label === '_udp' || label === '_sctp') {
      const any = allPorts(service, endpoints).some((port) => port.name !== '' && `_${port.protocol.toLowerCase()}` === label)
      return any ? zone.empty : zone.missing
    }
    const named = endpoints.filter((endpoint) => labelOf(endpoint) === label)
    if (named.length === 0) return zone.missing
    if (question.type === recordTypes.SRV)
      return srvAnswer(zone, question, base, { ...service, kind: 'headless' }, named, () => true)
    const addresses = named.map(({ address }) => address)
    return zone.give(question, zone.addresses(question.name, addresses))
  }
  if (labels.length === 3 && labels[0]!.startsWith('_') && labels[1]!.startsWith('_')) {
    const wanted = (port: NamedPort) => `_${port.name}` === labels[0] && `_${port.protocol.toLowerCase()}` === labels[1]
    if (!allPorts(service, endpoints).some((port) => port.name !== '' && wanted(port))) return zone.missing
    return srvAnswer(zone, question, base, service, endpoints, wanted)
  }
  return zone.missing
}

function allPorts(service: NamedService, endpoints: readonly NamedEndpoint[]): readonly NamedPort[] {
  return service.kind === 'headless' ? endpoints.flatMap(({ ports }) => ports) : service.ports
}

/** How an endpoint is called below its Service. */
export function labelOf(endpoint: Pick<NamedEndpoint, 'address' | 'hostname'>): string {
  return endpoint.hostname ?? endpoint.address.replaceAll(/[.:]/g, '-')
}

function srvAnswer(
  zone: Zone,
  question: Question,
  base: string,
  service: NamedService,
  endpoints: readonly NamedEndpoint[],
  wanted: (port: NamedPort) => boolean,
): Answer {
  const records: DnsRecord[] = []
  const additional: DnsRecord[] = []
  const seen = new Set<string>()
  const described = new Set<string>()
  let found = 0
  const add = (target: string, port: number, addresses: readonly string[]) => {
    found++
    // The same number for TCP and UDP is one record here.
    if (!seen.has(`${target} ${port}`)) {
      seen.add(`${target} ${port}`)
      records.push(zone.record(question.name, { type: 'SRV', priority: 0, weight: 0, port, target }))
    }
    for (const address of addresses) {
      if (described.has(`${target} ${address}`)) continue
      described.add(`${target} ${address}`)
      additional.push(zone.address(target, address))
    }
  }
  if (service.kind === 'headless') {
    for (const endpoint of endpoints) {
      for (const port of endpoint.ports) if (wanted(port)) add(`${labelOf(endpoint)}.${base}`, port.port, [endpoint.address])
    }
  } else for (const port of service.ports) if (wanted(port)) add(base, port.port, service.clusterIps)
  // All of the same weight, of 100 together with those that are one record here, as CoreDNS has it.
  const weight = Math.max(1, Math.floor(100 / found))
  const weighted = records.map((record) => (record.type === 'SRV' ? { ...record, weight } : record))
  const answer = zone.give(question, weighted)
  return answer.answers.length === 0 ? answer : { ...answer, additional }
}

function externalAnswer(
  zone: Zone,
  options: ClusterZoneOptions,
  question: Question,
  service: NamedService,
  { depth }: Place,
): Answer {
  const target = service.externalName.toLowerCase().replace(/\.$/, '')
  const alias = zone.record(question.name, { type: 'CNAME', target })
  if (question.type === recordTypes.CNAME || !isBelow(target, options.domain) || depth > 7) return zone.found([alias])
  const next = answerIn(zone, options, { ...question, name: target }, depth + 1)
  // The alias is there, whatever its target is.
  return {
    ...next,
    answers: [alias, ...next.answers],
    code: next.code === responseCodes.noSuchName ? next.code : responseCodes.ok,
  }
}
