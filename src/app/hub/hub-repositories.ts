import { join } from 'node:path'
import type { ServerPorts } from '../../apiserver/contract.js'
import type { Repositories, SourceCredentials } from '../../delivery/source/contract.js'
import type { GitProtocol } from '../../delivery/source/git-url.js'
import { createChartRepositories } from '../../delivery/source/helm/chart-repositories.js'
import type { ChartRepositories } from '../../delivery/source/helm/contract.js'
import { httpGet } from '../../delivery/source/helm/http-get.js'
import { createRepositories } from '../../delivery/source/repositories.js'
import { argoRepositoryAdvice } from '../../dialects/argo-cd/repository-secret/repository-advice.js'

/** Variables that git may see: where programs, proxies and keys are, and nothing of git's own settings. */
const passed = [
  'PATH',
  'HOME',
  'SSH_AUTH_SOCK',
  'https_proxy',
  'HTTPS_PROXY',
  'http_proxy',
  'HTTP_PROXY',
  'no_proxy',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
]

/** Repositories as every hub reads them; `local` maps URLs of the fleet's own Git server to directories. */
export function createHubRepositories(options: {
  directory: string
  env: Readonly<Record<string, string | undefined>>
  pollSeconds?: number
  /** Default: all that git speaks. `file` lets an Application read repositories on this machine's disk. */
  protocols?: readonly GitProtocol[]
  local?: (url: string) => string | undefined
  credentials: SourceCredentials
  ports: ServerPorts
}): Repositories & { close(): void; charts: ChartRepositories } {
  const environment: Record<string, string> = {}
  for (const name of passed) {
    const value = options.env[name]
    if (value !== undefined) environment[name] = value
  }
  const repositories = createRepositories({
    directory: options.directory,
    clock: options.ports.clock,
    log: options.ports.log,
    credentials: options.credentials.git,
    advice: argoRepositoryAdvice,
    environment,
    ...(options.pollSeconds === undefined ? {} : { pollSeconds: options.pollSeconds }),
    ...(options.protocols === undefined ? {} : { protocols: options.protocols }),
    ...(options.local === undefined ? {} : { local: options.local }),
  })
  const charts = createChartRepositories({
    directory: join(options.directory, 'charts'),
    get: httpGet,
    clock: options.ports.clock,
    credentials: options.credentials.charts,
    advice: argoRepositoryAdvice,
    ...(options.pollSeconds === undefined ? {} : { pollSeconds: options.pollSeconds }),
  })
  return {
    ...repositories,
    charts,
    notify(url, how) {
      repositories.notify(url, how)
      charts.notify(url, how)
    },
    onChange(listener) {
      const stops = [repositories.onChange(listener), charts.onChange(listener)]
      return () => {
        for (const stop of stops) stop()
      }
    },
    close() {
      repositories.close()
      charts.close()
    },
  }
}
