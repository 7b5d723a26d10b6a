import { formatMicroTime } from '../../base/clock.js'
import { printJson } from '../../base/json-text.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AccessAttributes, UserInfo } from '../contract.js'
import type { AuditDecision, AuditLevel, AuditPolicy, AuditStage } from './audit-policy.js'

/** Takes finished lines; must neither block nor throw. */
export type AuditSink = (line: string) => void

export interface AuditOptions {
  readonly policy: AuditPolicy
  readonly sink: AuditSink
}

/** What is known of a request when somebody starts to write it down. */
export interface AuditedRequest {
  readonly auditId: string
  readonly cluster: string
  readonly requestUri: string
  readonly sourceIp: string
  readonly userAgent: string
  readonly user: UserInfo
  /** Whom the request runs as, when the user impersonates somebody. */
  readonly impersonated: UserInfo | undefined
  readonly attributes: AccessAttributes
  /** Epoch ms. */
  readonly receivedMs: number
}

const rank: Readonly<Record<AuditLevel, number>> = { None: 0, Metadata: 1, Request: 2, RequestResponse: 3 }

/** The trail of one request: what it held is noted as it goes, and an event is written at each stage that the policy wants. */
export class AuditTrail {
  readonly #request: AuditedRequest
  readonly #decision: AuditDecision
  readonly #sink: AuditSink
  readonly #now: () => number
  readonly #annotations: Record<string, string> = {}
  #requestObject: unknown
  #responseObject: unknown

  private constructor(request: AuditedRequest, decision: AuditDecision, sink: AuditSink, now: () => number) {
    this.#request = request
    this.#decision = decision
    this.#sink = sink
    this.#now = now
  }

  /** Undefined when the policy wants nothing of this request. */
  static begin(options: AuditOptions, request: AuditedRequest, now: () => number): AuditTrail | undefined {
    const decision = options.policy(request.attributes, request.impersonated ?? request.user)
    if (decision.level === 'None') return undefined
    const trail = new AuditTrail(request, decision, options.sink, now)
    trail.write('RequestReceived')
    return trail
  }

  annotate(key: string, value: string): void {
    this.#annotations[key] = value
  }

  /** The decoded body, as the client sent it. */
  noteRequest(body: unknown): void {
    if (rank[this.#decision.level] >= rank.Request) this.#requestObject = this.#shown(body)
  }

  noteResponse(body: unknown): void {
    if (rank[this.#decision.level] >= rank.RequestResponse) this.#responseObject = this.#shown(body)
  }

  write(stage: AuditStage, outcome?: { readonly code: number; readonly status?: object }): void {
    if (this.#decision.omitStages.has(stage)) return
    const { auditId, requestUri, sourceIp, userAgent, user, impersonated, attributes, receivedMs } = this.#request
    const event = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: this.#decision.level,
      auditID: auditId,
      stage,
      requestURI: requestUri,
      verb: attributes.verb,
      user: userOf(user),
      ...(impersonated === undefined ? {} : { impersonatedUser: userOf(impersonated) }),
      sourceIPs: [sourceIp],
      userAgent,
      ...(attributes.path === undefined ? { objectRef: referenceTo(attributes) } : {}),
      ...(outcome === undefined ? {} : { responseStatus: outcome.status ?? { metadata: {}, code: outcome.code } }),
      ...(stage === 'RequestReceived' || this.#requestObject === undefined ? {} : { requestObject: this.#requestObject }),
      ...(stage === 'RequestReceived' || this.#responseObject === undefined ? {} : { responseObject: this.#responseObject }),
      requestReceivedTimestamp: formatMicroTime(receivedMs),
      stageTimestamp: formatMicroTime(this.#now()),
      annotations: { 'flotilla.dev/cluster': this.#request.cluster, ...this.#annotations },
    }
    this.#sink(`${printJson(event)}\n`)
  }

  #shown(body: unknown): unknown {
    if (!this.#decision.omitManagedFields || typeof body !== 'object' || body === null) return body
    const { metadata } = body as Partial<KubeObject>
    if (metadata?.managedFields === undefined) return body
    const { managedFields: _, ...rest } = metadata
    return { ...body, metadata: rest }
  }
}

function userOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) }
}

function referenceTo({ resource, namespace, name, group, version, subresource }: AccessAttributes): object {
  return {
    resource,
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(group ? { apiGroup: group } : {}),
    apiVersion: version,
    ...(subresource ? { subresource } : {}),
  }
}
