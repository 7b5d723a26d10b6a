import type { ContainerWorld } from '../../shell/shell-context.js'
import { listenHttp, type RunningServer, sendText } from '../http-listener.js'

/** `liveness`: healthy for ten seconds, then not, as the documentation on probes has it. */
export function startLiveness(world: ContainerWorld): Promise<RunningServer> {
  const started = world.clock.now()
  return listenHttp(world, 8080, (_request, response, url) => {
    const seconds = (world.clock.now() - started) / 1000
    if (url.pathname === '/started') return sendText(response, 200, String(seconds))
    if (url.pathname === '/redirect') {
      response.writeHead(302, { location: url.searchParams.get('loc') ?? '' }).end()
      return
    }
    if (url.pathname !== '/healthz') return sendText(response, 404, '404 page not found\n')
    if (seconds > 10) return sendText(response, 500, `error: ${seconds}`)
    sendText(response, 200, 'ok')
  })
}
