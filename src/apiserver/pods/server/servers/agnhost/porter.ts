import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { listenHttp, type RunningServer, sendText } from '../http-listener.js'
import { ownCertificate, ownKey, readIdentity } from './identity.js'

/** What Go takes for HTML where nobody says the type. */
const htmlStart = /^\s*<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i

/** The value of each variable `SERVE_PORT_NUMBER` is served at its port, of `SERVE_TLS_PORT_NUMBER` over TLS. */
export async function startPorter(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const json = args.some((arg) => /^--?json-response(=true)?$/.test(arg))
  const servers: RunningServer[] = []
  for (const [name, value] of context.env) {
    const [, secure, port] = /^SERVE_(TLS_)?PORT_(\d+)$/.exec(name) ?? []
    if (port === undefined) continue
    const certFile = context.env.get('CERT_FILE') || ownCertificate
    const keyFile = context.env.get('KEY_FILE') || ownKey
    const identity = secure === undefined ? undefined : await readIdentity(certFile, keyFile, world, context)
    const server = await listenHttp(
      world,
      Number(port),
      ({ method = 'GET' }, response) =>
        json
          ? sendText(response, 200, JSON.stringify({ Method: method, Body: value }), 'application/json')
          : sendText(response, 200, value, htmlStart.test(value) ? 'text/html; charset=utf-8' : undefined),
      identity,
    )
    servers.push(server)
  }
  return { stop: async () => void (await Promise.all(servers.map((server) => server.stop()))) }
}
