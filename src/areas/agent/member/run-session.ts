import type { Server } from 'node:http'
import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { Link } from '../tunnel/link.js'
import { Tunnel } from '../tunnel/tunnel.js'
import { askHub, followHub } from './ask-hub.js'
import type { Keeper } from './keeper.js'

export interface SessionOptions {
  readonly link: Link
  readonly keeper: Keeper
  /** Takes what the hub sends for the member's API server. */
  readonly apiProxy: Server
  readonly agentVersion: string
  /** Why the member's own API server cannot be used; undefined when it answers. */
  readonly problem: () => Promise<string | undefined>
  /** Called with every sign of life: certificates are renewed through it. */
  readonly upkeep: (ask: (path: string, body: unknown) => Promise<unknown>) => Promise<void>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

const beatMs = 5_000
const heartbeatMs = 30_000
/** Most agents are complete soon after they have come: one sign of life tells both. */
const firstMs = 1_000

/** One connection to the hub, from its first message to its end. Resolves with why it ended. */
export async function runSession(options: SessionOptions): Promise<string> {
  const { link, keeper, apiProxy, clock, log, signal } = options
  const tunnel = new Tunnel({
    link,
    side: 'agent',
    clock,
    limits: { streams: 16 },
    onStream: (stream) => apiProxy.emit('connection', stream),
  })
  const stop = () => tunnel.close('the agent stops')
  signal.addEventListener('abort', stop, { once: true })
  // It may have been told to stop while it was connecting.
  if (signal.aborted) stop()
  let isOver = false
  let wasComplete = false
  let lastHeartbeat = clock.now() - heartbeatMs + firstMs
  const heartbeat = async () => {
    wasComplete = keeper.isComplete
    lastHeartbeat = clock.now()
    const problem = await options.problem()
    await askHub(tunnel, '/v1/heartbeat', {
      agentVersion: options.agentVersion,
      isComplete: wasComplete,
      ...(problem === undefined ? {} : { problem }),
    })
    await options.upkeep((path, body) => askHub(tunnel, path, body))
  }
  const beat = () => {
    if (isOver) return
    tunnel.beat()
    // Being complete is news: the hub waits for it.
    if (clock.now() - lastHeartbeat >= heartbeatMs || wasComplete !== keeper.isComplete) {
      heartbeat().catch((error: unknown) => {
        if (!isOver) log.debug('the hub did not take a sign of life', { problem: messageOf(error) })
      })
    }
    clock.after(keeper.isComplete === wasComplete ? beatMs : 500, beat)
  }
  keeper.connected(async (reports) => {
    await askHub(tunnel, '/v1/reports', { reports })
    if (!wasComplete) clock.after(200, beatSoon)
  })
  const beatSoon = () => {
    if (!isOver && wasComplete !== keeper.isComplete) heartbeat().catch(() => {})
  }
  const follow = async () => {
    for await (const line of followHub(tunnel, '/v1/works')) keeper.take(line)
    tunnel.close('the hub has ended the stream of Works')
  }
  follow().catch((error: unknown) => tunnel.close(`the stream of Works broke: ${messageOf(error)}`))
  clock.after(firstMs, beat)
  const why = await tunnel.closed
  isOver = true
  keeper.disconnected()
  signal.removeEventListener('abort', stop)
  return why
}
