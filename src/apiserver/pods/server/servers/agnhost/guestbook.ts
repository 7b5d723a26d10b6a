import { request } from 'node:http'
import { sleep } from '../../../../../base/clock.js'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'
import { listenHttp, type RunningServer, sendText } from '../http-listener.js'
import { dialPort } from './dial.js'

const registerTries = 15
const mostReplicas = 100

/** `guestbook`: a store of values that tells its replicas of changes, and a front that passes requests on to both. */
export async function startGuestbook(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const backendPort = Number(goFlag(args, 'backend-port') ?? 6379)
  const primary = goFlag(args, 'replicaof') ?? ''
  const replicas = new Set<string>()
  let store: Record<string, string> = {}
  const server = await listenHttp(world, Number(goFlag(args, 'http-port') ?? 80), async (asked, response, url) => {
    const given = (name: string) => url.searchParams.get(name) ?? ''
    const send = (value: unknown, status = 200) => sendText(response, status, JSON.stringify(value))
    const key = given('key')
    switch (url.pathname) {
      case '/register':
        // Replicas name no host of their own: they are where the request comes from.
        if (replicas.size < mostReplicas) replicas.add(asked.socket.remoteAddress ?? given('host'))
        return send({ data: store })
      case '/get':
        return send({ data: key === '' ? store : (store[key] ?? '') })
      case '/set':
        if (key === '') return sendText(response, 400, 'cannot set with empty key.\n')
        store = { ...store, [key]: given('value') }
        for (const replica of replicas) await get(replica, backendPort, url.pathname + url.search, world)
        return send({ message: 'Updated' })
      case '/guestbook': {
        const command = given('cmd').toLowerCase()
        if (command !== 'get' && command !== 'set') return sendText(response, 400, `unsupported cmd: '${command}'\n`)
        const host = command === 'set' ? 'agnhost-primary' : 'agnhost-replica'
        const query = new URLSearchParams(command === 'set' ? { key, value: given('value') } : { key })
        const answer = await get(host, backendPort, `/${command}?${query}`, world).catch((error: Error) => error)
        return answer instanceof Error ? sendText(response, 417, `${answer.message}\n`) : sendText(response, 200, answer)
      }
      default:
        return sendText(response, 404, '404 page not found\n')
    }
  })
  if (primary !== '') {
    void (async () => {
      for (let tries = 0; tries < registerTries; tries++) {
        try {
          const known = JSON.parse(await get(primary, backendPort, `/register?host=${world.address}`, world)) as {
            data?: Record<string, string>
          }
          store = { ...known.data, ...store }
          await context.stderr.write(`Registered to node: ${primary}\n`)
          return
        } catch (error) {
          await context.stderr.write(`cannot register at ${primary}: ${(error as Error).message}\n`)
          await sleep(world.clock, 1000)
        }
      }
      world.exit(1)
    })()
  }
  return server
}

async function get(host: string, port: number, path: string, world: ContainerWorld): Promise<string> {
  const [address] = /^[\d.]+$/.test(host) ? [host] : await world.resolve(host)
  if (address === undefined) throw new Error(`the name ${host} has no address`)
  return new Promise((resolve, reject) => {
    const at = { host: address, port: dialPort(address, port, world), path, localAddress: world.address, timeout: 5000 }
    const sent = request({ ...at, agent: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => (text += chunk))
      answer.once('end', () => resolve(text))
      answer.once('error', reject)
    })
    sent.once('timeout', () => sent.destroy(new Error('timed out')))
    sent.once('error', reject)
    sent.end()
  })
}
