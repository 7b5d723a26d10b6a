import { compareText } from '../../../base/compare-text.js'
import type { Endpoint, FleetService, Offer, Ranking } from '../service-model.js'
import { Candidate } from './candidate.js'
import { exposedPorts } from './exposed-ports.js'

type Excluded = Ranking['excluded'][number]

/** What an offer gives, whoever asks. */
export interface PreparedOffer {
  readonly offer: Offer
  readonly ready: readonly Candidate[]
  /** Those that go and still serve. */
  readonly terminating: readonly Candidate[]
  readonly excluded: readonly Excluded[]
}

const known = new WeakMap<FleetService, readonly PreparedOffer[]>()

/** The offers of a service and their endpoints, in one order whatever the order in which they come. Worked out once. */
export function prepareOffers(service: FleetService): readonly PreparedOffer[] {
  let prepared = known.get(service)
  if (prepared === undefined) {
    prepared = withoutRepeated([...service.offers].sort(compareOffers).map((offer) => prepare(service, offer)))
    known.set(service, prepared)
  }
  return prepared
}

function prepare(service: FleetService, offer: Offer): PreparedOffer {
  const ready: Candidate[] = []
  const terminating: Candidate[] = []
  const excluded: Excluded[] = []
  if (offer.endpoints.length === 0) excluded.push(exclude(offer, undefined, 'it has no endpoints'))
  let before: Candidate['ranked']['ports'] = []
  for (const endpoint of [...offer.endpoints].sort(compareEndpoints)) {
    const ports = sameAs(before, exposedPorts(service, offer, endpoint))
    before = ports
    const drop = (why: string) => excluded.push(exclude(offer, endpoint, why))
    if (endpoint.addresses.length === 0) drop('it has no address')
    else if (service.ports.length > 0 && ports.length === 0) drop(explainPorts(service, offer))
    else if (endpoint.ready && !endpoint.terminating) ready.push(new Candidate(offer, endpoint, ports))
    else if (endpoint.serving && endpoint.terminating) terminating.push(new Candidate(offer, endpoint, ports))
    else drop(endpoint.terminating ? 'it is terminating' : 'it is not ready')
  }
  return { offer, ready, terminating, excluded }
}

/** One list for endpoints that stand beside each other with the same ports: what is worked out for one holds for all. */
function sameAs(before: Candidate['ranked']['ports'], ports: Candidate['ranked']['ports']): Candidate['ranked']['ports'] {
  const same =
    ports.length === before.length &&
    ports.every(({ port, targetPort }, index) => {
      const known = before[index]!
      return known.port === port && known.targetPort === targetPort
    })
  return same ? before : ports
}

/**
 * An address that a cluster offers several times counts once. Clusters may have the same addresses, each in a network of its own;
 * and offers of one cluster are for the same consumers, or the later ones are left as they are.
 */
function withoutRepeated(offers: readonly PreparedOffer[]): PreparedOffer[] {
  return offers.map((each, index) => {
    const earlier = offers.slice(Math.max(0, firstOf(offers, each.offer.cluster)), index)
    const seen = new Map<string, Offer>()
    for (const other of earlier) {
      if (JSON.stringify(other.offer.audience) !== JSON.stringify(each.offer.audience)) continue
      for (const candidate of other.ready) seen.set(addressOf(candidate), other.offer)
    }
    const excluded = [...each.excluded]
    const keep = (candidate: Candidate) => {
      const key = addressOf(candidate)
      const first = seen.get(key)
      if (first === undefined) seen.set(key, each.offer)
      else excluded.push(exclude(each.offer, candidate.endpoint, `${first.origin.text} offers the same address`))
      return first === undefined
    }
    return { offer: each.offer, ready: each.ready.filter(keep), terminating: each.terminating.filter(keep), excluded }
  })
}

/** Offers are sorted by cluster. */
function firstOf(offers: readonly PreparedOffer[], cluster: string): number {
  return offers.findIndex(({ offer }) => offer.cluster === cluster)
}

function addressOf({ endpoint, ranked }: Candidate): string {
  const ports = ranked.ports.map(({ port, targetPort }) => `${port.protocol}${targetPort}`)
  return `${endpoint.network} ${endpoint.addresses[0]} ${ports.join()}`
}

export function exclude(offer: Offer, endpoint: Endpoint | undefined, why: string): Excluded {
  return { cluster: offer.cluster, ...(endpoint === undefined ? {} : { endpoint }), origin: offer.origin, why }
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
