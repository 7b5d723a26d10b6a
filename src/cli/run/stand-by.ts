import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Leadership, type LeadHubOptions, leadHub } from '../../app/hub/lead-hub.js'
import { type HubPort, passToLeader } from '../../app/hub/pass-to-leader.js'
import { readPlace } from '../../app/services/xds-options.js'
import { sleep } from '../../base/clock.js'
import type { HubOptions } from '../commands/hub.js'
import { parsePort } from '../commands/up.js'
import type { CommandIo } from '../contract.js'

/**
 * Waits until this replica of the hub leads; until then its ports pass connections on to the one that does. From then on losing the
 * lead ends the process: what is under way must not go on beside another.
 */
export async function standBy(
  options: HubOptions,
  given: Pick<LeadHubOptions, 'hub' | 'clock' | 'log'>,
  io: CommandIo,
): Promise<Leadership> {
  const { log, clock } = given
  const places = placesOf(options)
  // The system's timers keep no process alive.
  const alive = setInterval(() => {}, 60_000)
  const stopping = new AbortController()
  const address = options.leaderAddress ?? io.env['POD_IP']
  // The system's clock may be set while this runs; this one goes on evenly.
  const startMs = clock.now() - performance.now()
  const watch = leadHub({
    ...given,
    clock: { ...clock, now: () => startMs + performance.now() },
    namespace: options.namespace,
    identity: `${hostname()}_${randomUUID()}`,
    ...(address === undefined || address === '' ? {} : { address }),
    signal: stopping.signal,
  })
  let leadership: Leadership
  try {
    const isFirst = await Promise.race([watch.leading.then(() => true), sleep(clock, 1000).then(() => false)])
    if (!isFirst) {
      const standing = await passToLeader(places, () => watch.leaderAddress(), log)
      io.out('Standing by until this replica of the hub leads. Stop with Ctrl-C.')
      await watch.leading
      await standing.close()
    }
    leadership = await watch.leading
  } catch (error) {
    // One that does no work must not lead.
    stopping.abort(error)
    throw error
  } finally {
    clearInterval(alive)
  }
  void leadership.lost.then((why) => {
    log.error('this replica of the hub leads no more', { why })
    process.exit(1)
  })
  return leadership
}

/** Where the hub will listen for others than those on this machine. */
function placesOf({ agentListen, fleetApi, xds, webhookPort, webhookHost }: HubOptions): HubPort[] {
  const places = (
    [
      ['--agent-listen', agentListen],
      ['--fleet-api', fleetApi],
      ['--xds', xds],
    ] as const
  ).flatMap(([option, text]) => (text === undefined ? [] : [readPlace(option, text)]))
  const listed = places.map(({ address: host, port }) => ({ host, port }))
  return webhookPort === undefined ? listed : [...listed, { host: webhookHost, port: parsePort(webhookPort) }]
}
