import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import dnsPacket from 'dns-packet'

/** What an answer says, in a form that two servers' can be compared in: no order, no ids, no serial numbers. */
export interface ReadAnswer {
  readonly code: number
  readonly flags: string
  readonly answers: readonly string[]
  readonly authorities: readonly string[]
  readonly additional: readonly string[]
  /** Version and flags of the OPT record, when there is one. */
  readonly edns?: string
}

export interface QuestionOptions {
  readonly class?: number
  readonly opcode?: number
  /** The second and third octet of the header's flags, in full (default: recursion desired). */
  readonly flags?: number
  readonly edns?: { readonly size?: number; readonly version?: number; readonly flags?: number; readonly options?: Uint8Array }
  readonly id?: number
  readonly times?: number
}

export const typeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const

/** A query, octet by octet, since what is tested is beyond what libraries write. */
export function writeQuestion(name: string, type: number, options: QuestionOptions = {}): Buffer {
  const { edns, times = 1, flags = 0x0100, opcode = 0, id = 1 } = options
  const labels = name === '' ? [] : name.split('.')
  const asked = [...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0, ...two(type), ...two(options.class ?? 1)]
  const opt =
    edns === undefined
      ? []
      : [
          ...[0, 0, 41, ...two(edns.size ?? 1232), 0, edns.version ?? 0, ...two(edns.flags ?? 0)],
          ...two(edns.options?.length ?? 0),
          ...(edns.options ?? []),
        ]
  const head = [...two(id), ...two(flags | (opcode << 11)), ...two(times), 0, 0, 0, 0, 0, edns === undefined ? 0 : 1]
  return Buffer.from([...head, ...Array.from({ length: times }, () => asked).flat(), ...opt])
}

const two = (value: number) => [value >> 8, value & 255]

/** The answer's octets; undefined when there is none in time. */
export function sendUdp(port: number, message: Uint8Array, timeoutMs = 8000): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const end = (answer: Buffer | undefined) => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end(undefined), timeoutMs)
    socket.once('message', end)
    socket.once('error', () => end(undefined))
    socket.send(message, port, '127.0.0.1')
  })
}

export function sendTcp(port: number, message: Uint8Array, timeoutMs = 8000): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(Buffer.from([...two(message.length), ...message])))
    socket.setTimeout(timeoutMs, () => socket.destroy())
    socket.on('error', () => {})
    socket.on('data', (part) => {
      received = Buffer.concat([received, part])
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) socket.destroy()
    })
    socket.on('close', () => resolve(received.length > 2 ? received.subarray(2) : undefined))
  })
}

interface Record {
  name: string
  type: string
  ttl?: number
  data?: unknown
  flags?: number
  ednsVersion?: number
}

export function readAnswer(message: Buffer): ReadAnswer {
  const packet = dnsPacket.decode(message) as unknown as { answers: Record[]; authorities: Record[]; additionals: Record[] }
  const opt = packet.additionals.find(({ type }) => type === 'OPT')
  const low = message.readUInt16BE(2)
  const flags = [
    ['qr', 0x8000],
    ['aa', 0x0400],
    ['tc', 0x0200],
    ['rd', 0x0100],
    ['ra', 0x0080],
    ['z', 0x0040],
    ['ad', 0x0020],
    ['cd', 0x0010],
  ] as const
  const high = opt === undefined ? 0 : (opt as unknown as { extendedRcode: number }).extendedRcode
  const texts = (records: Record[]) => records.filter(({ type }) => type !== 'OPT').map(textOf)
  return {
    code: (low & 15) | (high << 4),
    flags: flags.flatMap(([name, bit]) => (low & bit ? [name] : [])).join(' '),
    answers: texts(packet.answers).sort(),
    authorities: texts(packet.authorities).sort(),
    additional: texts(packet.additionals).sort(),
    ...(opt === undefined ? {} : { edns: `version ${opt.ednsVersion} flags ${opt.flags}` }),
  }
}

function textOf({ name, type, ttl, data }: Record): string {
  const said = type === 'SOA' ? { ...(data as object), serial: 0 } : Array.isArray(data) ? data.map(String) : data
  return `${name.toLowerCase()} ${ttl} ${type} ${typeof said === 'string' ? said.toLowerCase() : JSON.stringify(said)}`
}
