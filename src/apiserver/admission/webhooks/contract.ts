import type { ClusterStorage } from '../../storage/contract.js'

/** Sends a JSON text to a webhook and gives its answer, whatever its code. */
export interface WebhookCaller {
  /** Rejects with an Error whose message is what Go's HTTP client says (`Post "https://...": dial tcp ...`). */
  post(
    target: WebhookTarget,
    body: string,
    options: { timeoutMs: number; signal: AbortSignal | undefined },
  ): Promise<WebhookAnswer>
}

export interface WebhookTarget {
  /** Without a query. */
  readonly url: string
  /** Where to connect to instead of what the URL names. */
  readonly address?: WebhookAddress
  /** PEM; absent: the system's roots. */
  readonly caBundle?: string
}

export interface WebhookAddress {
  readonly host: string
  readonly port: number
}

export interface WebhookAnswer {
  readonly code: number
  readonly body: string
}

/** Finds where a Service can be reached. Throws an Error that says why it cannot. */
export type ResolveService = (storage: ClusterStorage, namespace: string, name: string, port: number) => WebhookAddress
