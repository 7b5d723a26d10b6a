import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { CommandContext } from '../shell/shell-context.js'

/** One record of an answer, as master files write it. */
export interface DnsRecord {
  readonly name: string
  readonly ttl: number
  readonly type: string
  readonly data: string
}

export interface DnsAnswer {
  readonly id: number
  readonly code: number
  readonly flags: number
  readonly answers: readonly DnsRecord[]
}

export const recordTypes: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  ANY: 255,
}
const typeNames = new Map(Object.entries(recordTypes).map(([name, number]) => [number, name]))
const mostJumps = 20
const timeoutMs = 5000

/** Asks a name server one question, in a datagram or over a connection. */
export async function askNameServer(
  at: { readonly address: string; readonly port: number; readonly tcp: boolean },
  name: string,
  type: string,
  context: CommandContext,
): Promise<DnsAnswer> {
  const id = Math.floor(context.world.clock.now()) & 0xffff
  const question = encodeQuestion(id, name, recordTypes[type] ?? 1)
  const answer = decodeAnswer(await (at.tcp ? overConnection : overDatagram)(at, question, context))
  if (answer.id !== id) throw new Error('the answer is to another question')
  return answer
}

function overDatagram(
  { address, port }: { address: string; port: number },
  question: Buffer,
  { world, signal }: CommandContext,
): Promise<Buffer> {
  const socket = createSocket('udp4')
  return new Promise<Buffer>((resolve, reject) => {
    const give = () => reject(new Error('connection timed out; no servers could be reached'))
    const cancel = world.clock.after(timeoutMs, give)
    signal.addEventListener('abort', give, { once: true })
    socket.once('message', (data) => {
      cancel()
      resolve(data)
    })
    socket.once('error', reject)
    socket.bind(0, world.address, () => socket.connect(port, address, () => socket.send(question)))
  }).finally(() => socket.close())
}

function overConnection(
  { address, port }: { address: string; port: number },
  question: Buffer,
  { world, signal }: CommandContext,
): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const socket = connect({ host: address, port, localAddress: world.address, signal })
    let got: Buffer = Buffer.alloc(0)
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('connection timed out; no servers could be reached')))
    socket.once('error', reject)
    socket.once('end', () => reject(new Error('the connection ended before the answer')))
    socket.on('data', (data) => {
      got = Buffer.concat([got, data])
      if (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) return
      resolve(got.subarray(2, 2 + got.readUInt16BE(0)))
      socket.destroy()
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(question.length)
    socket.write(Buffer.concat([length, question]))
  })
}

function encodeQuestion(id: number, name: string, type: number): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(0x0100, 2)
  head.writeUInt16BE(1, 4)
  const labels = name.split('.').filter((label) => label !== '')
  if (labels.some((label) => Buffer.byteLength(label) > 63)) throw new Error(`'${name}' is not a legal name`)
  const parts = labels.map((label) => Buffer.concat([Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)]))
  return Buffer.concat([head, ...parts, Buffer.from([0, type >> 8, type & 255, 0, 1])])
}

/** Throws on a message that is cut off or goes round in circles. */
export function decodeAnswer(message: Buffer): DnsAnswer {
  const [id, flags, questions, count] = [0, 2, 4, 6].map((at) => message.readUInt16BE(at)) as [number, number, number, number]
  let at = 12
  for (let index = 0; index < questions; index++) at = readName(message, at).next + 4
  const answers: DnsRecord[] = []
  for (let index = 0; index < count; index++) {
    const { name, next } = readName(message, at)
    const type = message.readUInt16BE(next)
    const length = message.readUInt16BE(next + 8)
    const start = next + 10
    if (start + length > message.length) throw new Error('the answer is cut off')
    const data = recordData(message, type, start, length)
    answers.push({ name, ttl: message.readUInt32BE(next + 4), type: typeNames.get(type) ?? `TYPE${type}`, data })
    at = start + length
  }
  return { id, flags, code: flags & 15, answers }
}

function readName(message: Buffer, from: number): { name: string; next: number } {
  const labels: string[] = []
  let at = from
  let next: number | undefined
  for (let jumps = 0; ; ) {
    const length = message.readUInt8(at)
    if (length === 0) return { name: `${labels.join('.')}.`, next: next ?? at + 1 }
    if (length >= 0xc0) {
      next ??= at + 2
      at = message.readUInt16BE(at) & 0x3fff
      if (++jumps > mostJumps) throw new Error('the names of the answer go round in circles')
      continue
    }
    if (labels.length > 127) throw new Error('a name of the answer is too long')
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
}

function recordData(message: Buffer, type: number, at: number, length: number): string {
  const name = (from: number) => readName(message, from)
  switch (typeNames.get(type)) {
    case 'A':
      return [...message.subarray(at, at + 4)].join('.')
    case 'AAAA':
      return Array.from({ length: 8 }, (_, index) => message.readUInt16BE(at + index * 2).toString(16)).join(':')
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return name(at).name
    case 'SRV':
      return `${message.readUInt16BE(at)} ${message.readUInt16BE(at + 2)} ${message.readUInt16BE(at + 4)} ${name(at + 6).name}`
    case 'TXT': {
      const texts: string[] = []
      for (let from = at; from < at + length; from += 1 + message.readUInt8(from))
        texts.push(JSON.stringify(message.toString('utf8', from + 1, from + 1 + message.readUInt8(from))))
      return texts.join(' ')
    }
    case 'SOA': {
      const server = name(at)
      const mail = name(server.next)
      const numbers = [0, 4, 8, 12, 16].map((offset) => message.readUInt32BE(mail.next + offset))
      return [server.name, mail.name, ...numbers].join(' ')
    }
    default:
      return `\\# ${length} ${message.toString('hex', at, at + length)}`
  }
}
