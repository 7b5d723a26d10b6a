/** How to reach a cluster. Secrets in here never go to logs, errors or URLs. */
export interface Connection {
  /** URL of the API server, without a trailing slash. */
  readonly server: string
  readonly tls: { insecure: boolean; serverName?: string; caPem?: string; certPem?: string; keyPem?: string }
  readonly auth: ConnectionAuth
  /** `http://` or `https://`, with user and password if it asks for them. */
  readonly proxyUrl?: string
  readonly disableCompression?: boolean
}

export type ConnectionAuth =
  | { kind: 'none' }
  | { kind: 'bearer'; token: string }
  /** The file is read again every minute: service account tokens rotate. */
  | { kind: 'token-file'; path: string }
  | { kind: 'basic'; username: string; password: string }
  /** `env` is seen on top of the process's own environment (AWS_PROFILE, AWS_REGION ...). */
  | { kind: 'aws'; clusterName: string; roleArn?: string; profile?: string; env?: Readonly<Record<string, string>> }
  | {
      kind: 'exec'
      command: string
      args: readonly string[]
      env: Readonly<Record<string, string>>
      apiVersion: string
      installHint?: string
      provideClusterInfo?: boolean
      config?: unknown
    }
