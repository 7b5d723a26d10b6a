import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect } from 'node:net'
import { type Clock, sleep } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import { probeGrpc } from './grpc-probe.js'
import type { Action, Container } from './pod-types.js'
import type { RunningContainer } from './process/launcher.js'

export interface ActionResult {
  readonly ok: boolean
  /** What a kubelet's Event would say. */
  readonly output: string
  /** It went well, with something that one should know. */
  readonly warning?: string
}

export interface ActionPorts {
  readonly clock: Clock
  readonly container: Container
  readonly process: RunningContainer
  readonly address: string
  readonly boundPort: (port: number) => number
}

const mostOutput = 10 * 1024
const mostRedirects = 10

/** Does what a probe or a lifecycle hook says, for at most `timeoutMs`. Never throws. */
export async function performAction(action: Action, timeoutMs: number, ports: ActionPorts): Promise<ActionResult> {
  try {
    if (action.exec) return await runCommand(action.exec.command ?? [], timeoutMs, ports)
    if (action.httpGet) return await getHttp(action.httpGet, timeoutMs, ports)
    if (action.tcpSocket) return await dial(action.tcpSocket, timeoutMs, ports)
    if (action.sleep) {
      await sleep(ports.clock, Math.min(action.sleep.seconds * 1000, timeoutMs))
      return { ok: true, output: '' }
    }
    if (action.grpc) {
      const { port, service } = action.grpc
      const at = { host: ports.address, port: ports.boundPort(port), service: (service ?? '').slice(0, 120) }
      return await probeGrpc(at, timeoutMs, ports.clock, (error) => dialFailure(at.host, port, error))
    }
    return { ok: false, output: 'missing probe handler' }
  } catch (error) {
    return { ok: false, output: messageOf(error) }
  }
}

async function runCommand(command: readonly string[], timeoutMs: number, { process, clock }: ActionPorts): Promise<ActionResult> {
  const running = process.exec(command, { stdin: false, tty: false })
  let output = ''
  const gather = (data: Buffer) => {
    if (output.length < mostOutput) output += data.toString()
  }
  running.stdout.on('data', gather)
  running.stderr.on('data', gather)
  let cancelTimer = () => {}
  const late = new Promise<undefined>((resolve) => {
    cancelTimer = clock.after(timeoutMs, () => resolve(undefined))
  })
  const result = await Promise.race([running.ended, late])
  cancelTimer()
  if (result === undefined) {
    running.cancel()
    return { ok: false, output: `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutMs / 1000}s` }
  }
  // The last output may still be on its way through the streams.
  await new Promise((resolve) => setImmediate(resolve))
  return { ok: result.code === 0, output: output.trimEnd() }
}

async function getHttp(get: NonNullable<Action['httpGet']>, timeoutMs: number, ports: ActionPorts): Promise<ActionResult> {
  const port = portNumber(get.port, ports.container)
  if (port === undefined) return { ok: false, output: `couldn't find port: ${JSON.stringify(get.port)}` }
  const host = get.host || ports.address
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`
  const scheme = get.scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http'
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.33', accept: '*/*', connection: 'close' }
  for (const { name, value } of get.httpHeaders ?? []) headers[name] = value
  const until = ports.clock.now() + timeoutMs
  let url = new URL(`${scheme}://${host}:${port}${path}`)
  for (let count = 0; count <= mostRedirects; count++) {
    const answer = await request(url, headers, until - ports.clock.now(), ports)
    if ('output' in answer) return answer
    const { status, location } = answer
    if (status < 200 || status >= 400) return { ok: false, output: `HTTP probe failed with statuscode: ${status}` }
    const next = status >= 300 && location !== undefined ? urlOf(location, url) : undefined
    if (next === undefined || (next.protocol !== 'http:' && next.protocol !== 'https:')) return { ok: true, output: '' }
    // Whoever points elsewhere is there itself; where it points is not looked at.
    if (next.hostname !== url.hostname) return { ok: true, output: '', warning: 'Probe terminated redirects, Response body: ' }
    url = next
  }
  return { ok: false, output: `Get "${url.href}": stopped after ${mostRedirects} redirects` }
}

function urlOf(location: string, from: URL): URL | undefined {
  try {
    return new URL(location, from)
  } catch {
    return undefined
  }
}

/** One request; its status, or why there is none. */
function request(
  url: URL,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  ports: ActionPorts,
): Promise<{ status: number; location?: string } | ActionResult> {
  const secure = url.protocol === 'https:'
  const host = url.hostname
  const port = Number(url.port) || (secure ? 443 : 80)
  const shown = `${secure ? 'https' : 'http'}://${host}:${port}${url.pathname}${url.search}`
  const options = {
    host,
    port: host === ports.address ? ports.boundPort(port) : port,
    path: url.pathname + url.search,
    headers,
    agent: false as const,
    rejectUnauthorized: false,
  }
  return new Promise((resolve) => {
    const sent = (secure ? requestHttps : requestHttp)(options, (response) => {
      const { statusCode = 0 } = response
      const { location } = response.headers
      cancelTimer()
      response.resume()
      response.once('error', () => {})
      sent.destroy()
      resolve({ status: statusCode, ...(location === undefined ? {} : { location }) })
    })
    const cancelTimer = ports.clock.after(Math.max(timeoutMs, 0), () => {
      resolve({ ok: false, output: `Get "${shown}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)` })
      sent.destroy()
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      cancelTimer()
      resolve({ ok: false, output: `Get "${shown}": ${dialFailure(host, port, error)}` })
    })
    sent.end()
  })
}

function dial(target: NonNullable<Action['tcpSocket']>, timeoutMs: number, ports: ActionPorts): Promise<ActionResult> {
  const port = portNumber(target.port, ports.container)
  if (port === undefined) return Promise.resolve({ ok: false, output: `couldn't find port: ${JSON.stringify(target.port)}` })
  const host = target.host || ports.address
  return new Promise((resolve) => {
    const socket = connect({ host, port: host === ports.address ? ports.boundPort(port) : port })
    const finish = (result: ActionResult) => {
      cancelTimer()
      socket.destroy()
      resolve(result)
    }
    const cancelTimer = ports.clock.after(timeoutMs, () => finish({ ok: false, output: `dial tcp ${host}:${port}: i/o timeout` }))
    socket.once('connect', () => finish({ ok: true, output: '' }))
    socket.on('error', (error: NodeJS.ErrnoException) => finish({ ok: false, output: dialFailure(host, port, error) }))
  })
}

/** A failure to connect, as Go words it. */
export function dialFailure(host: string, port: number, error: NodeJS.ErrnoException): string {
  const why =
    error.code === 'ECONNREFUSED'
      ? 'connect: connection refused'
      : error.code === 'ECONNRESET'
        ? 'read: connection reset by peer'
        : error.message
  return `dial tcp ${host}:${port}: ${why}`
}

/** A port by number, or by the name that the container gives it. */
function portNumber(port: number | string, container: Container): number | undefined {
  if (typeof port === 'number') return port
  return container.ports?.find((each) => each.name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined)
}
