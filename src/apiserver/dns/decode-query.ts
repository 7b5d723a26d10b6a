import type { Question } from './handler.js'

/** A message from a client, as far as it has to be understood to be answered. */
export interface Query {
  readonly id: number
  readonly opcode: number
  readonly recursionDesired: boolean
  /** That the client checks signatures itself; goes back as it came (RFC 4035). */
  readonly checkingDisabled: boolean
  /** Undefined when the message has none, several, or one that makes no sense. */
  readonly question: (Question & { readonly class: number }) | undefined
  /** The question as it came, which goes back with the answer: clients compare, down to the case of letters. */
  readonly questionBytes: Uint8Array
  readonly edns: Edns | undefined
}

export interface Edns {
  readonly version: number
  /** How many octets of a datagram the client takes. */
  readonly payloadSize: number
  readonly dnssecOk: boolean
}

const headerSize = 12
const optType = 41
const nothing = new Uint8Array()

/** Reads a query. Undefined for what cannot be answered: too short to have a header, or an answer itself. */
export function decodeQuery(message: Uint8Array): Query | undefined {
  if (message.length < headerSize || message[2]! >= 0x80) return undefined
  const name = number(message, 4) === 1 ? readName(message, headerSize) : undefined
  if (name === undefined || name.end + 4 > message.length) return queryOf(message, undefined, nothing, undefined)
  const end = name.end + 4
  const before = number(message, 6) + number(message, 8)
  const edns = before + number(message, 10) === 0 ? undefined : findEdns(message, end, before, number(message, 10))
  if (edns === 'broken') return queryOf(message, undefined, nothing, undefined)
  const question = { name: name.name, type: number(message, name.end), class: number(message, name.end + 2) }
  return queryOf(message, question, message.subarray(headerSize, end), edns)
}

function queryOf(message: Uint8Array, question: Query['question'], questionBytes: Uint8Array, edns: Edns | undefined): Query {
  const high = message[2]!
  return {
    id: number(message, 0),
    opcode: (high >> 3) & 15,
    recursionDesired: (high & 1) !== 0,
    checkingDisabled: (message[3]! & 0x10) !== 0,
    question,
    questionBytes,
    edns,
  }
}

function number(message: Uint8Array, offset: number): number {
  return (message[offset]! << 8) | message[offset + 1]!
}

/** Looks for the OPT record among the additional ones. */
function findEdns(message: Uint8Array, start: number, before: number, additional: number): Edns | undefined | 'broken' {
  let offset = start
  let edns: Edns | undefined
  for (let index = 0; index < before + additional; index++) {
    const isRoot = message[offset] === 0
    const data = (isRoot ? offset + 1 : (endOfName(message, offset) ?? message.length)) + 10
    if (data > message.length) return 'broken'
    const type = number(message, data - 10)
    offset = data + number(message, data - 2)
    if (offset > message.length) return 'broken'
    if (index < before || type !== optType) continue
    // There may be one only, at the root.
    if (edns !== undefined || !isRoot || !optionsHold(message, data, offset)) return 'broken'
    edns = {
      payloadSize: number(message, data - 8),
      version: message[data - 5]!,
      dnssecOk: message[data - 4]! >= 0x80,
    }
  }
  return edns
}

/** Whether options follow each other up to the end of their record. What they say is nothing that we answer to. */
function optionsHold(message: Uint8Array, start: number, end: number): boolean {
  let offset = start
  while (offset + 4 <= end) offset += 4 + number(message, offset + 2)
  return offset === end
}

/** Where the message goes on after a name that need not be read. */
function endOfName(message: Uint8Array, start: number): number | undefined {
  let offset = start
  for (;;) {
    const octet = message[offset]
    if (octet === undefined) return undefined
    if (octet === 0) return offset + 1
    if ((octet & 0xc0) === 0xc0) return readName(message, start)?.end
    if ((octet & 0xc0) !== 0 || offset - start > 254) return undefined
    offset += octet + 1
  }
}

/** Octets of host names in lower case, 0 for all others. */
const lowerCase = Uint8Array.from({ length: 256 }, (_, octet) => {
  const letter = String.fromCharCode(octet).toLowerCase()
  return octet < 128 && /[a-z0-9_-]/.test(letter) ? letter.charCodeAt(0) : 0
})
/** Names are put together here: each octet may take four. */
const text = Buffer.alloc(4 * 256)
/** Without the choice by encoding that toString starts with: this is for every question. */
const latin1Slice: (this: Buffer, start: number, end: number) => string = Buffer.prototype.latin1Slice
const dot = 0x2e
const backslash = 0x5c

/**
 * Reads a name; `end` is where the message goes on after it. Letters become small; octets that are no part of a host name
 * become `\ddd`, a dot within a label too, so that no two names read alike. Undefined when it is malformed.
 */
export function readName(message: Uint8Array, start: number): { name: string; end: number } | undefined {
  let offset = start
  let end = 0
  let length = 0
  let written = 0
  // Pointers lead to where it was not read yet before: each is to a lower offset.
  let lowest = start
  for (;;) {
    const octet = message[offset]
    if (octet === undefined) return undefined
    if (octet === 0) return { name: latin1Slice.call(text, 0, written), end: end === 0 ? offset + 1 : end }
    if (octet >= 0xc0) {
      const low = message[offset + 1]
      if (low === undefined) return undefined
      const target = ((octet & 0x3f) << 8) | low
      if (target >= lowest || target < headerSize) return undefined
      if (end === 0) end = offset + 2
      lowest = offset = target
      continue
    }
    if (octet >= 0x40) return undefined
    length += octet + 1
    if (length > 254 || offset + 1 + octet > message.length) return undefined
    if (written > 0) text[written++] = dot
    const next = offset + 1 + octet
    for (offset++; offset < next; offset++) {
      const plain = lowerCase[message[offset]!]!
      if (plain !== 0) text[written++] = plain
      else written = escaped(message[offset]!, written)
    }
  }
}

function escaped(octet: number, at: number): number {
  text[at] = backslash
  text[at + 1] = 0x30 + Math.floor(octet / 100)
  text[at + 2] = 0x30 + (Math.floor(octet / 10) % 10)
  text[at + 3] = 0x30 + (octet % 10)
  return at + 4
}
