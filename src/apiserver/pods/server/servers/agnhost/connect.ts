import { connect } from 'node:net'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goDuration } from '../go-duration.js'
import { goFlag } from '../go-flag.js'
import { askByDatagram, dialPort } from './dial.js'

const valued = new Set(['timeout', 'protocol', 'udp-data', 'sctp-data'])
const defaultTimeoutMs = 60_000

/** `connect HOST:PORT`: 0 when somebody answers there; otherwise one word on standard error that tests look for. */
export async function tryConnect(args: readonly string[], world: ContainerWorld, context: CommandContext): Promise<number> {
  const target = args.find((arg, index) => !arg.startsWith('-') && !valued.has((args[index - 1] ?? '').replace(/^--?/, ''))) ?? ''
  const protocol = goFlag(args, 'protocol') || 'tcp'
  const timeoutMs = goDuration(goFlag(args, 'timeout') ?? '0') || defaultTimeoutMs
  const fail = async (word: string) => {
    await context.stderr.write(`${word}\n`)
    return 1
  }
  const cut = target.lastIndexOf(':')
  const port = Number(target.slice(cut + 1))
  if (cut === -1 || !(port > 0 && port < 65_536)) return fail(`UNKNOWN: ${JSON.stringify(target)} is no HOST:PORT`)
  const host = target.slice(0, cut)
  const [address] = /^[\d.]+$/.test(host) ? [host] : await world.resolve(host)
  if (address === undefined) return fail('DNS')
  const at = dialPort(address, port, world)
  try {
    if (protocol === 'udp') await askByDatagram(address, at, `${goFlag(args, 'udp-data') ?? 'hostname'}\n`, world, timeoutMs)
    else if (protocol === 'tcp') await openConnection(address, at, timeoutMs, world)
    else return fail(`Unsupported protocol ${protocol}`)
    return 0
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return fail(code === 'ECONNREFUSED' ? 'REFUSED' : code === 'TIMEOUT' ? 'TIMEOUT' : `OTHER: ${(error as Error).message}`)
  }
}

function openConnection(host: string, port: number, timeoutMs: number, world: ContainerWorld): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, localAddress: world.address })
    socket.setTimeout(timeoutMs, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })))
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}
