import type { IncomingMessage, ServerResponse } from 'node:http'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { RepositoryStore } from './repository-store.js'
import { exitOf, startGit } from './run-git.js'

export interface SmartHttpOptions {
  readonly repositories: RepositoryStore
  readonly log: Log
  /** Called after a push has been stored. */
  readonly onPush?: (repository: string) => void
  /** Of the unpacked body of one push. */
  readonly maxPushBytes: number
}

type Service = 'git-upload-pack' | 'git-receive-pack'

/** Requests for objects name commits; none of them is long. */
const maxFetchRequestBytes = 16 * 1024 * 1024
const flushPacketBytes = 4
const noCache = {
  'Cache-Control': 'no-cache, max-age=0, must-revalidate',
  Expires: 'Fri, 01 Jan 1980 00:00:00 GMT',
  Pragma: 'no-cache',
}

/** Serves one authenticated request of the smart HTTP protocol (gitprotocol-http), versions 0 to 2. */
export async function serveSmartHttp(
  request: IncomingMessage,
  response: ServerResponse,
  options: SmartHttpOptions,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://git.invalid')
  const match = /^\/(.+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(decode(url.pathname) ?? '')
  if (!match) return refuse(response, 404, 'not found: expected /NAME.git/info/refs, git-upload-pack or git-receive-pack')
  const name = match[1]!
  const directory = await options.repositories.find(name)
  if (directory === undefined) return refuse(response, 404, `repository ${JSON.stringify(name)} not found`)
  const protocol = protocolOf(request)
  if (match[2] === 'info/refs') {
    const service = url.searchParams.get('service')
    if (request.method !== 'GET') return refuse(response, 405, 'expected GET')
    if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
      return refuse(response, 403, 'only the smart protocol is served: update git')
    }
    return advertise(response, directory, service, protocol, options)
  }
  const service = match[2] as Service
  if (request.method !== 'POST') return refuse(response, 405, 'expected POST')
  if (request.headers['content-type'] !== `application/x-${service}-request`) {
    return refuse(response, 415, `expected Content-Type application/x-${service}-request`)
  }
  return exchange(request, response, { directory, service, protocol, name }, options)
}

async function advertise(
  response: ServerResponse,
  directory: string,
  service: Service,
  protocol: string | undefined,
  options: SmartHttpOptions,
): Promise<void> {
  const child = startGit(directory, [service.slice('git-'.length), '--stateless-rpc', '--advertise-refs', '.'], {
    ...(protocol === undefined ? {} : { protocol }),
  })
  child.stdin.end()
  child.stderr.resume()
  response.once('close', () => child.kill())
  response.writeHead(200, { 'Content-Type': `application/x-${service}-advertisement`, ...noCache })
  // Version 2 has no announcement of the service.
  if (!(service === 'git-upload-pack' && protocol?.includes('version=2'))) {
    const line = `# service=${service}\n`
    response.write(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`)
  }
  const [, code] = await Promise.all([pipeline(child.stdout, response).catch(() => {}), exitOf(child)])
  if (code !== 0) options.log.warn('git could not advertise references', { service, code })
}

async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  to: { directory: string; service: Service; protocol: string | undefined; name: string },
  options: SmartHttpOptions,
): Promise<void> {
  const push = to.service === 'git-receive-pack'
  const limit = push ? options.maxPushBytes : maxFetchRequestBytes
  const child = startGit(to.directory, [to.service.slice('git-'.length), '--stateless-rpc', '.'], {
    ...(to.protocol === undefined ? {} : { protocol: to.protocol }),
    ...(push ? { more: [['receive.maxInputSize', String(limit)]] } : {}),
  })
  const complaints: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
  response.once('close', () => {
    if (!response.writableFinished) child.kill()
  })
  const exit = exitOf(child)
  let tooLarge = false
  const limited = new LimitedStream(limit, () => {
    tooLarge = true
  })
  const gzipped = /gzip/.test(String(request.headers['content-encoding'] ?? ''))
  const input = gzipped ? pipeline(request, createGunzip(), limited, child.stdin) : pipeline(request, limited, child.stdin)
  // git may end before it has read everything, which is no failure of ours; what it says is what counts.
  const fed = input.catch((error: unknown) => {
    if (tooLarge) {
      child.kill()
      if (!response.headersSent) refuse(response, 413, `the push is larger than ${limit} bytes`)
    } else options.log.debug('the body of a git request ended early', { error: messageOf(error) })
  })
  child.stdout.once('readable', () => {
    if (response.headersSent) return
    response.writeHead(200, { 'Content-Type': `application/x-${to.service}-result`, ...noCache })
  })
  const report = new KeptEnd()
  const sent = pipeline(child.stdout, report, response).catch(() => {})
  const [code] = await Promise.all([exit, fed, sent])
  if (code !== 0 && !tooLarge) {
    options.log.info('git refused a request', {
      service: to.service,
      code,
      complaint: Buffer.concat(complaints).toString().trim(),
    })
  }
  // Before a large push git asks with an empty one (a flush packet) whether it may.
  // What it could not unpack it reports to the client, and ends well all the same.
  const refused = /unpack (?!ok\n)/.test(report.text)
  if (push && code === 0 && !refused && limited.received > flushPacketBytes) options.onPush?.(to.name)
}

/** Lets everything through and keeps the last of it. */
class KeptEnd extends Transform {
  text = ''
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null, chunk?: Buffer) => void): void {
    this.text = (this.text + chunk.toString('latin1')).slice(-16_384)
    done(null, chunk)
  }
}

class LimitedStream extends Transform {
  #left: number
  readonly #onTooLarge: () => void
  received = 0
  constructor(limit: number, onTooLarge: () => void) {
    super()
    this.#left = limit
    this.#onTooLarge = onTooLarge
  }
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null, chunk?: Buffer) => void): void {
    this.#left -= chunk.length
    this.received += chunk.length
    if (this.#left >= 0) {
      done(null, chunk)
      return
    }
    this.#onTooLarge()
    done(new Error('the body is too large'))
  }
}

/** Only what versions look like goes into the environment of git. */
function protocolOf(request: IncomingMessage): string | undefined {
  const header = request.headers['git-protocol']
  return typeof header === 'string' && /^[\w.=:-]{1,100}$/.test(header) ? header : undefined
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** Answers with plain text, which git shows to its user. */
export function refuse(response: ServerResponse, code: number, text: string, more: Record<string, string> = {}): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = `${text}\n`
  response.writeHead(code, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...(code === 413 ? { Connection: 'close' } : {}),
    ...more,
  })
  response.end(body)
}
