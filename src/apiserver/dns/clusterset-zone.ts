import type { NamedPort } from './cluster-names.js'
import { labelOf } from './cluster-zone.js'
import type { ClusterSetNames, ImportedEndpoint, ImportedService } from './clusterset-names.js'
import { type Answer, type DnsHandler, type DnsRecord, handlerOrder, isBelow, type Question, recordTypes } from './handler.js'
import { createZone, type Zone } from './zone.js'

export interface ClusterSetZoneOptions {
  readonly names: ClusterSetNames
  /** `clusterset.local` */
  readonly domain: string
  /** Where this name server is, for the zone's NS record. */
  readonly serverAddress: string
  /** Seconds (default 5: what clusters give to the set changes more often than a cluster's own Services). */
  readonly ttl?: number
  readonly shuffle?: (records: DnsRecord[]) => DnsRecord[]
}

const schemaVersion = '1.0.0'

/**
 * The names of services of the cluster set, by the multi-cluster DNS specification 1.0.0 (KEP-1645). As CoreDNS does beyond it:
 * SRV questions for the name of a service give all of its ports, the same number for two protocols once. A cluster's own part
 * of a service (`<clusterid>.<svc>.<ns>.svc`) has no records, as the specification demands.
 */
export function createClusterSetZone(options: ClusterSetZoneOptions): DnsHandler {
  const zone = createZone(options.domain, options.ttl ?? 5, { schemaVersion, serverAddress: options.serverAddress })
  return {
    name: 'clusterset',
    order: handlerOrder.clusterset,
    answer(question) {
      if (!isBelow(question.name, options.domain)) return undefined
      const found = answerIn(zone, options, question)
      const { shuffle } = options
      if (shuffle === undefined || found.answers.length < 2 || found.answers[0]!.type === 'SRV') return found
      return { ...found, answers: shuffle([...found.answers]) }
    },
  }
}

function answerIn(zone: Zone, options: ClusterSetZoneOptions, question: Question): Answer {
  const { name } = question
  const { domain, names } = options
  if (name === domain) return zone.apex(question)
  const labels = name.slice(0, -domain.length - 1).split('.')
  const known = zone.wellKnown(question, labels)
  if (known !== undefined) return known
  const last = labels.pop()
  if (last !== 'svc') return zone.missing
  const namespace = labels.pop()
  if (namespace === undefined) return zone.empty
  if (!names.hasImports(namespace)) return zone.missing
  const service = labels.pop()
  if (service === undefined) return zone.empty
  const found = names.import(namespace, service)
  if (found === undefined) return zone.missing
  const base = `${service}.${namespace}.svc.${domain}`
  if (found.type === 'ClusterSetIP') return setIpAnswer(zone, question, base, found, labels)
  return headlessAnswer(zone, question, base, names.endpoints(namespace, service), labels)
}

function setIpAnswer(
  zone: Zone,
  question: Question,
  base: string,
  { ips, ports }: ImportedService,
  labels: readonly string[],
): Answer {
  if (labels.length === 0) {
    if (question.type !== recordTypes.SRV) return zone.give(question, zone.addresses(base, ips))
    return services(
      zone,
      question,
      ports.map(({ port }) => ({ port, target: base, addresses: ips })),
    )
  }
  return portAnswer(zone, question, labels, ports, (wanted) =>
    ports.filter(wanted).map(({ port }) => ({ port, target: base, addresses: ips })),
  )
}

function headlessAnswer(
  zone: Zone,
  question: Question,
  base: string,
  endpoints: readonly ImportedEndpoint[],
  labels: readonly string[],
): Answer {
  if (endpoints.length === 0) return zone.missing
  const nameOf = (endpoint: ImportedEndpoint) => `${labelOf(endpoint)}.${endpoint.cluster}.${base}`
  const targets = (wanted: (port: NamedPort) => boolean) =>
    endpoints.flatMap((endpoint) =>
      endpoint.ports.filter(wanted).map(({ port }) => ({ port, target: nameOf(endpoint), addresses: [endpoint.address] })),
    )
  if (labels.length === 0) {
    if (question.type !== recordTypes.SRV)
      return zone.give(
        question,
        zone.addresses(
          base,
          endpoints.map(({ address }) => address),
        ),
      )
    return services(
      zone,
      question,
      targets(() => true),
    )
  }
  const asked = `${labels.join('.')}.${base}`
  const named = endpoints.filter((endpoint) => nameOf(endpoint) === asked)
  if (named.length > 0) {
    if (question.type === recordTypes.SRV) {
      const portsOf = ({ ports, address }: ImportedEndpoint) =>
        ports.map(({ port }) => ({ port, target: asked, addresses: [address] }))
      return services(zone, question, named.flatMap(portsOf))
    }
    const addresses = named.map(({ address }) => address)
    return zone.give(question, zone.addresses(asked, addresses))
  }
  // A cluster's id: nothing is at that name, but the names of its endpoints are below it.
  if (endpoints.some((endpoint) => nameOf(endpoint).endsWith(`.${asked}`))) return zone.empty
  return portAnswer(
    zone,
    question,
    labels,
    endpoints.flatMap(({ ports }) => ports),
    targets,
  )
}

interface Target {
  readonly target: string
  readonly port: number
  readonly addresses: readonly string[]
}

/** `_http._tcp` before a service, and `_tcp` alone, at which nothing is though names are below it. */
function portAnswer(
  zone: Zone,
  question: Question,
  labels: readonly string[],
  ports: readonly NamedPort[],
  targets: (wanted: (port: NamedPort) => boolean) => readonly Target[],
): Answer {
  const named = ports.filter(({ name }) => name !== '')
  const protocolOf = ({ protocol }: NamedPort) => `_${protocol.toLowerCase()}`
  if (labels.length === 1) return named.some((port) => protocolOf(port) === labels[0]) ? zone.empty : zone.missing
  const wanted = (port: NamedPort) => port.name !== '' && `_${port.name}` === labels[0] && protocolOf(port) === labels[1]
  if (labels.length !== 2 || !named.some(wanted)) return zone.missing
  return services(zone, question, targets(wanted))
}

function services(zone: Zone, question: Question, targets: readonly Target[]): Answer {
  const byTarget = new Map(targets.map((each) => [`${each.target} ${each.port}`, each]))
  if (byTarget.size === 0) return zone.empty
  // All of the same weight, of 100 together with those that are one record here, as CoreDNS has it.
  const weight = Math.max(1, Math.floor(100 / targets.length))
  const records = [...byTarget.values()].map(({ target, port }) =>
    zone.record(question.name, { type: 'SRV', priority: 0, weight, port, target }),
  )
  const answer = zone.give(question, records)
  if (answer.answers.length === 0) return answer
  const additional = [...byTarget.values()].flatMap(({ target, addresses }) =>
    addresses.map((address) => zone.address(target, address)),
  )
  return { ...answer, additional: distinct(additional) }
}

function distinct(records: readonly DnsRecord[]): DnsRecord[] {
  return [...new Map(records.map((record) => [JSON.stringify(record), record])).values()]
}
