import { createServer, type Socket } from 'node:net'
import { matchPattern } from '../shell/match-pattern.js'
import type { CommandContext, ContainerWorld } from '../shell/shell-context.js'
import { goFlag } from './go-flag.js'
import type { RunningServer } from './http-listener.js'

const mostArguments = 1024
const mostBulk = 8 * 1024 * 1024

interface Entry {
  value: string
  /** Milliseconds since the epoch. */
  expires?: number
}

/** Strings over RESP2, in memory: enough for a cache, a counter and a health check. */
export async function startRedis(
  args: readonly string[],
  ports: readonly number[],
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const port = Number(goFlag(args, 'port') ?? ports[0] ?? 6379)
  const store = new Map<string, Entry>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    serve(socket, store, world)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: world.address, port: world.boundPort(port) }, resolve)
  })
  await context.stdout.write(`Ready to accept connections tcp at port ${port}\n`)
  return {
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function serve(socket: Socket, store: Map<string, Entry>, world: ContainerWorld): void {
  let buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk])
    for (;;) {
      const read = readCommand(buffer)
      if (read === undefined) return
      if (typeof read === 'string') {
        socket.end(`-ERR Protocol error: ${read}\r\n`)
        buffer = Buffer.alloc(0)
        return
      }
      buffer = buffer.subarray(read.used)
      if (read.words.length === 0) continue
      if (read.words[0]?.toUpperCase() === 'QUIT') {
        socket.end('+OK\r\n')
        return
      }
      socket.write(answer(read.words, store, world))
    }
  })
}

/** One command: inline, or an array of bulk strings. Undefined: more is needed. A text: what is wrong with it. */
export function readCommand(buffer: Buffer): { words: string[]; used: number } | string | undefined {
  const end = buffer.indexOf('\r\n')
  if (end === -1) return buffer.length > 64 * 1024 ? 'too big inline request' : undefined
  const head = buffer.subarray(0, end).toString()
  if (!head.startsWith('*')) return { words: head.split(/\s+/).filter((word) => word !== ''), used: end + 2 }
  const count = Number(head.slice(1))
  if (!Number.isInteger(count) || count > mostArguments) return 'invalid multibulk length'
  const words: string[] = []
  let at = end + 2
  for (let index = 0; index < count; index++) {
    const lineEnd = buffer.indexOf('\r\n', at)
    if (lineEnd === -1) return buffer.length - at > 64 ? 'invalid bulk length' : undefined
    const line = buffer.subarray(at, lineEnd).toString()
    if (!line.startsWith('$')) return `expected '$', got '${line.slice(0, 1)}'`
    const length = Number(line.slice(1))
    if (!Number.isInteger(length) || length < 0 || length > mostBulk) return 'invalid bulk length'
    at = lineEnd + 2
    if (buffer.length < at + length + 2) return undefined
    words.push(buffer.subarray(at, at + length).toString())
    at += length + 2
  }
  return { words, used: at }
}

const bulk = (text: string | undefined) => (text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`)
const number = (value: number) => `:${value}\r\n`
const list = (texts: readonly string[]) => `*${texts.length}\r\n${texts.map(bulk).join('')}`

function answer([name = '', ...args]: readonly string[], store: Map<string, Entry>, world: ContainerWorld): string {
  const now = world.clock.now()
  const live = (key: string): Entry | undefined => {
    const entry = store.get(key)
    if (entry?.expires !== undefined && entry.expires <= now) store.delete(key)
    else return entry
    return undefined
  }
  const [key = '', second = ''] = args
  const command = name.toUpperCase()
  const least = leastArguments[command]
  if (least !== undefined && args.length < least) return `-ERR wrong number of arguments for '${name.toLowerCase()}' command\r\n`
  switch (command) {
    case 'PING':
      return args.length > 0 ? bulk(key) : '+PONG\r\n'
    case 'ECHO':
      return bulk(key)
    case 'GET':
      return bulk(live(key)?.value)
    case 'SET': {
      const options = args.slice(2).map((each) => each.toUpperCase())
      const seconds = options.indexOf('EX')
      const millis = options.indexOf('PX')
      if (options.includes('NX') && live(key) !== undefined) return bulk(undefined)
      if (options.includes('XX') && live(key) === undefined) return bulk(undefined)
      const ttl = seconds !== -1 ? Number(options[seconds + 1]) * 1000 : millis !== -1 ? Number(options[millis + 1]) : undefined
      if (ttl !== undefined && !(ttl > 0)) return "-ERR invalid expire time in 'set' command\r\n"
      store.set(key, { value: second, ...(ttl === undefined ? {} : { expires: now + ttl }) })
      return '+OK\r\n'
    }
    case 'DEL':
    case 'UNLINK':
      return number(args.filter((each) => live(each) !== undefined && store.delete(each)).length)
    case 'EXISTS':
      return number(args.filter((each) => live(each) !== undefined).length)
    case 'INCR':
    case 'DECR':
    case 'INCRBY': {
      const entry = live(key)
      const value = Number(entry?.value ?? 0) + (command === 'INCRBY' ? Number(second) : command === 'INCR' ? 1 : -1)
      if (!Number.isSafeInteger(value)) return '-ERR value is not an integer or out of range\r\n'
      store.set(key, { ...entry, value: String(value) })
      return number(value)
    }
    case 'APPEND': {
      const entry = live(key)
      const value = (entry?.value ?? '') + second
      store.set(key, { ...entry, value })
      return number(Buffer.byteLength(value))
    }
    case 'EXPIRE': {
      const entry = live(key)
      if (entry !== undefined) entry.expires = now + Number(second) * 1000
      return number(entry === undefined ? 0 : 1)
    }
    case 'TTL': {
      const entry = live(key)
      return number(entry === undefined ? -2 : entry.expires === undefined ? -1 : Math.ceil((entry.expires - now) / 1000))
    }
    case 'KEYS':
      return list([...store.keys()].filter((each) => live(each) !== undefined && matchPattern(key, each)))
    case 'DBSIZE':
      return number(store.size)
    case 'FLUSHALL':
    case 'FLUSHDB':
      store.clear()
      return '+OK\r\n'
    case 'SELECT':
      return '+OK\r\n'
    case 'COMMAND':
    case 'CONFIG':
      return '*0\r\n'
    case 'INFO':
      return bulk(
        `# Server\r\nredis_version:7.4.0\r\nredis_mode:standalone\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n# Keyspace\r\ndb0:keys=${store.size},expires=0,avg_ttl=0\r\n`,
      )
    default:
      return `-ERR unknown command '${name.slice(0, 128)}', with args beginning with: \r\n`
  }
}

const leastArguments: Readonly<Record<string, number>> = {
  GET: 1,
  SET: 2,
  DEL: 1,
  UNLINK: 1,
  EXISTS: 1,
  INCR: 1,
  DECR: 1,
  INCRBY: 2,
  APPEND: 2,
  EXPIRE: 2,
  TTL: 1,
  KEYS: 1,
  ECHO: 1,
}
