import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { sleep } from '../../../../base/clock.js'
import { runCommand } from '../shell/sh-applet.js'
import type { CommandContext, ContainerWorld } from '../shell/shell-context.js'
import { nullSink, Pipe, readAll } from '../shell/streams.js'
import { goFlag } from './go-flag.js'
import { listenHttp, type RunningServer, readBody, sendJson, sendText } from './http-listener.js'

/** The subcommands of the end-to-end tests' image that other programs use; its shell command runs applets. */
export async function startAgnhost(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
  program = '/agnhost',
): Promise<RunningServer | number> {
  const [command = 'pause', ...rest] = args
  switch (command) {
    case 'pause':
      await context.stdout.write('Paused\n')
      return { stop: async () => {} }
    case 'netexec':
      return netexec(rest, world, context)
    case 'serve-hostname':
      return listenHttp(world, Number(goFlag(rest, 'port') ?? 9376), (_request, response) =>
        sendText(response, 200, world.hostname),
      )
    case 'test-webserver':
      return listenHttp(world, Number(goFlag(rest, 'port') ?? 80), (_request, response) => sendText(response, 200, ''))
    case 'liveness':
      return liveness(world)
    case 'connect':
      return tryConnect(rest, world, context)
    case 'dns-suffix':
      await context.stdout.write(`${world.searchDomains.join(',')}\n`)
      return 0
    case 'dns-server-list':
      await context.stdout.write(`${world.nameServer ?? ''}\n`)
      return 0
    case 'etc-hosts':
      await context.stdout.write(world.files.read('/etc/hosts', '/'))
      return 0
    case 'entrypoint-tester':
      await context.stdout.write(`[${[program, ...args].join(' ')}]\n`)
      return 0
    case 'porter':
      return porter(rest, world, context)
    case 'help':
      await context.stdout.write(`${subcommands}\n`)
      return 0
    default:
      await context.stderr.write(`Error: unknown command ${JSON.stringify(command)} for "app"; here are: ${subcommands}\n`)
      return 1
  }
}

const subcommands =
  'pause, netexec, serve-hostname, test-webserver, liveness, connect, dns-suffix, dns-server-list, etc-hosts, entrypoint-tester, porter'

/** Each variable SERVE_PORT_NUMBER is served at its port. */
async function porter(args: readonly string[], world: ContainerWorld, context: CommandContext): Promise<RunningServer> {
  const json = args.includes('--json-response')
  const servers: RunningServer[] = []
  for (const [name, value] of context.env) {
    const port = /^SERVE_PORT_(\d+)$/.exec(name)?.[1]
    if (port === undefined) continue
    const answer = (method = 'GET') => (json ? JSON.stringify({ Method: method, Body: value }) : value)
    const type = json ? 'application/json' : undefined
    servers.push(await listenHttp(world, Number(port), ({ method }, response) => sendText(response, 200, answer(method), type)))
  }
  return { stop: async () => void (await Promise.all(servers.map((server) => server.stop()))) }
}

async function netexec(args: readonly string[], world: ContainerWorld, context: CommandContext): Promise<RunningServer> {
  const port = Number(goFlag(args, 'http-port') ?? 8080)
  const udpPort = Number(goFlag(args, 'udp-port') ?? 8081)
  const started = world.clock.now()
  await context.stdout.write(`Started HTTP server on port ${port}\n`)
  const server = await listenHttp(world, port, async (request, response, url) => {
    const query = url.searchParams
    const at = new Date(world.clock.now()).toISOString()
    const logged = `${at.slice(0, 19).replaceAll('-', '/').replace('T', ' ')} GET ${request.url}\n`
    await context.stderr.write(logged).catch(() => {})
    switch (url.pathname) {
      case '/':
        return sendText(response, 200, `NOW: ${at}`)
      case '/hostname':
      case '/hostName':
        return sendText(response, 200, world.hostname)
      case '/clientip':
        return sendText(response, 200, `${request.socket.remoteAddress}:${request.socket.remotePort}`)
      case '/header':
        return sendText(response, 200, String(request.headers[(query.get('key') ?? '').toLowerCase()] ?? ''))
      case '/healthz':
        return sendText(response, 200, '')
      case '/echo':
        return sendText(response, Number(query.get('code')) || 200, query.get('msg') ?? (await readBody(request)).toString())
      case '/exit': {
        sendText(response, 200, '')
        await sleep(world.clock, Number.parseFloat(query.get('wait') ?? '0') * 1000)
        world.exit(Number(query.get('code')) || 0)
        return
      }
      case '/uptime':
        return sendText(response, 200, String((world.clock.now() - started) / 1000))
      case '/shell':
        return sendJson(response, await runShellCommand(query.get('cmd') ?? query.get('shellCommand') ?? '', context))
      case '/dial':
        return sendJson(response, await dial(query, world))
      case '/shutdown':
        world.exit(0)
        return
      default:
        return sendText(response, 404, '404 page not found\n')
    }
  })
  if (udpPort < 0) return server
  const udp = createSocket('udp4')
  udp.on('message', (data, from) => {
    const text = data.toString().trim().toLowerCase()
    const answer =
      text === 'hostname'
        ? world.hostname
        : text === 'clientip'
          ? `${from.address}:${from.port}`
          : text.startsWith('echo ')
            ? data.toString().slice(5)
            : ''
    udp.send(answer, from.port, from.address)
  })
  udp.on('error', () => {})
  udp.bind(world.boundPort(udpPort), world.address)
  return {
    async stop() {
      udp.close()
      await server.stop()
    },
  }
}

