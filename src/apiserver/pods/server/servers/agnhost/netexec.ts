import { createSocket } from 'node:dgram'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sleep } from '../../../../../base/clock.js'
import { runCommand } from '../../shell/sh-applet.js'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { Pipe, readAll } from '../../shell/streams.js'
import { goDuration } from '../go-duration.js'
import { goFlag } from '../go-flag.js'
import { listenHttp, type RunningServer, readBody, sendJson, sendText } from '../http-listener.js'
import { dial } from './dial.js'
import { readIdentity } from './identity.js'

interface Netexec {
  readonly world: ContainerWorld
  readonly context: CommandContext
  readonly started: number
  stopping: boolean
}

/** `netexec`: an HTTP (or HTTPS) server that says things about itself and does requests of its own, and the same over datagrams. */
export async function startNetexec(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const port = Number(goFlag(args, 'http-port') ?? 8080)
  const udpPort = Number(goFlag(args, 'udp-port') ?? 8081)
  const override = goFlag(args, 'http-override') || undefined
  const delaySeconds = Number(goFlag(args, 'delay-shutdown') ?? 0)
  const netexec: Netexec = { world, context, started: world.clock.now(), stopping: false }
  await context.stdout.write(`Started HTTP server on port ${port}\n`)
  const identity = await readIdentity(goFlag(args, 'tls-cert-file'), goFlag(args, 'tls-private-key-file'), world, context)
  const server = await listenHttp(
    world,
    port,
    (request, response, url) => answer(netexec, request, response, override === undefined ? url : new URL(override, url)),
    identity,
  )
  const udp = udpPort < 0 ? undefined : await listenUdp(udpPort, world)
  return {
    async stop() {
      netexec.stopping = true
      if (delaySeconds > 0) await sleep(world.clock, delaySeconds * 1000)
      udp?.close()
      await server.stop()
    },
  }
}

async function answer(netexec: Netexec, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const { world, context } = netexec
  const at = new Date(world.clock.now()).toISOString()
  const logged = `${at.slice(0, 19).replaceAll('-', '/').replace('T', ' ')} GET ${request.url}\n`
  await context.stderr.write(logged).catch(() => {})
  const isForm = /^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '')
  const form = isForm ? new URLSearchParams((await readBody(request)).toString()) : new URLSearchParams()
  const given = (name: string) => form.get(name) ?? url.searchParams.get(name) ?? ''
  switch (url.pathname) {
    case '/hostname':
    case '/hostName':
      return sendText(response, 200, world.hostname)
    case '/clientip':
      return sendText(response, 200, `${request.socket.remoteAddress}:${request.socket.remotePort}`)
    case '/header':
      if (given('key') === '') return sendText(response, 200, JSON.stringify(canonicalHeaders(request)))
      return sendText(response, 200, String(request.headers[given('key').toLowerCase()] ?? ''))
    case '/healthz':
      return sendText(response, 200, '')
    case '/readyz':
      return netexec.stopping ? sendText(response, 503, 'shutting down') : sendText(response, 200, 'ok')
    case '/echo':
      return sendText(response, statusCode(given('code'), 200), given('msg'))
    case '/redirect':
      response.writeHead(statusCode(given('code'), 302), { location: given('location') }).end()
      return
    case '/exit':
      return exitLater(world, response, given)
    case '/uptime':
      return sendText(response, 200, String((world.clock.now() - netexec.started) / 1000))
    case '/shell':
      return sendJson(response, await runShellCommand(given('shellCommand') || given('cmd'), context))
    case '/dial': {
      const { status, body } = await dial(url.searchParams, world)
      return typeof body === 'string' ? sendText(response, status, body) : sendJson(response, body, status)
    }
    case '/shutdown':
      world.exit(0)
      return
    default:
      return sendText(response, 200, `NOW: ${at}`)
  }
}

function statusCode(text: string, otherwise: number): number {
  const code = Number(text)
  return Number.isInteger(code) && code >= 200 && code < 600 ? code : otherwise
}

async function exitLater(world: ContainerWorld, response: ServerResponse, given: (name: string) => string): Promise<void> {
  const waitMs = goDuration(given('wait') || '0')
  const code = Number(given('code') || 0)
  if (waitMs === undefined || !Number.isInteger(code)) return sendText(response, 200, 'wait is a duration, code a number\n')
  sendText(response, 200, '')
  await sleep(world.clock, waitMs)
  world.exit(code & 127)
}

/** All headers by the names that Go gives them. */
function canonicalHeaders(request: IncomingMessage): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (name === 'host' || values === undefined) continue
    found[name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())] = values
  }
  return found
}

async function runShellCommand(text: string, context: CommandContext): Promise<{ output?: string; error?: string }> {
  const output = new Pipe()
  const reading = readAll(output)
  const code = await runCommand(['sh', '-c', text], { ...context, stdout: output, stderr: output })
  output.end()
  const written = (await reading).toString()
  return { ...(written === '' ? {} : { output: written }), ...(code === 0 ? {} : { error: `exit status ${code}` }) }
}

/** Answers `hostname`, `clientip` and `echo TEXT`. */
async function listenUdp(port: number, world: ContainerWorld): Promise<{ close(): void }> {
  const socket = createSocket('udp4')
  socket.on('message', (data, from) => {
    const text = data.toString().trim().toLowerCase()
    const reply =
      text === 'hostname'
        ? world.hostname
        : text === 'clientip'
          ? `${from.address}:${from.port}`
          : text.startsWith('echo ')
            ? text.slice(5)
            : undefined
    if (reply !== undefined) socket.send(reply, from.port, from.address)
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(world.boundPort(port), world.address, () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      resolve()
    })
  })
  return { close: () => socket.close() }
}
