import type { CommandContext, ContainerWorld } from '../shell/shell-context.js'
import { goFlag } from './go-flag.js'
import { headersOf, listenHttp, type RunningServer, readBody, sendJson, sendText } from './http-listener.js'

interface Surroundings {
  readonly args: readonly string[]
  readonly ports: readonly number[]
  readonly world: ContainerWorld
  readonly context: CommandContext
}

/** hashicorp/http-echo: one text, whatever is asked. */
export function startHttpEcho({ args, world, context }: Surroundings): Promise<RunningServer> | number {
  const text = goFlag(args, 'text') ?? context.env.get('ECHO_TEXT')
  if (text === undefined) {
    void context.stderr.write('Missing -text option!\n')
    return 127
  }
  const port = portOf(goFlag(args, 'listen') ?? ':5678', 5678)
  const status = Number(goFlag(args, 'status-code') ?? 200)
  void context.stdout.write(`[INFO] server is listening on :${port}\n`)
  return listenHttp(world, port, (request, response, url) => {
    void context.stdout.write(
      `${request.headers.host} ${request.socket.remoteAddress} "${request.method} ${url.pathname} HTTP/${request.httpVersion}" ${status}\n`,
    )
    if (url.pathname === '/health') return sendJson(response, { status: 'ok' })
    sendText(response, status, `${text}\n`)
  })
}

/** traefik/whoami: the request and where it arrived. */
export function startWhoami({ args, world, context }: Surroundings): Promise<RunningServer> {
  const port = Number(goFlag(args, 'port') ?? context.env.get('WHOAMI_PORT_NUMBER') ?? 80)
  const name = goFlag(args, 'name') ?? context.env.get('WHOAMI_NAME')
  let health = 200
  void context.stdout.write(`Starting up on port ${port}\n`)
  return listenHttp(world, port, async (request, response, url) => {
    const facts = {
      ...(name === undefined ? {} : { name }),
      hostname: world.hostname,
      ip: ['127.0.0.1', world.address],
      headers: headersOf(request),
      url: request.url,
      host: request.headers.host,
      method: request.method,
      remoteAddr: remoteOf(request),
    }
    if (url.pathname === '/health') {
      if (request.method === 'POST') health = Number((await readBody(request)).toString()) || 200
      response.writeHead(request.method === 'POST' ? 200 : health).end()
    } else if (url.pathname === '/api') sendJson(response, facts)
    else {
      const headers = Object.entries(facts.headers).filter(([key]) => key.toLowerCase() !== 'host')
      const lines = [
        ...(name === undefined ? [] : [`Name: ${name}`]),
        `Hostname: ${world.hostname}`,
        ...facts.ip.map((ip) => `IP: ${ip}`),
        `RemoteAddr: ${facts.remoteAddr}`,
        `${request.method} ${request.url} HTTP/${request.httpVersion}`,
        `Host: ${request.headers.host ?? ''}`,
        ...headers.map(([key, value]) => `${key}: ${value}`),
      ]
      sendText(response, 200, `${lines.join('\n')}\n\n`)
    }
  })
}

/** gcr.io/google-samples/hello-app */
export function startHelloApp({ ports, world, context }: Surroundings, image: string): Promise<RunningServer> {
  const version = /:v?(\d+)/.exec(image)?.[1] ?? '1'
  const port = Number(context.env.get('PORT') ?? ports[0] ?? 8080)
  void context.stderr.write(`Server listening on port ${port}\n`)
  return listenHttp(world, port, (request, response) => {
    void context.stderr.write(`Serving request: ${request.url}\n`)
    sendText(response, 200, `Hello, world!\nVersion: ${version}.0.0\nHostname: ${world.hostname}\n`)
  })
}

/** ealen/echo-server (JSON) and jmalloc/echo-server (text): the request itself. */
export async function startEchoServer({ ports, world, context }: Surroundings, image: string): Promise<RunningServer> {
  const json = image.includes('ealen/')
  const port = Number(context.env.get('PORT') ?? ports[0] ?? (json ? 80 : 8080))
  void context.stdout.write(`Echo server listening on port ${port}.\n`)
  return listenHttp(world, port, async (request, response, url) => {
    const body = (await readBody(request)).toString()
    void context.stdout.write(`${request.socket.remoteAddress} | ${request.method} ${request.url}\n`)
    if (!json) {
      const headers = Object.entries(headersOf(request)).map(([key, value]) => `${key}: ${value}\n`)
      return sendText(
        response,
        200,
        `Request served by ${world.hostname}\n\n${request.method} ${request.url} HTTP/${request.httpVersion}\n\n${headers.join('')}${body === '' ? '' : `\n${body}`}`,
      )
    }
    const query = Object.fromEntries(url.searchParams)
    const status = Number(query['echo_code']) || 200
    if (query['echo_body'] !== undefined) return sendJson(response, query['echo_body'], status)
    sendJson(
      response,
      {
        host: { hostname: request.headers.host, ip: request.socket.remoteAddress, ips: [] },
        http: { method: request.method, baseUrl: '', originalUrl: request.url, protocol: 'http' },
        request: { params: { 0: url.pathname }, query, cookies: {}, body, headers: request.headers },
        environment: Object.fromEntries(context.env),
      },
      status,
    )
  })
}

function remoteOf(request: { socket: { remoteAddress?: string; remotePort?: number } }): string {
  return `${request.socket.remoteAddress}:${request.socket.remotePort}`
}

function portOf(listen: string, otherwise: number): number {
  return Number(listen.slice(listen.lastIndexOf(':') + 1)) || otherwise
}
