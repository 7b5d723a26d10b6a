const mostClients = 4096

/** Which endpoint each client of a Service's port was sent to last, for `sessionAffinity: ClientIP`. Holds no timer. */
export class Affinity {
  readonly #keepMs: number
  /** In order of last use. */
  readonly #clients = new Map<string, { backend: string; usedMs: number }>()

  constructor(keepMs: number) {
    this.#keepMs = keepMs
  }

  get(client: string, nowMs: number): string | undefined {
    const entry = this.#clients.get(client)
    return entry === undefined || entry.usedMs + this.#keepMs <= nowMs ? undefined : entry.backend
  }

  set(client: string, backend: string, nowMs: number): void {
    this.#clients.delete(client)
    this.#clients.set(client, { backend, usedMs: nowMs })
    for (const [oldest, { usedMs }] of this.#clients) {
      if (usedMs + this.#keepMs > nowMs && this.#clients.size <= mostClients) break
      this.#clients.delete(oldest)
    }
  }

  get size(): number {
    return this.#clients.size
  }
}
