import type { IncomingMessage } from 'node:http'
import { sleep } from '../../../../base/clock.js'
import type { CommandContext, ContainerWorld } from '../shell/shell-context.js'
import { headersOf, listenHttp, type RunningServer, readBody, sendJson } from './http-listener.js'

/** The endpoints of httpbin that most tests use: what was sent, statuses, delays, redirects. */
export function startHttpbin(ports: readonly number[], world: ContainerWorld, context: CommandContext): Promise<RunningServer> {
  return listenHttp(world, ports[0] ?? 80, async (request, response, url) => {
    void context.stderr.write(`${request.socket.remoteAddress} "${request.method} ${request.url}"\n`)
    const [, first = '', second = ''] = url.pathname.split('/')
    if (/^(get|post|put|patch|delete|anything)$/.test(first)) {
      if (first !== 'anything' && request.method !== first.toUpperCase())
        return sendJson(response, { message: 'method not allowed' }, 405)
      return sendJson(response, await factsOf(request, url))
    }
    if (first === 'headers') return sendJson(response, { headers: headersOf(request) })
    if (first === 'ip') return sendJson(response, { origin: request.socket.remoteAddress })
    if (first === 'user-agent') return sendJson(response, { 'user-agent': request.headers['user-agent'] ?? null })
    if (first === 'hostname') return sendJson(response, { hostname: world.hostname })
    if (first === 'status' && /^[1-5]\d\d$/.test(second)) {
      response.writeHead(Math.max(Number(second), 200)).end()
      return
    }
    if (first === 'delay' && /^\d+(\.\d+)?$/.test(second)) {
      await sleep(world.clock, Math.min(Number(second), 10) * 1000)
      return sendJson(response, await factsOf(request, url))
    }
    if (first === 'redirect' && /^\d+$/.test(second)) {
      const left = Number(second) - 1
      response.writeHead(302, { location: left > 0 ? `/redirect/${left}` : '/get' }).end()
      return
    }
    if (first === 'bytes' && /^\d+$/.test(second)) {
      response
        .writeHead(200, { 'content-type': 'application/octet-stream' })
        .end(Buffer.alloc(Math.min(Number(second), 102_400), 0x61))
      return
    }
    if (first === '')
      return sendJson(response, {
        endpoints: [
          '/get',
          '/post',
          '/put',
          '/patch',
          '/delete',
          '/anything',
          '/headers',
          '/ip',
          '/user-agent',
          '/status/CODE',
          '/delay/SECONDS',
          '/redirect/N',
          '/bytes/N',
        ],
      })
    sendJson(response, { message: 'not found' }, 404)
  })
}

async function factsOf(request: IncomingMessage, url: URL): Promise<Record<string, unknown>> {
  const data = (await readBody(request)).toString()
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  return {
    args: Object.fromEntries(url.searchParams),
    data: form ? '' : data,
    files: {},
    form: form ? Object.fromEntries(new URLSearchParams(data)) : {},
    headers: headersOf(request),
    json: parsed(data),
    method: request.method,
    origin: request.socket.remoteAddress,
    url: `http://${request.headers.host ?? ''}${request.url}`,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
