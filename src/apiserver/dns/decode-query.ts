import type { Question } from './handler.js'

/** A message from a client, as far as it has to be understood to be answered. */
export interface Query {
  readonly id: number
  readonly opcode: number
  readonly recursionDesired: boolean
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

/** Reads a query. Undefined for what cannot be answered: too short to have a header, or an answer itself. */
export function decodeQuery(message: Uint8Array): Query | undefined {
  if (message.length < headerSize) return undefined
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const flags = view.getUint16(2)
  if ((flags & 0x8000) !== 0) return undefined
  const query = { id: view.getUint16(0), opcode: (flags >> 11) & 15, recursionDesired: (flags & 0x0100) !== 0 }
  const bare = { ...query, question: undefined, questionBytes: new Uint8Array(), edns: undefined }
  if (view.getUint16(4) !== 1) return bare
  const name = readName(message, headerSize)
  if (name === undefined || name.end + 4 > message.length) return bare
  const end = name.end + 4
  const question = { name: name.name, type: view.getUint16(name.end), class: view.getUint16(name.end + 2) }
  const edns = findEdns(message, view, end, view.getUint16(6) + view.getUint16(8), view.getUint16(10))
  if (edns === 'broken') return bare
  return { ...query, question, questionBytes: message.subarray(headerSize, end), edns }
}

/** Looks for the OPT record among the additional ones. */
function findEdns(
  message: Uint8Array,
  view: DataView,
  start: number,
  before: number,
  additional: number,
): Edns | undefined | 'broken' {
  let offset = start
  let edns: Edns | undefined
  for (let index = 0; index < before + additional; index++) {
    const name = readName(message, offset)
    if (name === undefined || name.end + 10 > message.length) return 'broken'
    const type = view.getUint16(name.end)
    offset = name.end + 10 + view.getUint16(name.end + 8)
    if (offset > message.length) return 'broken'
    if (index < before || type !== optType) continue
    // There may be one only, at the root.
    if (edns !== undefined || name.name !== '') return 'broken'
    edns = {
      payloadSize: view.getUint16(name.end + 2),
      version: view.getUint8(name.end + 5),
      dnssecOk: (view.getUint16(name.end + 6) & 0x8000) !== 0,
    }
  }
  return edns
}

/**
 * Reads a name; `end` is where the message goes on after it. Letters become small; octets that are no part of a host name
 * become `\ddd`, a dot within a label too, so that no two names read alike. Undefined when it is malformed.
 */
export function readName(message: Uint8Array, start: number): { name: string; end: number } | undefined {
  const labels: string[] = []
  let offset = start
  let end: number | undefined
  let length = 0
  // Pointers lead to where it was not read yet before: each is to a lower offset.
  let lowest = start
  for (;;) {
    const octet = message[offset]
    if (octet === undefined) return undefined
    if (octet === 0) return { name: labels.join('.'), end: end ?? offset + 1 }
    if ((octet & 0xc0) === 0xc0) {
      const low = message[offset + 1]
      if (low === undefined) return undefined
      const target = ((octet & 0x3f) << 8) | low
      if (target >= lowest || target < headerSize) return undefined
      end ??= offset + 2
      lowest = offset = target
      continue
    }
    if ((octet & 0xc0) !== 0) return undefined
    length += octet + 1
    if (length > 254 || offset + 1 + octet > message.length) return undefined
    labels.push(labelText(message.subarray(offset + 1, offset + 1 + octet)))
    offset += octet + 1
  }
}

function labelText(label: Uint8Array): string {
  let text = ''
  for (const octet of label) {
    const plain = (octet >= 0x61 && octet <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet === 0x2d || octet === 0x5f
    if (plain) text += String.fromCharCode(octet)
    else if (octet >= 0x41 && octet <= 0x5a) text += String.fromCharCode(octet + 32)
    else text += `\\${String(octet).padStart(3, '0')}`
  }
  return text
}
