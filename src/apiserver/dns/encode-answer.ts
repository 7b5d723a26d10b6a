import type { Query } from './decode-query.js'
import { type Answer, type DnsRecord, recordTypes } from './handler.js'

/** What we take and send in one datagram at most: it never leaves the machine, so nothing breaks it up. */
export const largestDatagram = 4096
const withoutEdns = 512

/** Octets that the client takes in a datagram. */
export function datagramLimit(query: Query): number {
  if (query.edns === undefined) return withoutEdns
  return Math.min(Math.max(query.edns.payloadSize, withoutEdns), largestDatagram)
}

/**
 * Writes the answer to a query, names compressed. Records that do not fit into `limit` octets stay out; when answers are
 * among them the message says that it is truncated, and the client asks again over TCP.
 */
export function encodeAnswer(query: Query, answer: Answer, limit: number): Uint8Array {
  const writer = new Writer(query, answer, limit)
  return writer.finish()
}

class Writer {
  readonly #octets: Uint8Array
  readonly #view: DataView
  readonly #limit: number
  readonly #names = new Map<string, number>()
  #length = 12

  constructor(query: Query, answer: Answer, limit: number) {
    this.#octets = new Uint8Array(limit)
    this.#view = new DataView(this.#octets.buffer)
    const edns = query.edns !== undefined
    // The OPT record always has its place.
    this.#limit = edns ? limit - 11 : limit
    this.#octets.set(query.questionBytes, this.#length)
    this.#length += query.questionBytes.length
    if (query.question !== undefined) this.#remember(query.question.name, 12)
    const answers = this.#section(answer.answers)
    const truncated = answers < answer.answers.length
    const authorities = truncated ? 0 : this.#section(answer.authorities ?? [])
    const additional = truncated ? 0 : this.#section(answer.additional ?? [])
    if (edns) this.#opt(answer.code, query.edns.dnssecOk)
    this.#view.setUint16(0, query.id)
    const flags = 0x8000 | (query.opcode << 11) | (answer.authoritative ? 0x0400 : 0) | (truncated ? 0x0200 : 0)
    this.#view.setUint16(2, flags | (query.recursionDesired ? 0x0100 : 0) | (answer.code & 15))
    this.#view.setUint16(4, query.question === undefined ? 0 : 1)
    this.#view.setUint16(6, answers)
    this.#view.setUint16(8, authorities)
    this.#view.setUint16(10, additional + (edns ? 1 : 0))
  }

  finish(): Uint8Array {
    // A copy, so that a short answer does not keep the room for a long one.
    return this.#octets.slice(0, this.#length)
  }

  /** How many of the records fit. */
  #section(records: readonly DnsRecord[]): number {
    for (const [index, record] of records.entries()) {
      const before = this.#length
      if (this.#record(record)) continue
      this.#length = before
      for (const [name, offset] of this.#names) if (offset >= before) this.#names.delete(name)
      return index
    }
    return records.length
  }

  #record(record: DnsRecord): boolean {
    if (!this.#name(record.name) || !this.#fits(10)) return false
    this.#number(recordTypes[record.type], 2)
    this.#number(1, 2)
    this.#number(record.ttl, 4)
    const at = this.#length
    this.#length += 2
    if (!this.#data(record)) return false
    this.#view.setUint16(at, this.#length - at - 2)
    return true
  }

  #data(record: DnsRecord): boolean {
    switch (record.type) {
      case 'A':
        return this.#fill(record.address.split('.').map(Number))
      case 'AAAA':
        return this.#fill(octetsOfIpv6(record.address))
      case 'CNAME':
      case 'NS':
      case 'PTR':
        return this.#name(record.target)
      case 'TXT':
        return record.texts.every((text) => {
          const octets = [...text].slice(0, 255).map((letter) => letter.charCodeAt(0) & 255)
          return this.#fill([octets.length, ...octets])
        })
      case 'SRV':
        if (!this.#fits(6)) return false
        this.#number(record.priority, 2)
        this.#number(record.weight, 2)
        this.#number(record.port, 2)
        // Never compressed: RFC 2782.
        return this.#name(record.target, false)
      case 'SOA':
        if (!this.#name(record.primary) || !this.#name(record.mailbox) || !this.#fits(20)) return false
        for (const field of ['serial', 'refresh', 'retry', 'expire', 'minimum'] as const) this.#number(record[field], 4)
        return true
    }
  }

  #name(name: string, compress = true): boolean {
    let rest = name
    while (rest !== '') {
      const known = compress ? this.#names.get(rest) : undefined
      if (known !== undefined) {
        if (!this.#fits(2)) return false
        this.#number(0xc000 | known, 2)
        return true
      }
      const dot = rest.indexOf('.')
      const label = dot < 0 ? rest : rest.slice(0, dot)
      const octets = octetsOfLabel(label)
      if (!this.#fits(octets.length + 1)) return false
      if (this.#length < 0x4000 && !this.#names.has(rest)) this.#names.set(rest, this.#length)
      this.#number(octets.length, 1)
      this.#fill(octets)
      rest = dot < 0 ? '' : rest.slice(dot + 1)
    }
    if (!this.#fits(1)) return false
    this.#number(0, 1)
    return true
  }

  /** The question's name is there already, for the answers to point to. */
  #remember(name: string, offset: number): void {
    let rest = name
    let at = offset
    while (rest !== '') {
      this.#names.set(rest, at)
      const dot = rest.indexOf('.')
      at += octetsOfLabel(dot < 0 ? rest : rest.slice(0, dot)).length + 1
      rest = dot < 0 ? '' : rest.slice(dot + 1)
    }
  }

  #opt(code: number, dnssecOk: boolean): void {
    this.#number(0, 1)
    this.#number(41, 2)
    this.#number(largestDatagram, 2)
    this.#number(code >> 4, 1)
    this.#number(0, 1)
    this.#number(dnssecOk ? 0x8000 : 0, 2)
    this.#number(0, 2)
  }

  #fits(octets: number): boolean {
    return this.#length + octets <= this.#limit
  }

  #fill(octets: readonly number[]): boolean {
    if (!this.#fits(octets.length)) return false
    this.#octets.set(octets, this.#length)
    this.#length += octets.length
    return true
  }

  #number(value: number, size: 1 | 2 | 4): void {
    if (size === 1) this.#view.setUint8(this.#length, value)
    else if (size === 2) this.#view.setUint16(this.#length, value)
    else this.#view.setUint32(this.#length, value)
    this.#length += size
  }
}

function octetsOfLabel(label: string): number[] {
  const octets: number[] = []
  for (let index = 0; index < label.length; index++) {
    if (label[index] === '\\') {
      octets.push(Number(label.slice(index + 1, index + 4)))
      index += 3
    } else octets.push(label.charCodeAt(index))
  }
  return octets
}

/** The 16 octets of an address that is known to be one. */
export function octetsOfIpv6(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const middle = new Array<number>(Math.max(8 - left.length - right.length, 0)).fill(0)
  return [...left, ...middle, ...right].flatMap((group) => [group >> 8, group & 255])
}
