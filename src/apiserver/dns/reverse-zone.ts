import { isIP } from 'node:net'
import type { ClusterNames } from './cluster-names.js'
import { type DnsHandler, type DnsRecord, handlerOrder } from './handler.js'
import { createZone } from './zone.js'

const suffix = '.in-addr.arpa'
const suffix6 = '.ip6.arpa'

export interface ReverseZoneOptions {
  readonly names: ClusterNames
  readonly domain: string
  /** Addresses that are the cluster's: what has no name there has none anywhere. */
  readonly isOwn: (address: string) => boolean
  readonly ttl?: number
}

/** From addresses to names: Services by their ClusterIP, endpoints by their address. */
export function createReverseZone(options: ReverseZoneOptions): DnsHandler {
  const zone4 = createZone('in-addr.arpa', options.ttl ?? 30)
  const zone6 = createZone('ip6.arpa', options.ttl ?? 30)
  return {
    name: 'reverse',
    order: handlerOrder.reverse,
    answer(question) {
      const address = addressOf(question.name)
      if (address === undefined) return undefined
      const zone = address.includes(':') ? zone6 : zone4
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

/** The address that a name of either zone stands for. */
function addressOf(name: string): string | undefined {
  if (name.endsWith(suffix)) {
    const address = name.slice(0, -suffix.length).split('.').reverse().join('.')
    return isIP(address) === 4 ? address : undefined
  }
  if (!name.endsWith(suffix6)) return undefined
  const digits = name.slice(0, -suffix6.length).split('.').reverse()
  if (digits.length !== 32 || digits.some((digit) => !/^[\da-f]$/.test(digit))) return undefined
  const address = digits.join('').replace(/(.{4})(?=.)/g, '$1:')
  // As objects have it: the shortest way to write it.
  return new URL(`http://[${address}]/`).hostname.slice(1, -1)
}
