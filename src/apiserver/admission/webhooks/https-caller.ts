import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { WebhookAnswer, WebhookCaller, WebhookTarget } from './contract.js'

/** Answers beyond this are refused: a review is small. */
const mostBytes = 3 * 1024 * 1024
const mostAgents = 100

export interface HttpsCaller extends WebhookCaller {
  close(): void
}

/** Webhooks over HTTPS. Connections are kept and shared between calls to one address with one set of roots. */
export function createHttpsCaller(clock: Clock): HttpsCaller {
  const agents = new Map<string, Agent>()
  const agentFor = (target: WebhookTarget): Agent => {
    const { host, port } = target.address ?? { host: '', port: 0 }
    const key = `${new URL(target.url).host} ${host} ${port}\n${target.caBundle ?? ''}`
    let agent = agents.get(key)
    if (agent === undefined) {
      agent = new Agent({
        keepAlive: true,
        maxSockets: 64,
        maxFreeSockets: 8,
        ...(target.caBundle ? { ca: target.caBundle } : {}),
      })
      if (agents.size >= mostAgents) evict(agents)
    } else agents.delete(key)
    // The last used one stands last.
    agents.set(key, agent)
    return agent
  }
  return {
    async post(target, body, { timeoutMs, signal }) {
      const fail = (error: unknown) => new Error(`Post ${JSON.stringify(target.url)}: ${explain(error, target)}`)
      for (let attempt = 0; ; attempt++) {
        try {
          return await send(clock, agentFor(target), target, body, timeoutMs, signal)
        } catch (error) {
          // A kept connection may be closed by the other side at the moment of use: once more with a new one.
          const reused = (error as { reusedSocket?: boolean }).reusedSocket === true
          if (attempt > 0 || !reused || signal?.aborted) throw fail(error)
        }
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy()
      agents.clear()
    },
  }
}

function evict(agents: Map<string, Agent>): void {
  const [oldest] = agents
  if (oldest === undefined) return
  agents.delete(oldest[0])
  oldest[1].destroy()
}

class DeadlineExceeded extends Error {}

function send(
  clock: Clock,
  agent: Agent,
  target: WebhookTarget,
  body: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<WebhookAnswer> {
  const url = new URL(target.url)
  const { hostname } = url
  const { host, port } = target.address ?? {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 443 : Number(url.port),
  }
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method: 'POST',
      agent,
      host,
      port,
      path: `${url.pathname}${url.search}`,
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      ...(signal ? { signal } : {}),
      headers: {
        host: url.host,
        accept: 'application/json, */*',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'kube-apiserver-admission',
      },
    })
    const cancel = clock.after(timeoutMs, () => outgoing.destroy(new DeadlineExceeded('context deadline exceeded')))
    const fail = (error: Error) => {
      cancel()
      const stale = outgoing.reusedSocket && (error as { code?: string }).code === 'ECONNRESET'
      reject(stale ? Object.assign(error, { reusedSocket: true }) : error)
    }
    outgoing.on('error', fail)
    outgoing.on('response', (answer) => {
      const chunks: Buffer[] = []
      let size = 0
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > mostBytes) outgoing.destroy(new Error(`response body is larger than ${mostBytes} bytes`))
        else chunks.push(chunk)
      })
      answer.on('error', fail)
      answer.on('end', () => {
        cancel()
        resolve({ code: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') })
      })
    })
    outgoing.end(body)
  })
}

/** In the words of Go's HTTP client, which is what users know. */
function explain(error: unknown, target: WebhookTarget): string {
  const { code, address, port, hostname } = error as { code?: string; address?: string; port?: number; hostname?: string }
  const { host } = new URL(target.url)
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address ?? target.address?.host ?? ''}:${port ?? ''}: connect: connection refused`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${hostname ?? host}: no such host`
    case 'ECONNRESET':
      return 'EOF'
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'CERT_SIGNATURE_FAILURE':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: certificate is not valid for ${new URL(target.url).hostname}`
    default:
      return messageOf(error)
  }
}
