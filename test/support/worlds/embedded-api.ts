import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import type { AdmissionPlugin } from '../../../src/apiserver/admission/contract.js'
import { createDynamicAdmission } from '../../../src/apiserver/admission/dynamic-admission.js'
import { certificateAuthenticator } from '../../../src/apiserver/auth/certificate-authenticator.js'
import { createFleetCa, type FleetCa, type KeyedCertificate } from '../../../src/apiserver/auth/fleet-ca.js'
import { createRbac } from '../../../src/apiserver/auth/rbac.js'
import { createEscalationPlugin, createReviewPorts } from '../../../src/apiserver/auth/reviews.js'
import {
  createServiceAccountTokens,
  createTokenKey,
  type ServiceAccountTokens,
} from '../../../src/apiserver/auth/service-account-tokens.js'
import { createStaticTokenAuthenticator } from '../../../src/apiserver/auth/static-token-authenticator.js'
import type { LogicalCluster, LogicalClusters } from '../../../src/apiserver/contract.js'
import { type ApiFront, type ApiFrontOptions, createApiFront } from '../../../src/apiserver/http/api-front.js'
import { createBootstrapLayer } from '../../../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters, type LogicalClustersOptions } from '../../../src/apiserver/logical/logical-clusters.js'
import type { PodAccess } from '../../../src/apiserver/pod-access.js'
import { createMemoryStorage } from '../../../src/apiserver/storage/memory-storage.js'
import { systemClock, systemRandom } from '../../../src/app/system/system-ports.js'
import { silentLog } from '../../../src/base/log.js'

export interface EmbeddedApi {
  readonly ca: FleetCa
  readonly admin: KeyedCertificate
  readonly clusters: LogicalClusters
  readonly cluster: LogicalCluster
  readonly tokens: ServiceAccountTokens
  readonly front: ApiFront
  readonly port: number
  /** Sends one request as the administrator, or as whom the options say. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>
  close(): Promise<void>
}

export interface AskOptions {
  readonly body?: unknown
  readonly headers?: Record<string, string | string[]>
  /** Undefined: the administrator's certificate; null: nobody; otherwise a bearer token. */
  readonly token?: string | null
  readonly certificate?: KeyedCertificate
  readonly port?: number
}

export interface Answer {
  readonly code: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Whatever the body holds as JSON; undefined when it is none. */
  readonly json: ReturnType<typeof JSON.parse>
}

/** Tokens that every test server knows: jane and joe are users without any rights of their own. */
export const userTokens = { jane: 'token-of-jane', joe: 'token-of-joe' }

/** The administrator again, who may as well show a token. */
export const adminToken = 'token-of-admin'

/** An API server with one cluster `member`, in memory, over real TLS on a port of 127.0.0.1. */
export async function startEmbeddedApi(
  name = 'member',
  pods?: PodAccess,
  plugins: readonly AdmissionPlugin[] = [],
  more: Pick<ApiFrontOptions, 'audit' | 'anonymous'> & Pick<LogicalClustersOptions, 'quotaStatus'> & { issuer?: string } = {},
): Promise<EmbeddedApi> {
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const ca = await createFleetCa({ clock: systemClock })
  const admin = await ca.issueClient({ commonName: 'admin', organizations: ['system:masters'] })
  const rbac = createRbac()
  const { issuer, ...server } = more
  const tokens = createServiceAccountTokens({
    keyPem: createTokenKey(),
    clock: systemClock,
    random: systemRandom,
    ...(issuer === undefined ? {} : { issuerOf: () => issuer }),
  })
  const statics = createStaticTokenAuthenticator([
    { token: adminToken, user: { name: 'admin', uid: 'admin', groups: ['system:masters'] } },
    ...Object.entries(userTokens).map(([user, token]) => ({ token, user: { name: user, groups: ['dev'] } })),
  ])
  const dynamic = createDynamicAdmission({ clock: systemClock })
  const clusters: LogicalClusters = createLogicalClusters({
    storage: createMemoryStorage({ base: createBootstrapLayer(systemClock.now()) }),
    ports,
    webhooks: dynamic.webhooks,
    policies: dynamic.policies,
    askConversion: dynamic.askConversion,
    ...(more.quotaStatus === undefined ? {} : { quotaStatus: more.quotaStatus }),
    ...createReviewPorts(rbac, tokens, [statics]),
    admission: [createEscalationPlugin(rbac, { get: (wanted) => clusters.get(wanted) }), ...plugins],
  })
  rbac.follow(clusters)
  const cluster = await clusters.ensure(name)
  const front = createApiFront({
    clusters,
    authenticators: [certificateAuthenticator, statics, tokens],
    authorizer: rbac,
    ...server,
    tls: { ...(await ca.issueServer({ names: ['127.0.0.1', 'localhost'] })), clientCaPem: ca.certPem },
    ports: pods === undefined ? ports : { ...ports, pods },
  })
  const { port } = await front.listen(name, { host: '127.0.0.1', port: 0 })
  const agents = new Map<string, Agent>()
  const agentFor = (certificate: KeyedCertificate | undefined) => {
    const key = certificate?.certPem ?? ''
    let agent = agents.get(key)
    if (agent === undefined) {
      const identity = certificate === undefined ? {} : { cert: certificate.certPem, key: certificate.keyPem }
      agent = new Agent({ keepAlive: true, ca: ca.certPem, ...identity })
      agents.set(key, agent)
    }
    return agent
  }
  return {
    ca,
    admin,
    clusters,
    cluster,
    tokens,
    front,
    port,
    ask(method, path, options = {}) {
      const { body, token } = options
      const certificate = token === undefined ? (options.certificate ?? admin) : undefined
      const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
      const headers: Record<string, string | string[]> = {
        ...(typeof token === 'string' ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      }
      if (raw !== undefined) headers['content-length'] = String(Buffer.byteLength(raw as string))
      return new Promise((resolve, reject) => {
        const sent = request(
          { host: '127.0.0.1', port: options.port ?? port, method, path, headers, agent: agentFor(certificate) },
          (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk))
            response.on('error', reject)
            response.on('end', () => {
              const text = Buffer.concat(chunks).toString('latin1')
              let json: unknown
              try {
                json = JSON.parse(Buffer.concat(chunks).toString())
              } catch {
                json = undefined
              }
              resolve({ code: response.statusCode ?? 0, headers: response.headers, text, json })
            })
          },
        )
        sent.on('error', reject)
        sent.end(raw)
      })
    },
    async close() {
      for (const agent of agents.values()) agent.destroy()
      await front.close()
      dynamic.close()
    },
  }
}
