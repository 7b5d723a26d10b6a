import type { Link, LinkEvents } from './link.js'

/** Two ends of a link within one process, in order, each message in a turn of its own. For tests and simulation. */
export interface MemoryLinks {
  readonly hub: MemoryLink
  readonly agent: MemoryLink
}

export interface MemoryLink extends Link {
  /** Messages vanish from now on, and nobody is told: the other side's machine has lost its power. */
  cut(): void
  /** Messages wait here instead of leaving (or do so no longer). */
  hold(held: boolean): void
}

export function createMemoryLinks(): MemoryLinks {
  const hub = new End()
  const agent = new End()
  hub.peer = agent
  agent.peer = hub
  return { hub, agent }
}

class End implements MemoryLink {
  peer: End | undefined
  #events: LinkEvents | undefined
  readonly #queue: Uint8Array[] = []
  #isCut = false
  #isHeld = false
  #isClosed = false
  #isRunning = false
  waitingBytes = 0

  send(message: Uint8Array): void {
    if (this.#isClosed) return
    this.#queue.push(message)
    this.waitingBytes += message.length
    this.#run()
  }

  close(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    queueMicrotask(() => {
      this.#events?.closed(reason)
      if (!this.#isCut) this.peer?.close(reason)
    })
  }

  listen(events: LinkEvents): void {
    this.#events = events
  }

  receive(message: Uint8Array): void {
    this.#events?.message(message)
  }

  cut(): void {
    this.#isCut = true
    if (this.peer !== undefined) this.peer.#isCut = true
  }

  hold(held: boolean): void {
    this.#isHeld = held
    this.#run()
  }

  #run(): void {
    if (this.#isRunning || this.#isHeld) return
    this.#isRunning = true
    queueMicrotask(() => {
      this.#isRunning = false
      const message = this.#queue.shift()
      if (message === undefined) return
      this.waitingBytes -= message.length
      if (!this.#isCut) this.peer?.receive(message)
      this.#events?.drained()
      this.#run()
    })
  }
}
