import { connect, type Socket } from 'node:net'

export interface Place {
  readonly address: string
  readonly port: number
}

export interface DialOptions {
  /** For one attempt. */
  readonly timeoutMs: number
  /** Endpoints that are tried before it is given up. */
  readonly attempts: number
}

/** Connects to the first of these places that takes the connection. Nothing has been sent then: no request is ever sent twice. */
export async function dialFirst(
  places: Iterable<Place>,
  options: DialOptions,
): Promise<{ socket: Socket; place: Place } | undefined> {
  let left = options.attempts
  for (const place of places) {
    if (left-- === 0) return undefined
    const socket = await dial(place, options.timeoutMs)
    if (socket !== undefined) return { socket, place }
  }
  return undefined
}

function dial({ address, port }: Place, timeoutMs: number): Promise<Socket | undefined> {
  return new Promise((done) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true })
    const fail = () => {
      socket.destroy()
      done(undefined)
    }
    socket.setTimeout(timeoutMs, fail)
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', fail)
      done(socket)
    })
  })
}
