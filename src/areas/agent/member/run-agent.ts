import { backoffDelayMs } from '../../../base/backoff.js'
import { type Clock, sleep } from '../../../base/clock.js'
import { CodedError, messageOf } from '../../../base/errors.js'
import type { Random } from '../../../base/random.js'
import type { Link } from '../tunnel/link.js'
import { runSession, type SessionOptions } from './run-session.js'

export interface RunAgentOptions extends Omit<SessionOptions, 'link'> {
  /** Dials the hub. Rejects with a CodedError that says what is wrong. */
  readonly connect: (signal: AbortSignal) => Promise<Link>
  readonly random: Random
}

/** What trying again soon does not mend: a person must act on the hub or here. */
const stubborn: ReadonlySet<string> = new Set(['agent-denied', 'agent-certificate', 'hub-ca'])
/** A connection that held for so long was a good one. */
const steadyMs = 60_000

/** Keeps a connection to the hub until the signal: again after each end, later each time, with jitter. */
export async function runAgent(options: RunAgentOptions): Promise<void> {
  const { connect, clock, random, log, signal } = options
  let failures = 0
  while (!signal.aborted) {
    const started = clock.now()
    try {
      const link = await connect(signal)
      log.info('connected to the hub')
      const why = await runSession({ ...options, link })
      if (signal.aborted) return
      log.info('the connection to the hub has ended', { why })
    } catch (error) {
      if (signal.aborted) return
      const fix = error instanceof CodedError ? error.fix : undefined
      log.warn('cannot connect to the hub', { problem: messageOf(error), ...(fix === undefined ? {} : { fix }) })
      if (error instanceof CodedError && stubborn.has(error.code)) failures = Math.max(failures, 6)
    }
    failures = clock.now() - started >= steadyMs ? 1 : failures + 1
    // Half of it is chance: a thousand agents do not come back to a new hub in one second.
    await pause(clock, backoffDelayMs(failures, random, { baseMs: 1000, maxMs: 60_000, jitter: 0.5 }), signal)
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await sleep(clock, ms, signal).catch(() => {})
}
