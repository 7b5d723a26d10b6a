import type { Query } from './decode-query.js'
import { type Answer, type DnsRecord, recordTypes } from './handler.js'

/** What we take and send in one datagram at most: it never leaves the machine, so nothing breaks it up. */
export const largestDatagram = 4096
const withoutEdns = 512
const headerSize = 12
const optSize = 11

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
  const { question, questionBytes, edns } = query
  // The OPT record always has its place.
  begin(question?.name ?? '', edns === undefined ? limit : limit - optSize)
  octets.set(questionBytes, headerSize)
  length = headerSize + questionBytes.length
  const answers = section(answer.answers)
  const truncated = answers < answer.answers.length
  const authorities = truncated || answer.authorities === undefined ? 0 : section(answer.authorities)
  const additional = truncated || answer.additional === undefined ? 0 : section(answer.additional)
  if (edns !== undefined) opt(answer.code, edns.dnssecOk)
  const end = length
  length = 0
  two(query.id)
  one(0x80 | (query.opcode << 3) | (answer.authoritative ? 4 : 0) | (truncated ? 2 : 0) | (query.recursionDesired ? 1 : 0))
  one((query.checkingDisabled ? 0x10 : 0) | (answer.code & 15))
  two(question === undefined ? 0 : 1)
  two(answers)
  two(authorities)
  two(additional + (edns === undefined ? 0 : 1))
  // A copy, so that a short answer does not keep the room for a long one.
  const message = Buffer.allocUnsafe(end)
  octets.copy(message, 0, 0, end)
  return message
}

// One message is written at a time, and each from its start to its end, so all of them share one room.
const octets = Buffer.alloc(65_536)
let length = 0
let most = 0
/** Where names have been written that the question's does not end with. */
const places = new Map<string, number>()
let asked = ''
let askedIsPlain = false

function begin(questionName: string, limit: number): void {
  asked = questionName
  // In names with escapes a letter is not an octet.
  askedIsPlain = !questionName.includes('\\')
  most = limit
  if (places.size > 0) places.clear()
}

/** How many of the records fit. */
function section(records: readonly DnsRecord[]): number {
  for (let index = 0; index < records.length; index++) {
    const before = length
    if (writeRecord(records[index]!)) continue
    length = before
    for (const [name, offset] of places) if (offset >= before) places.delete(name)
    return index
  }
  return records.length
}

function writeRecord(record: DnsRecord): boolean {
  if (!writeName(record.name, true) || !fits(10)) return false
  two(recordTypes[record.type])
  two(1)
  four(record.ttl)
  const at = length
  length += 2
  if (!writeData(record)) return false
  const size = length - at - 2
  octets[at] = size >> 8
  octets[at + 1] = size & 255
  return true
}

function writeData(record: DnsRecord): boolean {
  switch (record.type) {
    case 'A':
      return fits(4) && writeIpv4(record.address)
    case 'AAAA':
      return fill(octetsOfIpv6(record.address))
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return writeName(record.target, true)
    case 'TXT':
      return record.texts.every((text) => {
        const letters = [...text].slice(0, 255).map((letter) => letter.charCodeAt(0) & 255)
        return fill([letters.length, ...letters])
      })
    case 'SRV':
      if (!fits(6)) return false
      two(record.priority)
      two(record.weight)
      two(record.port)
      // Never compressed: RFC 2782.
      return writeName(record.target, false)
    case 'SOA':
      if (!writeName(record.primary, true) || !writeName(record.mailbox, true) || !fits(20)) return false
      four(record.serial)
      four(record.refresh)
      four(record.retry)
      four(record.expire)
      four(record.minimum)
      return true
  }
}

function writeIpv4(address: string): boolean {
  let value = 0
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index)
    if (code === 0x2e) {
      octets[length++] = value
      value = 0
    } else value = value * 10 + code - 0x30
  }
  octets[length++] = value
  return true
}

/** The question is at the start of every message, so whatever it ends with is there already. */
function placeInQuestion(name: string): number | undefined {
  if (!askedIsPlain || name.length === 0 || !asked.endsWith(name)) return undefined
  const before = asked.length - name.length
  return before === 0 || asked.charCodeAt(before - 1) === 0x2e ? headerSize + before : undefined
}

function writeName(name: string, compress: boolean): boolean {
  let rest = name
  while (rest !== '') {
    const known = placeInQuestion(rest) ?? places.get(rest)
    if (known !== undefined && compress) {
      if (!fits(2)) return false
      two(0xc000 | known)
      return true
    }
    const dot = rest.indexOf('.')
    const end = dot < 0 ? rest.length : dot
    if (known === undefined && length < 0x4000) places.set(rest, length)
    if (!writeLabel(rest, end)) return false
    rest = dot < 0 ? '' : rest.slice(dot + 1)
  }
  if (!fits(1)) return false
  one(0)
  return true
}

function writeLabel(name: string, end: number): boolean {
  if (!fits(end + 1)) return false
  const start = length++
  for (let index = 0; index < end; index++) {
    const code = name.charCodeAt(index)
    if (code !== 0x5c) octets[length++] = code
    else {
      octets[length++] = Number(name.slice(index + 1, index + 4))
      index += 3
    }
  }
  octets[start] = length - start - 1
  return true
}

function opt(code: number, dnssecOk: boolean): void {
  one(0)
  two(41)
  two(largestDatagram)
  one(code >> 4)
  one(0)
  two(dnssecOk ? 0x8000 : 0)
  two(0)
}

function fits(count: number): boolean {
  return length + count <= most
}

function fill(data: readonly number[]): boolean {
  if (!fits(data.length)) return false
  for (const octet of data) octets[length++] = octet
  return true
}

function one(value: number): void {
  octets[length++] = value
}

function two(value: number): void {
  octets[length++] = value >> 8
  octets[length++] = value
}

function four(value: number): void {
  octets[length++] = value >>> 24
  octets[length++] = value >>> 16
  octets[length++] = value >>> 8
  octets[length++] = value
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
