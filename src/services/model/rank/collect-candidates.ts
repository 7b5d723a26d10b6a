import { compareText } from '../../../base/compare-text.js'
import type { Consumer, Endpoint, FleetService, Offer, Ranking } from '../service-model.js'
import type { Candidate } from './candidate.js'
import { exposedPorts } from './exposed-ports.js'
import { explainAudience } from './may-use.js'
import { completeLabels, topologyLabels } from './topology-labels.js'

export interface CollectOptions {
  readonly service: FleetService
  readonly consumer: Consumer
  readonly without: ReadonlySet<string>
  labelsOf(cluster: string): Readonly<Record<string, string>>
}

export interface Collected {
  /** In one order whatever the order of offers and endpoints. */
  readonly candidates: readonly Candidate[]
  readonly excluded: Ranking['excluded'][number][]
}

/** Which endpoints the consumer may use at all, before any rule. */
export function collectCandidates(options: CollectOptions): Collected {
  const { service, consumer } = options
  const excluded: Collected['excluded'] = []
  const ready: Candidate[] = []
  const terminating: Candidate[] = []
  const node = consumer.labels[topologyLabels.hostname]
  for (const offer of [...service.offers].sort(compareOffers)) {
    const refused = options.without.has(offer.cluster)
      ? `${offer.cluster} is left out by the question`
      : explainAudience(offer, consumer.cluster, options.labelsOf)
    if (refused !== undefined) {
      excluded.push({ cluster: offer.cluster, origin: offer.origin, why: refused })
      continue
    }
    for (const endpoint of [...offer.endpoints].sort(compareEndpoints)) {
      const drop = (why: string) => excluded.push({ cluster: offer.cluster, endpoint, origin: offer.origin, why })
      const ports = exposedPorts(service, offer, endpoint)
      if (endpoint.addresses.length === 0) drop('it has no address')
      else if (service.ports.length > 0 && ports.length === 0) drop(explainPorts(service, offer))
      else if (
        service.internalTrafficPolicy === 'Local' &&
        node &&
        !(offer.cluster === consumer.cluster && endpoint.node === node)
      )
        drop(`internalTrafficPolicy is Local: only endpoints on the consumer's own node ${node} count`)
      else if (endpoint.ready && !endpoint.terminating) ready.push(candidate(offer, endpoint, ports))
      else if (endpoint.serving && endpoint.terminating) terminating.push(candidate(offer, endpoint, ports))
      else drop(endpoint.terminating ? 'it is terminating' : 'it is not ready')
    }
  }
  // As kube-proxy: endpoints that go still serve while there is nobody else.
  const [used, rest] = ready.length > 0 ? [ready, terminating] : [terminating, []]
  for (const { offer, endpoint } of rest)
    excluded.push({ cluster: offer.cluster, endpoint, origin: offer.origin, why: 'it is terminating, and others are ready' })
  const candidates: Candidate[] = []
  const seen = new Map<string, Candidate>()
  for (const each of used) {
    const { offer, endpoint } = each
    // Clusters may have the same addresses, each in a network of its own.
    const places = each.ports.map(({ port, targetPort }) => `${port.protocol}${targetPort}`)
    const key = `${offer.cluster} ${endpoint.network} ${endpoint.addresses[0]} ${places}`
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, each)
      candidates.push(each)
    } else {
      const why = `${first.offer.origin.text} offers the same address`
      excluded.push({ cluster: offer.cluster, endpoint, origin: offer.origin, why })
    }
  }
  return { candidates, excluded }
}

function candidate(offer: Offer, endpoint: Endpoint, ports: Candidate['ports']): Candidate {
  const { locality, network, node } = endpoint
  return {
    offer,
    endpoint,
    weight: Math.max(1, endpoint.weight),
    ports,
    labels: completeLabels(endpoint.labels, { cluster: offer.cluster, locality, network, node }),
  }
}

function explainPorts(service: FleetService, offer: Offer): string {
  const list = (ports: readonly { protocol: string; port: number }[]) =>
    ports.map(({ protocol, port }) => `${port}/${protocol}`).join(', ') || 'none'
  return `${offer.cluster} exposes ${list(offer.ports)}, and the service has ${list(service.ports)}: no traffic goes to ports that a cluster does not expose`
}

function compareOffers(a: Offer, b: Offer): number {
  return compareText(a.cluster, b.cluster) || a.createdMs - b.createdMs || compareText(a.origin.text, b.origin.text)
}

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  const portsOf = (endpoint: Endpoint) => endpoint.ports.map(({ name, port }) => `${name}:${port}`).join()
  return (
    compareText(a.addresses[0] ?? '', b.addresses[0] ?? '') ||
    compareText(a.network, b.network) ||
    compareText(portsOf(a), portsOf(b)) ||
    Number(b.ready) - Number(a.ready) ||
    compareText(JSON.stringify(a), JSON.stringify(b))
  )
}
