import { type Clock, sleep } from '../base/clock.js'
import { CodedError, messageOf } from '../base/errors.js'
import type { KubeClient, ServerVersion } from '../kube/client/kube-client.js'
import { StatusError } from '../kube/object/status-error.js'
import type { ClusterState } from './cluster.js'

export type ProbeResult = Pick<ClusterState, 'health' | 'reason' | 'message'> & {
  readonly version?: ServerVersion
  /** It sent an answer, whatever that was. */
  readonly answered: boolean
}

/** Asks a cluster for /version and /readyz. Never throws (but for the outer signal): what went wrong is the result. */
export async function probeCluster(
  client: KubeClient,
  options: { clock: Clock; timeoutMs: number; signal: AbortSignal },
): Promise<ProbeResult> {
  const timeout = new AbortController()
  const stop = () => timeout.abort(options.signal.reason)
  options.signal.addEventListener('abort', stop, { once: true })
  const tooLate = sleep(options.clock, options.timeoutMs, timeout.signal).then(
    () => {
      const error = new CodedError({ code: 'cluster-unreachable', message: `no answer within ${options.timeoutMs / 1000} s` })
      timeout.abort(error)
      throw error
    },
    (error: unknown) => {
      throw error
    },
  )
  tooLate.catch(() => {})
  try {
    return await Promise.race([ask(client, timeout.signal), tooLate])
  } catch (error) {
    return judge(error)
  } finally {
    timeout.abort()
    options.signal.removeEventListener('abort', stop)
  }
}

async function ask(client: KubeClient, signal: AbortSignal): Promise<ProbeResult> {
  const version = await client.version({ signal })
  try {
    await client.raw('GET', '/readyz', { signal })
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    // Some servers keep /readyz for themselves (403) or do not have it (404): /version has answered, that is enough.
    if (error.httpCode >= 500) {
      const message = `the API server answers but is not ready: ${firstLine(error.message)}`
      return { health: 'Unknown', reason: 'NotReady', message, version, answered: true }
    }
  }
  return { health: 'Healthy', reason: 'Answers', message: `Kubernetes ${version.gitVersion}`, version, answered: true }
}

function judge(error: unknown): ProbeResult {
  const message = messageOf(error)
  if (error instanceof StatusError) {
    if (error.httpCode === 401 || error.httpCode === 403) {
      return {
        health: 'Degraded',
        reason: error.reason || 'Unauthorized',
        message: `the cluster refuses our credentials: ${message}`,
        answered: true,
      }
    }
    return { health: 'Unknown', reason: error.reason || 'ServerError', message, answered: true }
  }
  if (error instanceof CodedError && error.code === 'credentials-unavailable') {
    const fix = error.fix === undefined ? '' : ` ${error.fix}`
    return { health: 'Degraded', reason: 'CredentialsUnavailable', message: `${message}${fix}`, answered: false }
  }
  const code = String((error as { cause?: { code?: unknown } }).cause?.code ?? '')
  if (/CERT|SIGNATURE|ALTNAME/.test(code)) return { health: 'Degraded', reason: 'CertificateRefused', message, answered: false }
  return { health: 'Unknown', reason: 'Unreachable', message, answered: false }
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.includes('failed')) ?? text.split('\n')[0] ?? ''
}
