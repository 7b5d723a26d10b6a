import type { OpenedCatalogue } from '../../app/services/open-catalogue.js'
import { plain } from '../../areas/analysis/report/report-format.js'
import type { ClusterView } from '../../services/catalogue/cluster-view.js'
import type { ImportState } from '../../services/catalogue/import-state.js'
import { isRemembered } from '../../services/catalogue/remember-services.js'
import { sourceOf } from '../../services/catalogue/source-of-slice.js'
import type { SourceLease } from '../../services/leases/source-lease.js'
import { strangersIn } from '../../services/model/audience-problem.js'
import type { EndpointSlice } from '../../services/model/kube-kinds.js'
import { formatLocality } from '../../services/model/rank/locality-text.js'
import type { Endpoint, FleetService, Offer, Origin, Ranking, ServicePort } from '../../services/model/service-model.js'
import { type Column, formatAge, formatTable } from './print.js'

/** How many of the endpoints are ready: `2/3`. */
function readyOf(endpoints: readonly Endpoint[]): string {
  return `${endpoints.filter(({ ready }) => ready).length}/${endpoints.length}`
}

function readyIn(offers: readonly Offer[]): string {
  return offers.some(isRemembered) ? 'unknown' : readyOf(offers.flatMap(({ endpoints }) => endpoints))
}

function portsOf(ports: readonly ServicePort[]): string {
  return ports.map(({ name, port, protocol }) => `${name === '' ? '' : `${name}:`}${port}/${protocol}`).join(',')
}

function clustersOf({ offers }: FleetService): string {
  return offers.map(({ cluster }) => cluster).join(',')
}

function textOf({ cluster, text }: Origin): string {
  return `${text} in ${cluster}`
}

/** `flotilla service list`. */
export const serviceColumns: readonly Column<FleetService>[] = [
  { title: 'NAMESPACE', value: ({ service }) => service.namespace },
  { title: 'NAME', value: ({ service }) => service.name },
  { title: 'REACH', value: ({ reach }) => reach },
  { title: 'TYPE', wide: true, value: ({ type }) => type },
  { title: 'PORTS', value: ({ ports }) => portsOf(ports) },
  { title: 'CLUSTERS', value: clustersOf },
  { title: 'READY', value: ({ offers }) => readyIn(offers) },
  { title: 'RULES', wide: true, value: ({ rules }) => [...new Set(rules.map(({ origin }) => textOf(origin)))].join(', ') },
  { title: 'PROBLEMS', value: (service) => problemsOf(service).join(',') },
]

