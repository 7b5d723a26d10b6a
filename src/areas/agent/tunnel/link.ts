/** What a tunnel runs on: messages in order, whole or not at all. A WebSocket in production, a pair in memory in tests. */
export interface Link {
  /** Never blocks; what cannot leave at once waits. */
  send(message: Uint8Array): void
  /** Bytes that wait to leave. */
  readonly waitingBytes: number
  /** Ends it; `closed` follows. */
  close(reason: string): void
  /** Called once, before anything comes. */
  listen(events: LinkEvents): void
}

export interface LinkEvents {
  message(message: Uint8Array): void
  /** Some of what waited has left. */
  drained(): void
  closed(reason: string): void
}
