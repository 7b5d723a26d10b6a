import type { Duplex } from 'node:stream'
import type { Clock } from '../../base/clock.js'
import type { GatewayStats, RefusalReason } from './contract.js'
import type { SpliceCounts } from './splice.js'

/** The open connections of a gateway, and what has been counted. */
export class ConnectionTable {
  readonly #open = new Set<Duplex>()
  readonly #refused: Record<RefusalReason, number> = { busy: 0, hello: 0, route: 0, identity: 0, endpoints: 0 }
  #accepted = 0
  #toEndpoints = 0
  #toClients = 0
  #whenEmpty: (() => void) | undefined

  get size(): number {
    return this.#open.size
  }

  enter(connection: Duplex): void {
    this.#accepted++
    this.#open.add(connection)
    connection.once('close', () => {
      this.#open.delete(connection)
      if (this.#open.size === 0) this.#whenEmpty?.()
    })
  }

  refuse(reason: RefusalReason): void {
    this.#refused[reason]++
  }

  count({ toServer, toClient }: SpliceCounts): void {
    this.#toEndpoints += toServer
    this.#toClients += toClient
  }

  stats(): GatewayStats {
    return {
      open: this.#open.size,
      accepted: this.#accepted,
      refused: { ...this.#refused },
      bytesToEndpoints: this.#toEndpoints,
      bytesToClients: this.#toClients,
    }
  }

  /** Resolves when none is open any more; after `graceMs` the rest is destroyed. Gives how many those were. */
  async drain(clock: Clock, graceMs: number): Promise<number> {
    if (this.#open.size === 0) return 0
    let left = 0
    await new Promise<void>((done) => {
      const late = clock.after(graceMs, () => {
        left = this.#open.size
        for (const connection of this.#open) connection.destroy()
      })
      const others = this.#whenEmpty
      this.#whenEmpty = () => {
        others?.()
        late()
        done()
      }
    })
    return left
  }
}
