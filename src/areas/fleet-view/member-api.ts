import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'

/** A request as a member gets it; credentials are added on the way. */
export interface MemberRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body?: Buffer | string
  /** Ends the exchange, the answer's body too. */
  readonly signal: AbortSignal
  /** Until the head of the answer is here. */
  readonly patienceMs: number
}

/**
 * The API of a member as it speaks over the wire: for what an answer has that a KubeClient does not tell (tables, warnings,
 * streams). Rejects with a CodedError `cluster-unreachable` when nobody answers; every answer is an answer.
 */
export interface MemberApi {
  send(request: MemberRequest): Promise<IncomingMessage>
  /** For requests that change the protocol: `socket` when the member has changed it (its answer is 101). */
  upgrade(
    request: MemberRequest,
  ): Promise<{ readonly response: IncomingMessage; readonly socket?: Duplex; readonly head?: Buffer }>
  close(): void
}