async function runShellCommand(text: string, context: CommandContext): Promise<{ output: string; error?: string }> {
  const output = new Pipe()
  const reading = readAll(output)
  const code = await runCommand(['sh', '-c', text], { ...context, stdout: output, stderr: nullSink })
  output.end()
  return { output: (await reading).toString(), ...(code === 0 ? {} : { error: `exit status ${code}` }) }
}

async function dial(query: URLSearchParams, world: ContainerWorld): Promise<{ responses: string[]; errors?: string[] }> {
  const responses: string[] = []
  const errors: string[] = []
  const host = query.get('host') ?? ''
  const { request } = await import('node:http')
  for (let count = Math.min(Number(query.get('tries') ?? 1), 100); count > 0; count--) {
    const [address = host] = /^[\d.]+$/.test(host) ? [host] : await world.resolve(host)
    await new Promise<void>((resolve) => {
      const sent = request(
        {
          host: address,
          port: dialPort(address, Number(query.get('port') ?? 80), world),
          path: `/${query.get('request') ?? ''}`,
          timeout: 5000,
        },
        (answer) => {
          let text = ''
          answer.on('data', (chunk) => (text += chunk))
          answer.on('end', () => {
            responses.push(text)
            resolve()
          })
        },
      )
      sent.once('timeout', () => sent.destroy(new Error('timed out')))
      sent.once('error', (error) => {
        errors.push(error.message)
        resolve()
      })
      sent.end()
    })
  }
  return { responses, ...(errors.length === 0 ? {} : { errors }) }
}

function dialPort(address: string, port: number, world: ContainerWorld): number {
  return address.startsWith('127.') ? world.boundPort(port) : port
}

/** Healthy for ten seconds, then not: the example of the documentation on probes. */
function liveness(world: ContainerWorld): Promise<RunningServer> {
  const started = world.clock.now()
  return listenHttp(world, 8080, (_request, response, url) => {
    const seconds = (world.clock.now() - started) / 1000
    if (url.pathname === '/started') return sendText(response, 200, String(seconds))
    if (url.pathname !== '/healthz') return sendText(response, 404, '404 page not found\n')
    if (seconds > 10) return sendText(response, 500, `error: ${seconds}`)
    sendText(response, 200, 'ok')
  })
}

async function tryConnect(args: readonly string[], world: ContainerWorld, context: CommandContext): Promise<number> {
  const target = args.find((arg) => !arg.startsWith('-')) ?? ''
  const timeout =
    Number.parseFloat(
      goFlag(
        args.filter((arg) => arg !== target),
        'timeout',
      ) ?? '5',
    ) * 1000
  const cut = target.lastIndexOf(':')
  const host = target.slice(0, cut)
  const [address] = /^[\d.]+$/.test(host) ? [host] : await world.resolve(host)
  const fail = async (word: string) => {
    await context.stderr.write(`${word}\n`)
    return 1
  }
  if (address === undefined) return fail('DNS')
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: dialPort(address, Number(target.slice(cut + 1)), world) })
    socket.setTimeout(timeout, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })))
    socket.once('connect', () => {
      socket.destroy()
      resolve(0)
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(fail(error.code === 'ECONNREFUSED' ? 'REFUSED' : error.code === 'TIMEOUT' ? 'TIMEOUT' : 'OTHER')),
    )
  })
}
