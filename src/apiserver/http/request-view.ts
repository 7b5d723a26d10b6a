import type { Exchange } from './exchange.js'
import type { RequestInfo } from './request-info.js'

/**
 * What a listener serves in place of a cluster's own API. Who asks is found out as on that cluster, and may do what the
 * cluster's rules say of `read`'s answer; `serve` is called for what is allowed.
 */
export interface RequestView {
  /** Part of the listener's name. */
  readonly name: string
  /** What a request is to the rules of access. Throws for a path that cannot be read. */
  read(method: string, path: string, query: URLSearchParams): RequestInfo
  /** Answers; failures are thrown. */
  serve(exchange: Exchange): Promise<void>
}
