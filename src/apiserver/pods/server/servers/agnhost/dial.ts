import { createSocket } from 'node:dgram'
import { request } from 'node:http'
import type { ContainerWorld } from '../../shell/shell-context.js'

const timeoutMs = 5000
const mostTries = 100

/** What `/dial` of netexec answers: a request is sent some times over, by HTTP or as a datagram, from this pod. */
export async function dial(
  query: URLSearchParams,
  world: ContainerWorld,
): Promise<{ status: number; body: { responses?: string[]; errors?: string[] } | string }> {
  const tries = Number(query.get('tries') || 1)
  if (!Number.isInteger(tries)) return { status: 400, body: 'tries parameter is invalid.\n' }
  const asked = query.get('request') ?? ''
  if (asked === '') return { status: 400, body: 'request parameter not specified.\n' }
  const protocol = (query.get('protocol') || 'http').toLowerCase()
  const send = protocol === 'http' ? getHttp : protocol === 'udp' ? askByDatagram : undefined
  if (send === undefined) return { status: 400, body: `unsupported protocol. ${protocol}\n` }
  const host = query.get('host') ?? ''
  const port = Number(query.get('port') ?? 80)
  const [address] = /^[\d.]+$/.test(host) ? [host] : await world.resolve(host)
  if (address === undefined || !(port > 0 && port < 65_536)) return { status: 400, body: 'host and/or port param are invalid.\n' }
  const responses: string[] = []
  const errors: string[] = []
  for (let count = Math.min(tries, mostTries); count > 0; count--) {
    try {
      responses.push(await send(address, dialPort(address, port, world), asked, world))
    } catch (error) {
      errors.push((error as Error).message)
    }
  }
  return {
    status: 200,
    body: { ...(responses.length === 0 ? {} : { responses }), ...(errors.length === 0 ? {} : { errors }) },
  }
}

/** Where a port of this machine's fleets is really bound. */
export function dialPort(address: string, port: number, world: ContainerWorld): number {
  return address.startsWith('127.') ? world.boundPort(port) : port
}

function getHttp(host: string, port: number, asked: string, world: ContainerWorld): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host, port, path: `/${asked}`, timeout: timeoutMs, localAddress: world.address, agent: false as const }
    const sent = request(options, (answer) => {
      let text = ''
      answer.on('data', (chunk) => (text += chunk))
      answer.once('end', () => resolve(text))
      answer.once('error', reject)
    })
    sent.once('timeout', () => sent.destroy(new Error('timed out')))
    sent.once('error', reject)
    sent.end()
  })
}

/** Sends one datagram and waits for one. */
export function askByDatagram(
  address: string,
  port: number,
  text: string,
  world: ContainerWorld,
  waitMs = timeoutMs,
): Promise<string> {
  const socket = createSocket('udp4')
  return new Promise<string>((resolve, reject) => {
    const cancel = world.clock.after(waitMs, () =>
      reject(Object.assign(new Error(`reading from udp connection failed. err:'i/o timeout'`), { code: 'TIMEOUT' })),
    )
    socket.once('message', (data) => {
      cancel()
      resolve(data.toString())
    })
    socket.once('error', (error) => {
      cancel()
      reject(error)
    })
    // A connected socket hears of a port that nobody has.
    socket.bind(0, world.address, () => socket.connect(port, address, () => socket.send(text)))
  }).finally(() => socket.close())
}
