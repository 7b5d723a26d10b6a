import type { Exchange } from '../../apiserver/http/exchange.js'
import { commonHeaders } from '../../apiserver/http/send.js'
import type { Clock } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import { printJson } from '../../base/json-text.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import type { FleetEvent, FleetWatch, SendEvent } from './watch-members.js'

/** A client that takes nothing for so long is gone. */
const slowestMs = 60_000

/** Writes the events of a watch, one JSON object a line, until it ends; members wait while the client does not read. */
export async function sendWatch(
  exchange: Exchange,
  options: {
    readonly watch: FleetWatch
    readonly run: (send: SendEvent) => Promise<void>
    readonly seconds: number
    readonly bookmarks: boolean
    readonly clock: Clock
  },
): Promise<void> {
  const { response, signal } = exchange
  const { watch, clock } = options
  const write = (event: FleetEvent) => response.write(`${printJson(event)}\n`)
  const stop = () => watch.stop()
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  const cancel = clock.after(options.seconds * 1000, stop)
  response.writeHead(200, commonHeaders(exchange, 'application/json'))
  response.flushHeaders()
  /** All wait for the same room. */
  let room: Promise<void> | undefined
  try {
    await options.run(async (event) => {
      while (room !== undefined) await room
      if (response.destroyed) throw new Error('the client has gone')
      if (!write(event)) {
        room = drained(exchange, clock).finally(() => {
          room = undefined
        })
        await room
      }
    })
    const mark = options.bookmarks ? watch.bookmark() : undefined
    if (mark !== undefined && !response.destroyed) write(mark)
  } catch (error) {
    const failure = error instanceof StatusError ? error : statusErrors.internal(messageOf(error))
    if (!response.destroyed) write({ type: 'ERROR', object: failure.status })
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
    watch.stop()
    if (!response.destroyed) response.end()
  }
}

/** Rejects for a client that does not read any more; its connection is ended. */
function drained({ response }: Exchange, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      cancel()
      response.off('drain', done)
      response.off('close', done)
      if (response.destroyed) reject(new Error('the client has gone'))
      else resolve()
    }
    const cancel = clock.after(slowestMs, () => response.destroy())
    response.on('drain', done)
    response.on('close', done)
  })
}
