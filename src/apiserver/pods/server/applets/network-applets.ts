import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { connect, createServer, isIP, type Socket } from 'node:net'
import { messageOf } from '../../../../base/errors.js'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { exchangeDatagrams } from './datagrams.js'
import { dig, getent } from './dig.js'
import { nslookup } from './nslookup.js'
import { type Flags, lastValue, parseFlags } from './parse-flags.js'

interface Answer {
  readonly response: IncomingMessage
  readonly body: Buffer
  readonly url: URL
}

interface Wish {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly timeoutMs: number
  readonly redirects: number
  /** Authorities, as PEM, that a server must have its certificate from; without them any certificate will do. */
  readonly authorities?: Buffer
}

const mostBody = 64 * 1024 * 1024

/** The address to dial for a host as a URL has it: a name is asked of the cluster's name server. */
export async function addressOf(host: string, context: CommandContext): Promise<string> {
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0) return bare
  if (bare === 'localhost' || bare === context.world.hostname) return context.world.address
  const [address] = await context.world.resolve(bare)
  if (address === undefined) throw new Error(`bad address '${bare}'`)
  return address
}

export function portAt(address: string, port: number, context: CommandContext): number {
  return address.startsWith('127.') && address !== '127.0.0.1' ? context.world.boundPort(port) : port
}

async function fetchUrl(text: string, wish: Wish, context: CommandContext): Promise<Answer> {
  const url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`not an http or ftp url: ${text}`)
  const secure = url.protocol === 'https:'
  // Inside a pod localhost is the pod.
  const dialled = await addressOf(url.hostname, context)
  const address = dialled === '127.0.0.1' ? context.world.address : dialled
  const options: RequestOptions & { rejectUnauthorized?: boolean; servername?: string; ca?: Buffer } = {
    host: address,
    port: portAt(address, Number(url.port) || (secure ? 443 : 80), context),
    path: url.pathname + url.search,
    method: wish.method,
    headers: { host: url.host, ...wish.headers },
    agent: false,
    ...(address.startsWith('127.') && address !== '127.0.0.1' ? { localAddress: context.world.address } : {}),
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(wish.timeoutMs)]),
    ...(wish.authorities === undefined ? {} : { ca: wish.authorities }),
    ...(secure
      ? { rejectUnauthorized: wish.authorities !== undefined, ...(isIP(url.hostname) === 0 ? { servername: url.hostname } : {}) }
      : {}),
  }
  const start = secure ? (await import('node:https')).request : requestHttp
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = start(options, resolve)
    sent.once('error', reject)
    sent.end(wish.body)
  })
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBody) throw new Error('the answer is longer than 64 MiB')
    chunks.push(chunk)
  }
  const location = response.headers.location
  if (wish.redirects > 0 && location !== undefined && [301, 302, 303, 307, 308].includes(response.statusCode ?? 0))
    return fetchUrl(new URL(location, url).href, { ...wish, redirects: wish.redirects - 1 }, context)
  return { response, body: Buffer.concat(chunks), url }
}

function headersOf(flags: Flags, ...names: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of names)
    for (const header of flags.values.get(name) ?? []) {
      const cut = header.indexOf(':')
      if (cut > 0) headers[header.slice(0, cut).trim()] = header.slice(cut + 1).trim()
    }
  return headers
}

function seconds(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return (text === undefined || !Number.isFinite(value) || value <= 0 ? otherwise : value) * 1000
}

