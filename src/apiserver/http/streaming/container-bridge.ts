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
 * What the end of the client's input means. `command`: exec; the command's input ends, and its exit code is the client's to know.
 * `once`: the first client that attaches is the only one, so that the process's input ends with the client's. `shared`: the
 * process goes on, for others to attach to, and the session is over. Leaving an attached process is always a success.
 */
export type SessionKind = 'command' | 'once' | 'shared'

/**
 * Joins a container's session with its client until the command has ended and all output is delivered, or the client has gone.
 * Never rejects.
 */
export async function bridgeSession(session: ContainerSession, client: ClientEnds, kind: SessionKind): Promise<void> {
  const gone = client.gone.then(() => 'gone' as const)
  const { stdin } = session
  const onInputError = () => client.stdin?.resume()
  stdin?.on('error', onInputError)
  let leave: (status: ExitStatus) => void = () => {}
  const left = new Promise<ExitStatus>((resolve) => {
    leave = resolve
  })
  if (client.stdin !== undefined) {
    client.stdin.on('error', () => {})
    if (stdin === undefined) client.stdin.resume()
    else client.stdin.pipe(stdin, { end: kind !== 'shared' })
    if (kind === 'shared') client.stdin.once('end', () => leave(statusOfExit(0)))
  }
  if (client.resize !== undefined) followResizes(client.resize, (size) => session.resize(size))
  const output = Promise.all([pump(session.stdout, client.stdout), pump(session.stderr, client.stderr)])
  const ended = session.ended.then(
    ({ code }) => statusOfExit(kind === 'command' ? code : 0),
    (error: unknown) => statusOfFailure(error),
  )
  const outcome = await Promise.race([ended, left, gone])
  if (outcome !== 'gone') {
    const delivered = await Promise.race([output, left, gone])
    if (delivered !== 'gone') await Promise.race([client.finish(outcome), gone])
  }
  // The command of a client that has gone ends; for one that has ended this releases what is left.
  client.stdin?.unpipe()
  session.close()
  if (kind === 'command') stdin?.destroy()
  else if (kind === 'once') stdin?.end()
  // The process keeps its input; what listened to it for this client does not stay.
  else stdin?.off('error', onInputError)
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
