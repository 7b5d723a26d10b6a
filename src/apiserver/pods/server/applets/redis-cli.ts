import { connect, type Socket } from 'node:net'
import { messageOf } from '../../../../base/errors.js'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { addressOf, portAt } from './network-applets.js'

type Reply =
  | { status: string }
  | { error: string }
  | { integer: string }
  | { text: string | undefined }
  | { list: Reply[] | undefined }

const mostReply = 64 * 1024 * 1024
const valued = ['-h', '-p', '-a', '-n']
const plain = ['--raw', '--no-raw', '--no-auth-warning', '-e']

/** Sends one command, or each line of the input. Output is raw unless it goes to a terminal, as redis-cli's. */
export const redisCli: Applet = async (args, context) => {
  const values = new Map<string, string>()
  const on = new Set<string>()
  let at = 0
  for (; at < args.length && args[at]?.startsWith('-'); at++) {
    const option = args[at] as string
    if (plain.includes(option)) on.add(option)
    else if (valued.includes(option) && at + 1 < args.length) values.set(option, args[++at] as string)
    else throw new Error(`Unrecognized option or bad number of args for: '${option}'`)
  }
  const [host, port] = [values.get('-h') ?? '127.0.0.1', Number(values.get('-p') ?? 6379)]
  let socket: Socket
  try {
    socket = await dial(host, port, context)
  } catch (error) {
    const refused = (error as { code?: string }).code === 'ECONNREFUSED'
    await context.stderr.write(
      `Could not connect to Redis at ${host}:${port}: ${refused ? 'Connection refused' : messageOf(error)}\n`,
    )
    return 1
  }
  const raw = on.has('--raw') || (!context.tty && !on.has('--no-raw'))
  let code = 0
  try {
    const replies = readReplies(socket)
    const ask = async (words: readonly string[]): Promise<Reply> => {
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`)
      const { value, done } = await replies.next()
      if (done) throw new Error('Error: Server closed the connection')
      return value
    }
    const password = values.get('-a') ?? context.env.get('REDISCLI_AUTH')
    for (const words of [
      ...(password ? [['AUTH', password]] : []),
      ...(values.has('-n') ? [['SELECT', values.get('-n') as string]] : []),
    ]) {
      const reply = await ask(words)
      if ('error' in reply) await context.stderr.write(`${words[0]} failed: ${reply.error}\n`)
    }
    const run = async (words: readonly string[]) => {
      const reply = await ask(words)
      if ('error' in reply && on.has('-e')) code = 1
      await context.stdout.write(`${raw ? rawText(reply) : shownText(reply, '')}\n`)
    }
    if (at < args.length) await run(args.slice(at))
    else {
      let text = ''
      for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
        const lines = (text + Buffer.from(chunk).toString()).split(/\r?\n|\r/)
        text = lines.pop() ?? ''
        for (const line of lines) {
          const words = wordsOf(line)
          if (/^(quit|exit)$/i.test(words[0] ?? '')) return code
          if (words.length > 0) await run(words)
        }
      }
      const words = wordsOf(text)
      if (words.length > 0) await run(words)
    }
  } finally {
    socket.destroy()
  }
  return code
}

async function dial(host: string, port: number, context: CommandContext): Promise<Socket> {
  if (!(port > 0 && port < 65_536)) throw new Error('Invalid server port.')
  const found = await addressOf(host, context)
  // Inside a pod localhost is the pod.
  const address = found === '127.0.0.1' ? context.world.address : found
  return new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host: address, port: portAt(address, port, context), signal: context.signal })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

async function* readReplies(socket: Socket): AsyncGenerator<Reply, undefined> {
  let buffer = Buffer.alloc(0)
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    buffer = Buffer.concat([buffer, chunk])
    if (buffer.length > mostReply) throw new Error('the answer is longer than 64 MiB')
    for (let read = readReply(buffer, 0); read !== undefined; read = readReply(buffer, 0)) {
      buffer = buffer.subarray(read.end)
      yield read.reply
    }
  }
  return undefined
}

/** One reply of RESP2; undefined: more is needed. */
export function readReply(buffer: Buffer, start: number, depth = 0): { reply: Reply; end: number } | undefined {
  const line = buffer.indexOf('\r\n', start)
  if (line === -1) return undefined
  const text = buffer.subarray(start + 1, line).toString()
  const after = line + 2
  const kind = String.fromCharCode(buffer[start] as number)
  if (kind === '+') return { reply: { status: text }, end: after }
  if (kind === '-') return { reply: { error: text }, end: after }
  if (kind === ':') return { reply: { integer: text }, end: after }
  const count = Number(text)
  if ((kind !== '$' && kind !== '*') || !Number.isInteger(count) || count > mostReply || depth > 8)
    throw new Error('Protocol error')
  if (kind === '$') {
    if (count < 0) return { reply: { text: undefined }, end: after }
    if (buffer.length < after + count + 2) return undefined
    return { reply: { text: buffer.subarray(after, after + count).toString() }, end: after + count + 2 }
  }
  if (count < 0) return { reply: { list: undefined }, end: after }
  const list: Reply[] = []
  let end = after
  while (list.length < count) {
    const read = readReply(buffer, end, depth + 1)
    if (read === undefined) return undefined
    list.push(read.reply)
    end = read.end
  }
  return { reply: { list }, end }
}

function rawText(reply: Reply): string {
  if ('status' in reply) return reply.status
  if ('error' in reply) return reply.error
  if ('integer' in reply) return reply.integer
  if ('text' in reply) return reply.text ?? ''
  return (reply.list ?? []).map(rawText).join('\n')
}

function shownText(reply: Reply, indent: string): string {
  if ('status' in reply) return reply.status
  if ('error' in reply) return `(error) ${reply.error}`
  if ('integer' in reply) return `(integer) ${reply.integer}`
  if ('text' in reply) return reply.text === undefined ? '(nil)' : JSON.stringify(reply.text)
  if (reply.list === undefined) return '(nil)'
  if (reply.list.length === 0) return '(empty array)'
  return reply.list
    .map((each, index) => `${index === 0 ? '' : indent}${index + 1}) ${shownText(each, `${indent}   `)}`)
    .join('\n')
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double?.replace(/\\(.)/g, '$1') ?? single ?? bare ?? '',
  )
}