function rawHead(response: IncomingMessage): string {
  const lines = [`HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`]
  for (let index = 0; index < response.rawHeaders.length; index += 2)
    lines.push(`${response.rawHeaders[index]}: ${response.rawHeaders[index + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

async function output(path: string | undefined, data: Buffer | string, context: CommandContext): Promise<void> {
  if (path === undefined || path === '-') await context.stdout.write(data)
  else if (path !== '/dev/null') context.world.files.write(path, context.cwd, data)
}

const curlLong: Readonly<Record<string, string>> = {
  silent: 's',
  'show-error': 'S',
  insecure: 'k',
  location: 'L',
  fail: 'f',
  head: 'I',
  include: 'i',
  verbose: 'v',
}

/** There is no .curlrc, no globbing, no progress meter and no buffer here. */
const curlWithoutEffect = ['q', 'disable', 'g', 'globoff', 'N', 'no-buffer', 'ipv4', 'no-progress-meter']

const curl: Applet = async (args, context) => {
  const flags = parseFlags(
    args,
    ['s', 'S', 'k', 'L', 'f', 'I', 'i', 'v', 'G', '4', ...curlWithoutEffect, ...Object.keys(curlLong), 'http1.1'],
    [
      'o',
      'w',
      'X',
      'd',
      'H',
      'm',
      'A',
      'u',
      'output',
      'write-out',
      'request',
      'data',
      'header',
      'max-time',
      'connect-timeout',
      'user-agent',
      'data-raw',
      'retry',
      'cacert',
    ],
  )
  const on = (letter: string) => flags.on.has(letter) || [...flags.on].some((name) => curlLong[name] === letter)
  if (flags.rest.length === 0) {
    await context.stderr.write('curl: no URL specified\n')
    return 2
  }
  let code = 0
  for (const text of flags.rest) code = await curlOne(text, flags, on, context)
  return code
}

async function curlOne(text: string, flags: Flags, on: (letter: string) => boolean, context: CommandContext): Promise<number> {
  const data = lastValue(flags, 'd', 'data', 'data-raw')
  const authorities = on('k') ? undefined : lastValue(flags, 'cacert')
  try {
    const answer = await fetchUrl(
      text,
      {
        method: lastValue(flags, 'X', 'request') ?? (on('I') ? 'HEAD' : data === undefined ? 'GET' : 'POST'),
        headers: {
          'user-agent': lastValue(flags, 'A', 'user-agent') ?? 'curl/8.10.1',
          accept: '*/*',
          ...(data === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          ...headersOf(flags, 'H', 'header'),
        },
        ...(data === undefined
          ? {}
          : { body: data.startsWith('@') ? context.world.files.read(data.slice(1), context.cwd) : data }),
        timeoutMs: seconds(lastValue(flags, 'm', 'max-time', 'connect-timeout'), 120),
        redirects: on('L') ? 10 : 0,
        ...(authorities === undefined ? {} : { authorities: context.world.files.read(authorities, context.cwd) }),
      },
      context,
    )
    const status = answer.response.statusCode ?? 0
    if (on('f') && status >= 400) {
      if (!on('s') || on('S')) await context.stderr.write(`curl: (22) The requested URL returned error: ${status}\n`)
      return 22
    }
    if (on('I') || on('i') || on('v')) await context.stdout.write(rawHead(answer.response))
    await output(lastValue(flags, 'o', 'output'), answer.body, context)
    const format = lastValue(flags, 'w', 'write-out')
    if (format !== undefined) {
      const facts: Readonly<Record<string, string>> = {
        http_code: String(status),
        response_code: String(status),
        size_download: String(answer.body.length),
        url_effective: answer.url.href,
      }
      await context.stdout.write(format.replace(/%\{(\w+)\}/g, (_, name: string) => facts[name] ?? '').replace(/\\n/g, '\n'))
    }
    return 0
  } catch (error) {
    const { code, message } = curlFailure(error, text)
    if (!on('s') || on('S')) await context.stderr.write(`curl: (${code}) ${message}\n`)
    return code
  }
}

function curlFailure(error: unknown, url: string): { code: number; message: string } {
  const { code, name } = error as { code?: string; name?: string }
  if (code === 'ECONNREFUSED') return { code: 7, message: `Failed to connect to ${url}: Connection refused` }
  if (name === 'TimeoutError' || name === 'AbortError') return { code: 28, message: 'Operation timed out' }
  if (messageOf(error).startsWith('bad address'))
    return { code: 6, message: `Could not resolve host: ${url.replace(/^\w+:\/\//, '').split(/[:/]/)[0]}` }
  if (/^(ERR_TLS_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/.test(code ?? ''))
    return { code: 60, message: `SSL certificate problem: ${messageOf(error)}` }
  return { code: 56, message: messageOf(error) }
}

const wget: Applet = async (args, context) => {
  const long = ['spider', 'quiet', 'server-response', 'no-check-certificate']
  const flags = parseFlags(
    args.map((arg) => (arg === '-qO-' ? '-qO-' : arg)),
    ['q', 'S', 'c', ...long],
    ['O', 'T', 't', 'U', 'timeout', 'tries', 'header', 'post-data', 'output-document'],
  )
  const text = flags.rest[0]
  if (text === undefined) throw new Error('an URL is expected')
  const quiet = flags.on.has('q') || flags.on.has('quiet')
  const say = (line: string) => (quiet ? Promise.resolve() : context.stderr.write(`${line}\n`))
  const post = lastValue(flags, 'post-data')
  await say(`Connecting to ${text.replace(/^\w+:\/\//, '').split('/')[0]}`)
  let answer: Answer
  try {
    answer = await fetchUrl(
      text,
      {
        method: post === undefined ? (flags.on.has('spider') ? 'HEAD' : 'GET') : 'POST',
        headers: { 'user-agent': 'Wget', ...headersOf(flags, 'header') },
        ...(post === undefined ? {} : { body: post }),
        timeoutMs: seconds(lastValue(flags, 'T', 'timeout'), 60),
        redirects: 5,
      },
      context,
    )
  } catch (error) {
    const { name, code } = error as { name?: string; code?: string }
    const why =
      name === 'TimeoutError'
        ? 'download timed out'
        : code === 'ECONNREFUSED'
          ? `can't connect to remote host (${text}): Connection refused`
          : messageOf(error)
    await context.stderr.write(`wget: ${why}\n`)
    return 1
  }
  const { statusCode = 0, statusMessage = '' } = answer.response
  if (flags.on.has('S')) await context.stderr.write(rawHead(answer.response))
  if (statusCode >= 400) {
    await context.stderr.write(
      `wget: server returned error: HTTP/${answer.response.httpVersion} ${statusCode} ${statusMessage}\n`,
    )
    return 1
  }
  if (flags.on.has('spider')) return 0
  const path = lastValue(flags, 'O', 'output-document') ?? (answer.url.pathname.split('/').at(-1) || 'index.html')
  await output(path, answer.body, context)
  await say(path === '-' ? 'written to stdout' : `'${path}' saved`)
  return 0
}

const nc: Applet = async (args, context) => {
  const { on, values, rest } = parseFlags(args, ['l', 'z', 'v', 'n', 'k', 't', 'u', 'N', '4', '6'], ['w', 'p', 'q'])
  const seconds10 = Number(values.get('w')?.at(-1) ?? 10)
  if (on.has('l')) {
    const port = Number(values.get('p')?.at(-1) ?? rest.at(-1))
    const socket = await new Promise<Socket>((resolve, reject) => {
      const server = createServer((incoming) => {
        server.close()
        resolve(incoming)
      })
      server.once('error', reject)
      context.signal.addEventListener('abort', () => server.close(() => reject(new Error('terminated'))), { once: true })
      server.listen({ host: context.world.address, port: context.world.boundPort(port) })
    })
    return exchange(socket, context)
  }
  const [host = '', portText = ''] = rest
  const port = Number(portText)
  if (host === '' || !(port > 0 && port < 65_536)) throw new Error('a host and a port are expected')
  try {
    const found = await addressOf(host, context)
    const address = found === '127.0.0.1' ? context.world.address : found
    if (on.has('u')) return await exchangeDatagrams({ address, port: portAt(address, port, context) }, seconds10 * 1000, context)
    const socket = await new Promise<Socket>((resolve, reject) => {
      const dialled = connect({ host: address, port: portAt(address, port, context), signal: context.signal })
      dialled.setTimeout(seconds10 * 1000, () => dialled.destroy(new Error('timed out')))
      // With -w a connection on which nothing comes for so long ends.
      dialled.once('connect', () =>
        resolve(values.has('w') ? dialled.setTimeout(seconds10 * 1000, () => dialled.destroy()) : dialled.setTimeout(0)),
      )
      dialled.once('error', reject)
    })
    if (on.has('v')) await context.stderr.write(`${host} (${address}:${port}) open\n`)
    if (on.has('z')) {
      socket.destroy()
      return 0
    }
    return await exchange(socket, context)
  } catch (error) {
    await context.stderr.write(
      `nc: ${host} (${host}:${port}): ${(error as { code?: string }).code === 'ECONNREFUSED' ? 'Connection refused' : messageOf(error)}\n`,
    )
    return 1
  }
}

async function exchange(socket: Socket, context: CommandContext): Promise<number> {
  context.signal.addEventListener('abort', () => socket.destroy(), { once: true })
  const sending = (async () => {
    for (let chunk = await context.stdin.read(); chunk !== undefined && !socket.destroyed; chunk = await context.stdin.read())
      socket.write(chunk)
    if (!socket.destroyed) socket.end()
  })()
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) await context.stdout.write(chunk)
  } catch (error) {
    // It was silent for too long.
    if ((error as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  } finally {
    socket.destroy()
    sending.catch(() => {})
  }
  return 0
}

export const networkApplets: Readonly<Record<string, Applet>> = { curl, wget, nslookup, dig, getent, nc }
