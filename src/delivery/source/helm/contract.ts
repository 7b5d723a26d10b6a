import type { Tree } from '../../render/tree.js'

/** Where charts come from: HTTP repositories with an index, and OCI registries. */
export interface ChartRepositories {
  /**
   * The version of a chart that `revision` names now: a version, or constraints such as `^1.2` (the highest that satisfies
   * them). Throws Stalled or Waiting with repository, chart and revision.
   */
  resolve(chart: ChartReference, revision: string, options?: { refresh?: boolean; signal?: AbortSignal }): Promise<string>
  /** The chart's files, the chart's own directory being the root. Cached by digest. */
  tree(chart: ChartReference, version: string, options?: { signal?: AbortSignal }): Promise<Tree>
  /** Something says that a repository, or its credentials, are other than before: it is read again, and told as changed. */
  notify(repository: string, how?: { /** Also all repositories whose address begins with it. */ below?: boolean }): void
  /** Called when an index or a registry's tags are other than before, and when a chart that could not be read may be readable. */
  onChange(listener: (change: { url: string }) => void): () => void
  close(): void
}

export interface ChartReference {
  /** `https://charts.example.test/stable`, `oci://registry.example.test/charts`, `registry.example.test/charts`. */
  readonly repository: string
  /** The chart's name; in a registry the rest of its repository's path. '' where the repository's address names the chart. */
  readonly chart: string
  /** Shows the repository's credentials also to other hosts that its index points to. */
  readonly passCredentials?: boolean
  /** Nothing is logged in with: who asks may not be one for whom the credentials are. What the server is trusted by stays. */
  readonly anonymous?: boolean
}

/** Credentials and transport settings of a chart repository, asked for at each request to it. */
export interface ChartCredentials {
  readonly username?: string
  readonly password?: string
  readonly bearerToken?: string
  /** PEM of the authority of its server. */
  readonly caPem?: string
  readonly clientCertificatePem?: string
  readonly clientKeyPem?: string
  readonly insecure?: boolean
  /** The repository is a registry although its address has no scheme. */
  readonly oci?: boolean
  /** Speaks HTTP without TLS with a registry; counts for addresses of this machine only. */
  readonly plainHttp?: boolean
}

export type FindChartCredentials = (repository: string) => ChartCredentials | undefined

/** One request, without redirects. */
export interface HttpRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly credentials: ChartCredentials | undefined
  readonly signal?: AbortSignal
}

export interface HttpReply {
  readonly status: number
  /** Names in lower case; of several of one name all, with `, ` between. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Throws TooLarge beyond `maxBytes`, Node's errors for the network and for certificates. */
export type HttpGet = (request: HttpRequest) => Promise<HttpReply>

/** An answer is larger than it may be. */
export class TooLarge extends Error {}

export interface ChartLimits {
  /** Bytes of an index, 64 Mi unless told. */
  readonly maxIndexBytes?: number
  /** Bytes of a packed chart, 20 Mi unless told. */
  readonly maxArchiveBytes?: number
  /** Time for one answer, 60 s unless told. */
  readonly timeoutMs?: number
}
