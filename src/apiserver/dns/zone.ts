import { type Answer, type DnsRecord, type Question, recordTypes, responseCodes } from './handler.js'

type Data<R> = R extends unknown ? Omit<R, 'name' | 'ttl'> : never

/** Answers of one zone of which we are the source. */
export interface Zone {
  /** No such name. */
  readonly missing: Answer
  /** The name is there, if only for names below it, but has no records. */
  readonly empty: Answer
  found(answers: readonly DnsRecord[]): Answer
  /** Those of a name's records that were asked for. */
  give(question: Question, records: readonly DnsRecord[]): Answer
  /** What is at the name of the zone itself. */
  apex(question: Question): Answer
  /** What every zone of services has beside them: `dns-version` and `ns.dns`. Undefined for other labels. */
  wellKnown(question: Question, labels: readonly string[]): Answer | undefined
  record(name: string, data: Data<DnsRecord>): DnsRecord
  address(name: string, address: string): DnsRecord
  /** The same for several, each once. */
  addresses(name: string, addresses: readonly string[]): DnsRecord[]
}

const anyType = 255

/** What a zone says of itself. */
export interface ZoneFacts {
  /** Of the specification that its names follow. */
  readonly schemaVersion: string
  /** Where the name server is. */
  readonly serverAddress: string
}

/** `ttl`: seconds that answers hold, and that it holds that there is none. `facts`: for zones of services. */
export function createZone(domain: string, ttl: number, facts?: ZoneFacts): Zone {
  const record = (name: string, data: Data<DnsRecord>) => ({ name, ttl, ...data }) as DnsRecord
  const primary = `ns.dns.${domain}`
  const soa = record(domain, {
    type: 'SOA',
    primary,
    mailbox: `hostmaster.${domain}`,
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: ttl,
  })
  const none = (code: number): Answer => ({ code, authoritative: true, answers: [], authorities: [soa] })
  const missing = none(responseCodes.noSuchName)
  const empty = none(responseCodes.ok)
  const found = (answers: readonly DnsRecord[]): Answer => ({ code: responseCodes.ok, authoritative: true, answers })
  const give = ({ type }: Question, records: readonly DnsRecord[]): Answer => {
    const isAll = type === anyType || records.every((each) => recordTypes[each.type] === type)
    const asked = isAll ? records : records.filter((each) => recordTypes[each.type] === type)
    return asked.length > 0 ? found(asked) : empty
  }
  const addressRecord = (name: string, address: string): DnsRecord =>
    address.includes(':') ? { name, ttl, type: 'AAAA', address } : { name, ttl, type: 'A', address }
  return {
    missing,
    empty,
    found,
    give,
    apex: (question) => give(question, [soa, record(domain, { type: 'NS', target: primary })]),
    wellKnown(question, labels) {
      const last = labels.at(-1)
      if (facts === undefined || (last !== 'dns-version' && last !== 'dns')) return undefined
      const { name } = question
      if (last === 'dns-version') {
        return labels.length > 1 ? missing : give(question, [record(name, { type: 'TXT', texts: [facts.schemaVersion] })])
      }
      if (labels.length === 1) return empty
      return labels.length === 2 && labels[0] === 'ns' ? give(question, [addressRecord(name, facts.serverAddress)]) : missing
    },
    record,
    address: addressRecord,
    addresses(name, addresses) {
      const different = addresses.length > 1 ? new Set(addresses) : addresses
      return Array.from(different, (address) => addressRecord(name, address))
    },
  }
}
