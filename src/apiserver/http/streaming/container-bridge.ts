import type { Readable, Writable } from 'node:stream'
import type { ContainerSession } from '../../pod-access.js'
import { type ExitStatus, statusOfExit, statusOfFailure } from './exit-status.js'
import { followResizes } from './resize-events.js'

/** The client's side of a session, whatever protocol it speaks. */
export interface ClientEnds {
  readonly stdin: Readable | undefined
  readonly stdout: Writable | undefined
  readonly stderr: Writable | undefined
  readonly resize: Readable | undefined
  /** Settles when the client has gone. */
  readonly gone: Promise<void>
  /** Tells how it ended, and ends the connection. */
  finish(status: ExitStatus): Promise<void>
}

/**
 * Joins a container's session with its client until the command has ended and all output is delivered, or the client has gone.
 * `exits`: the exit code is the client's to know (exec); otherwise any end is a success (attach). Never rejects.
 */
export async function bridgeSession(session: ContainerSession, client: ClientEnds, exits: boolean): Promise<void> {
  const gone = client.gone.then(() => 'gone' as const)
  const { stdin } = session
  stdin?.on('error', () => client.stdin?.resume())
  if (client.stdin !== undefined) {
    client.stdin.on('error', () => {})
    if (stdin === undefined) client.stdin.resume()
    else client.stdin.pipe(stdin)
  }
  if (client.resize !== undefined) followResizes(client.resize, (size) => session.resize(size))
  const output = Promise.all([pump(session.stdout, client.stdout), pump(session.stderr, client.stderr)])
  const ended = session.ended.then(
    ({ code }) => statusOfExit(exits ? code : 0),
    (error: unknown) => statusOfFailure(error),
  )
  const outcome = await Promise.race([ended, gone])
  if (outcome !== 'gone' && (await Promise.race([output, gone])) !== 'gone') await Promise.race([client.finish(outcome), gone])
  // The command of a client that has gone ends; for one that has ended this releases what is left.
  client.stdin?.unpipe()
  session.close()
  stdin?.destroy()
  session.stdout?.destroy()
  session.stderr?.destroy()
}

/** Settles when everything is delivered, or one of the two cannot go on. Output that nobody takes flows away. */
function pump(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (from === undefined) {
    to?.end()
    return Promise.resolve()
  }
  return new Promise((resolve) => {
    const settle = () => resolve()
    from.on('error', () => {
      to?.end()
      settle()
    })
    from.once('close', () => {
      if (to === undefined || !from.readableEnded) settle()
      if (!from.readableEnded) to?.end()
    })
    if (to === undefined) {
      from.once('end', settle)
      from.resume()
      return
    }
    to.on('error', () => {})
    to.once('finish', settle)
    to.once('close', () => {
      from.unpipe(to)
      from.resume()
      settle()
    })
    from.pipe(to)
  })
}