function problemsOf({ conflicts, diagnostics = [] }: FleetService): string[] {
  const named = conflicts.map(({ reason }) => reason)
  const counted = (['error', 'warning'] as const).flatMap((severity) => {
    const count = diagnostics.filter((each) => each.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`]
  })
  return [...named, ...counted]
}

/** `flotilla service get`: what the service is, who offers it, and what is wrong. */
export function describeService(service: FleetService, nowMs: number, isCluster: (name: string) => boolean): string {
  const { ports, sessionAffinity, conflicts, rules, diagnostics = [] } = service
  const facts: [string, string][] = [
    ['Service', `${service.service.namespace}/${service.service.name}`],
    ['Reach', service.reach === 'clusterset' ? 'cluster set (a name of its own)' : 'joins the Services of the same name'],
    ['Type', service.type],
    ['Ports', portsOf(ports)],
    ...(sessionAffinity.type === 'None'
      ? []
      : [['Affinity', `ClientIP, ${sessionAffinity.timeoutSeconds ?? 10_800} s`] as [string, string]]),
    ...(service.trafficDistribution === undefined ? [] : [['Distribution', service.trafficDistribution] as [string, string]]),
  ]
  const columns: readonly Column<Offer>[] = [
    { title: 'CLUSTER', value: ({ cluster }) => cluster },
    { title: 'BY', value: ({ origin }) => origin.text },
    { title: 'READY', value: (offer) => readyIn([offer]) },
    { title: 'WEIGHT', value: ({ weight }) => String(weight) },
    { title: 'PORTS', value: (offer) => portsOf(offer.ports) },
    { title: 'FOR', value: audienceOf },
    { title: 'AGE', value: ({ createdMs }) => formatAge(createdMs, nowMs) },
  ]
  const strangers = service.offers.flatMap(({ audience, origin }) => {
    const text = strangersIn(audience, isCluster)
    return text === undefined ? [] : [`warning: ${textOf(origin)} is for clusters by name, and ${text}`]
  })
  const told = [
    ...strangers,
    ...conflicts.map(({ reason, message }) => `${reason}: ${message}`),
    ...diagnostics.map(({ origin, severity, message, fix }) => `${severity}: ${textOf(origin)}: ${message}. ${fix}`),
  ]
  const sections = [`${pairs(facts)}\n`, formatTable(service.offers, columns)]
  if (rules.length > 0)
    sections.push(`Rules:\n${rules.map(({ origin, dialect }) => `  ${dialect}: ${plain(textOf(origin))}\n`).join('')}`)
  if (told.length > 0) sections.push(`Problems:\n${told.map((line) => `  ${plain(line)}\n`).join('')}`)
  return sections.join('\n')
}

function audienceOf({ audience }: Offer): string {
  if (audience === undefined) return 'all'
  if (audience.clusters?.length === 0) return 'its own'
  return [audience.clusters?.join(','), audience.selector].filter((part) => part !== undefined).join(' and ')
}

function pairs(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([title]) => title.length)) + 2
  return lines.map(([title, text]) => `${`${title}:`.padEnd(width)}${plain(text)}`).join('\n')
}

/** `flotilla service explain`: the endpoints in the order of use, each with its reason, and who is left out. */
export function describeRanking(service: FleetService, ranking: Ranking, state?: ImportState): string {
  const { consumer, groups, excluded } = ranking
  const facts: [string, string][] = [
    ['Service', `${service.service.namespace}/${service.service.name}`],
    ['From', [consumer.cluster, formatLocality(consumer.locality)].filter((part) => part !== '').join(' at ')],
    ...(state === undefined ? [] : [['Imported', importText(service, state)] as [string, string]]),
    ['Rule', ranking.rule],
    ['Because', ranking.why],
    ...(ranking.origin === undefined ? [] : [['Said by', textOf(ranking.origin)] as [string, string]]),
  ]
  const rows = groups.flatMap((group) => {
    const total = groups.filter(({ priority }) => priority === group.priority).reduce((sum, { weight }) => sum + weight, 0)
    return group.endpoints.map(({ cluster, endpoint, ports }, index) => ({
      order: index === 0 ? String(group.priority) : '',
      share: index === 0 ? `${Math.round((100 * group.weight) / total)}%` : '',
      place: index === 0 ? formatLocality(group.locality) : '',
      cluster,
      address: `${endpoint.addresses[0] ?? ''}:${ports.map(({ targetPort }) => targetPort).join(',')}`,
      why: index === 0 ? group.why : '',
    }))
  })
  const table = formatTable(rows, [
    { title: 'ORDER', value: ({ order }) => order },
    { title: 'SHARE', value: ({ share }) => share },
    { title: 'CLUSTER', value: ({ cluster }) => cluster },
    { title: 'LOCALITY', value: ({ place }) => place },
    { title: 'ENDPOINT', value: ({ address }) => address },
    { title: 'WHY', value: ({ why }) => why },
  ])
  const left = excluded.map(
    ({ cluster, endpoint, why }) => `  ${plain(`${[cluster, endpoint?.addresses[0]].filter(Boolean).join(' ')}: ${why}`)}\n`,
  )
  return `${pairs(facts)}\n\n${rows.length === 0 ? 'No endpoint can be used from there.\n' : table}${left.length === 0 ? '' : `\nNot used:\n${left.join('')}`}`
}

function importText({ service }: FleetService, { imported, addresses, why }: ImportState): string {
  if (!imported) return `no, ${why}: nobody reaches it by name there`
  const name = `${service.name}.${service.namespace}.svc.clusterset.local`
  return addresses.length === 0 ? name : `${name} at ${addresses.join(', ')}`
}

/** The clusters whose endpoints are used, as long as they do not fail. */
export function answeredBy({ groups }: Ranking): string[] {
  const first = groups.filter(({ priority }) => priority === 0)
  return [...new Set(first.flatMap((group) => group.endpoints.map(({ cluster }) => cluster)))]
}

/** Addresses that a cluster was given by clusters that cannot be read now, by cluster: it keeps them, behind all others. */
export function keptFrom(
  consumer: ClusterView,
  { service, reach }: FleetService,
  unread: OpenedCatalogue['unread'],
): Map<string, string[]> {
  const kept = new Map<string, string[]>()
  for (const slice of consumer.writtenSlices(service)) {
    const { metadata, endpoints } = slice as EndpointSlice
    const source = sourceOf(slice)
    const isOfSet = metadata.labels?.['multicluster.kubernetes.io/service-name'] !== undefined
    if (isOfSet !== (reach === 'clusterset') || !unread.some(({ name }) => name === source)) continue
    kept.set(source, [...(kept.get(source) ?? []), ...(endpoints ?? []).flatMap(({ addresses: [first] }) => first ?? [])])
  }
  return kept
}

/** What is not known of a service that only clusters offer which cannot be read now. */
export function describeUnknown({ diagnostics = [] }: FleetService): string {
  return `\nNobody who offers it can be read:\n${diagnostics.map(({ message, fix }) => `  ${plain(`${message}. ${fix}`)}.\n`).join('')}`
}

/** What a cluster keeps of clusters that cannot be read now: only when nobody else is left. */
export function describeKept(consumer: string, kept: ReadonlyMap<string, readonly string[]>): string {
  if (kept.size === 0) return ''
  const lines = [...kept].map(([cluster, addresses]) => `  ${cluster}: ${addresses.join(', ') || 'no endpoints'}\n`)
  return `\nKept in ${consumer} though their cluster cannot be read, for when nobody else is left:\n${lines.join('')}`
}

/** Who would answer if one of the clusters were lost. `kept`: clusters whose endpoints are kept though they cannot be read. */
export function describeLosses(
  before: Ranking,
  losses: readonly { cluster: string; ranking: Ranking }[],
  kept: readonly string[] = [],
): string {
  if (losses.length === 0) return ''
  const nobody = kept.length === 0 ? 'nobody' : `${kept.join(', ')}, which cannot be read now`
  const rows = losses.map(({ cluster, ranking }) => ({ cluster, before: answeredBy(before), after: answeredBy(ranking) }))
  const sentence = ({ before: was, after }: (typeof rows)[number]) =>
    after.length === 0 ? nobody : was.join() === after.join() ? `${after.join(', ')} (no change)` : after.join(', ')
  return `\n${formatTable(rows, [
    { title: 'IF LOST', value: ({ cluster }) => cluster },
    { title: 'TRAFFIC GOES TO', value: sentence },
  ])}`
}

/** When the sources of a cluster's endpoints were last known to be alive, as the cluster itself can read it. */
export function describeLeases(consumer: string, leases: readonly SourceLease[], nowMs: number): string {
  if (leases.length === 0) return ''
  const rows = [...leases].sort((a, b) => (a.source.name < b.source.name ? -1 : 1))
  const state = ({ renewedMs, durationMs }: SourceLease) =>
    nowMs - renewedMs <= durationMs
      ? `holds for ${Math.ceil((renewedMs + durationMs - nowMs) / 1000)}s`
      : 'expired: used only when nobody else is left'
  return `\n${formatTable(rows, [
    { title: `LEASE IN ${consumer.toUpperCase()}`, value: ({ source }) => source.name },
    { title: 'RENEWED', value: ({ renewedMs }) => `${formatAge(renewedMs, nowMs)} ago` },
    { title: 'STATE', value: state },
  ])}`
}

/** A line for standard error: what the answer does not know. */
export function describeUnread(unread: OpenedCatalogue['unread']): string {
  const lines = unread.map(({ name, why }) => `warning: cluster ${name} is not in this answer: ${plain(why)}\n`)
  if (lines.length > 0)
    lines.push('Members keep what they know of such a cluster, behind all others, until it answers or leaves the fleet.\n')
  return lines.join('')
}
