import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, isIP } from 'node:net'
import dnsPacket from 'dns-packet'
import { candidatesOf, type ResolverConfig } from './resolv-conf.js'

export type LookupType = 'A' | 'AAAA' | 'SRV' | 'TXT' | 'PTR' | 'CNAME'

export interface Resolver {
  /** IPv4 addresses of a name, by the search list. Fails with ENOTFOUND, or EAI_AGAIN when nobody could say. */
  lookup(name: string): Promise<string[]>
  /** What a server says of exactly this name, as dns-packet reads it. */
  query(name: string, type: LookupType): Promise<dnsPacket.DecodedPacket>
}

interface Server {
  readonly address: string
  readonly port: number
}

/**
 * For tests: looks names up as a pod does: at the servers of its resolv.conf, over UDP, and over TCP when an answer is too long.
 * `source`: the address that questions come from, which is how the cluster knows the pod.
 */
export function createResolver(config: ResolverConfig, source?: string): Resolver {
  const query: Resolver['query'] = async (name, type) => {
    let failure: unknown
    for (let attempt = 0; attempt < config.attempts; attempt++) {
      for (const server of config.servers) {
        try {
          return await askServer(server, { name, type }, config.timeoutMs, source)
        } catch (error) {
          failure = error
        }
      }
    }
    throw lookupError('EAI_AGAIN', name, failure)
  }
  const addressesOf = async (name: string): Promise<{ addresses: string[]; refused: boolean }> => {
    let asked = name
    for (let hops = 0; hops < 8; hops++) {
      const { answers = [], rcode } = (await query(asked, 'A')) as dnsPacket.DecodedPacket & { rcode: string }
      const addresses = answers.flatMap((answer) => (answer.type === 'A' ? [answer.data] : []))
      const alias = answers.findLast((answer) => answer.type === 'CNAME')
      const settled = addresses.length > 0 || alias?.type !== 'CNAME' || alias.data === asked
      if (settled) return { addresses, refused: rcode !== 'NOERROR' && rcode !== 'NXDOMAIN' }
      asked = alias.data
    }
    return { addresses: [], refused: true }
  }
  return {
    query,
    async lookup(name) {
      if (isIP(name) !== 0) return [name]
      if (name === 'localhost') return ['127.0.0.1']
      let refused = false
      for (const candidate of candidatesOf(name, config)) {
        const found = await addressesOf(candidate)
        if (found.addresses.length > 0) return found.addresses
        refused ||= found.refused
      }
      throw lookupError(refused ? 'EAI_AGAIN' : 'ENOTFOUND', name)
    },
  }
}

/** Shaped as those of node:dns, which callers know. */
function lookupError(code: string, hostname: string, cause?: unknown): Error {
  const options = cause === undefined ? undefined : { cause }
  return Object.assign(new Error(`getaddrinfo ${code} ${hostname}`, options), { code, syscall: 'getaddrinfo', hostname })
}

async function askServer(
  server: Server,
  question: { name: string; type: LookupType },
  timeoutMs: number,
  source: string | undefined,
): Promise<dnsPacket.DecodedPacket> {
  const id = randomInt(65_536)
  const packet = dnsPacket.encode({ type: 'query', id, flags: dnsPacket.RECURSION_DESIRED, questions: [question] })
  const answer = await askOverUdp(server, packet, id, timeoutMs, source)
  return answer.flag_tc ? askOverTcp(server, packet, timeoutMs, source) : answer
}

function askOverUdp(
  server: Server,
  packet: Buffer,
  id: number,
  timeoutMs: number,
  source: string | undefined,
): Promise<dnsPacket.DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    let ended = false
    const timer = setTimeout(() => end(new Error('no answer in time')), timeoutMs)
    const end = (result: Error | dnsPacket.DecodedPacket) => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      socket.close()
      if (result instanceof Error) reject(result)
      else resolve(result)
    }
    socket.once('error', end)
    socket.on('message', (message) => {
      try {
        const answer = dnsPacket.decode(message)
        // One that was meant for an earlier question is none.
        if (answer.id === id) end(answer)
      } catch (error) {
        end(error as Error)
      }
    })
    if (source !== undefined) socket.bind({ address: source, exclusive: true })
    // Connected: only this server can answer, and its absence shows.
    socket.connect(server.port, server.address, () => socket.send(packet, (error) => error && end(error)))
  })
}

function askOverTcp(
  server: Server,
  packet: Buffer,
  timeoutMs: number,
  source: string | undefined,
): Promise<dnsPacket.DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port, ...(source === undefined ? {} : { localAddress: source }) })
    let received = Buffer.alloc(0)
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer in time')))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server ended the connection')))
    socket.on('data', (part) => {
      received = Buffer.concat([received, part])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      try {
        resolve(dnsPacket.decode(received.subarray(2, 2 + received.readUInt16BE(0))))
      } catch (error) {
        reject(error)
      }
      socket.destroy()
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(packet.length)
    socket.write(Buffer.concat([length, packet]))
  })
}
