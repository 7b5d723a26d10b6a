import type { ClusterNames } from './cluster-names.js'
import { type DnsHandler, type DnsRecord, handlerOrder } from './handler.js'
import { createZone } from './zone.js'

const suffix = '.in-addr.arpa'

export interface ReverseZoneOptions {
  readonly names: ClusterNames
  readonly domain: string
  /** Addresses that are the cluster's: what has no name there has none anywhere. */
  readonly isOwn: (address: string) => boolean
  readonly ttl?: number
}

/** From addresses to names: Services by their ClusterIP, endpoints by their address. */
export function createReverseZone(options: ReverseZoneOptions): DnsHandler {
  const zone = createZone('in-addr.arpa', options.ttl ?? 30)
  return {
    name: 'reverse',
    order: handlerOrder.reverse,
    answer(question) {
      if (!question.name.endsWith(suffix)) return undefined
      const labels = question.name.slice(0, -suffix.length).split('.')
      const address = labels.toReversed().join('.')
      if (labels.length !== 4 || labels.some((label) => !/^(0|[1-9]\d{0,2})$/.test(label) || Number(label) > 255))
        return undefined
      const owners = options.names.owners(address)
      if (owners.length === 0) return options.isOwn(address) ? zone.missing : undefined
      const records = owners.map(({ namespace, service, label }): DnsRecord => {
        const name = `${service}.${namespace}.svc.${options.domain}`
        return zone.record(question.name, { type: 'PTR', target: label === undefined ? name : `${label}.${name}` })
      })
      return zone.give(question, records)
    },
  }
}
