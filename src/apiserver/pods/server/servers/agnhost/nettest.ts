import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'
import { listenHttp, type RunningServer, readBody, sendJson, sendText } from '../http-listener.js'

const mostSources = 10_000

/** `nettest`: counts who has written to it (`/write`) and tells (`/read`, `/status`). Looking for others of its kind is left out. */
export async function startNettest(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const port = Number(goFlag(args, 'port') ?? 8080)
  const received = new Map<string, number>()
  await context.stdout.write(`listening at port ${port}\n`)
  return listenHttp(world, port, async (request, response, url) => {
    const state = () => ({
      Hostname: world.hostname,
      Sent: {},
      Received: Object.fromEntries(received),
      Errors: [],
      Log: [],
      StillContactingPeers: false,
    })
    switch (url.pathname) {
      case '/write': {
        const source = sourceOf((await readBody(request)).toString())
        if (source === undefined) return sendText(response, 500, 'the body is to be {"Source": "..."}\n')
        if (received.has(source) || received.size < mostSources) received.set(source, (received.get(source) ?? 0) + 1)
        return sendJson(response, { Hostname: world.hostname })
      }
      case '/read':
        return sendJson(response, state())
      case '/status':
        return sendText(response, 200, 'pass')
      case '/quit':
        world.exit(0)
        return
      default:
        return sendText(response, 404, '404 page not found\n')
    }
  })
}

function sourceOf(text: string): string | undefined {
  try {
    const { Source } = JSON.parse(text) as { Source?: unknown }
    return typeof Source === 'string' ? Source : undefined
  } catch {
    return undefined
  }
}
