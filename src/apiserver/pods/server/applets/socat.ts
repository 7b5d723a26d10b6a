import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { emptySource, Pipe, readAll } from '../shell/streams.js'

/** Runs a script for one connection; the shell is given from outside, since it knows the applets. */
export type RunScript = (script: string, context: CommandContext) => Promise<number>

const known = new Set(['crlf', 'reuseaddr', 'fork', 'ipv6only', 'bind', 'pf'])

/**
 * `socat TCP-LISTEN:PORT[,crlf][,fork] SYSTEM:SCRIPT`, and the same with UDP-LISTEN: answers every connection, or every
 * datagram, with what the script prints. Other addresses of socat are refused by name.
 */
export const socatWith =
  (runScript: RunScript): Applet =>
  async (args, context) => {
    const addresses = args.filter((arg) => !/^-[vdxu]+$/.test(arg))
    const [listen = '', answer = ''] = addresses
    const place = /^(TCP|UDP)(4|6)?-(?:LISTEN|L):(\d+)((?:,[^,]+)*)$/i.exec(listen)
    const script = /^(?:SYSTEM|EXEC):([\s\S]+)$/i.exec(answer)?.[1]
    if (addresses.length !== 2 || place === null || script === undefined)
      throw new Error('TCP-LISTEN:PORT or UDP-LISTEN:PORT, and SYSTEM:SCRIPT are expected')
    const options = (place[4] ?? '').split(',').filter((option) => option !== '')
    const other = options.find((option) => !known.has(option.split('=')[0] as string))
    if (other !== undefined) throw new Error(`option ${other} is not known here: ${[...known].join(', ')}`)
    const crlf = options.includes('crlf')
    const reply = async (signal: AbortSignal) => {
      const output = new Pipe()
      const text = readAll(output)
      await runScript(script, { ...context, stdin: emptySource, stdout: output, signal }).finally(() => output.end())
      const bytes = await text
      return crlf ? Buffer.from(bytes.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1') : bytes
    }
    const port = context.world.boundPort(Number(place[3]))
    const once = !options.includes('fork')
    return place[1]?.toUpperCase() === 'UDP' ? serveUdp(port, reply, once, context) : serveTcp(port, reply, once, context)
  }

type Reply = (signal: AbortSignal) => Promise<Buffer>

function serveTcp(port: number, reply: Reply, once: boolean, context: CommandContext): Promise<number> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>()
    const server = createServer((socket) => {
      open.add(socket)
      const gone = new AbortController()
      socket.once('close', () => {
        open.delete(socket)
        gone.abort()
      })
      socket.on('error', () => {})
      socket.resume()
      if (once) server.close(() => resolve(0))
      reply(AbortSignal.any([context.signal, gone.signal])).then(
        (bytes) => socket.end(bytes),
        () => socket.destroy(),
      )
    })
    server.once('error', reject)
    server.listen({ host: context.world.address, port })
    context.signal.addEventListener(
      'abort',
      () => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve(143))
      },
      { once: true },
    )
  })
}

function serveUdp(port: number, reply: Reply, once: boolean, context: CommandContext): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.on('message', (_data, from) => {
      reply(context.signal).then(
        (bytes) => socket.send(bytes, from.port, from.address, () => once && socket.close(() => resolve(0))),
        () => {},
      )
    })
    socket.bind(port, context.world.address)
    context.signal.addEventListener('abort', () => socket.close(() => resolve(143)), { once: true })
  })
}
