import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** A WebSocket as a stream of bytes: binary messages, whose bounds mean nothing. */
export class WebSocketTunnel extends Duplex {
  readonly #webSocket: WebSocket

  constructor(webSocket: WebSocket) {
    super({ allowHalfOpen: true, emitClose: true })
    this.#webSocket = webSocket
    this.on('error', () => {})
    webSocket.on('message', (data, isBinary) => {
      if (!isBinary) this.destroy(new Error('a tunnel takes binary messages only'))
      else if (!this.push(data)) webSocket.pause()
    })
    webSocket.once('close', () => {
      this.push(null)
      this.destroy()
    })
  }

  override _read(): void {
    if (this.#webSocket.isPaused) this.#webSocket.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#webSocket.send(chunk, (error) => done(error))
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#webSocket.close(1000)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#webSocket.terminate()
    done(error)
  }
}
