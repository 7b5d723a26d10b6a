import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuditTrail } from '../audit/audit-trail.js'
import type { LogicalCluster, RequestContext, UserInfo } from '../contract.js'
import type { ResponseForm } from './accept.js'
import type { RequestInfo } from './request-info.js'
import type { Upgrade } from './streaming/upgrade.js'

/** One request on its way through the server, with everything that the steps have found out about it. */
export interface Exchange extends RequestContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Of a request to change the protocol: until its socket is taken, `response` answers it. */
  readonly upgrade: Upgrade | undefined
  readonly cluster: LogicalCluster
  readonly query: URLSearchParams
  readonly info: RequestInfo
  readonly auditId: string
  /** The user on whose behalf the request runs (after impersonation). */
  readonly user: UserInfo
  /** Aborts when the client goes away or the deadline passes. */
  readonly signal: AbortSignal
  /** Where the request is written down, when the audit policy wants it. */
  readonly audit: AuditTrail | undefined
  /** Texts for `Warning:` headers, in the order in which they came. */
  readonly warnings: readonly string[]
}

/** The form of an answer that no Accept header has chosen: errors, health, version. */
export const plainForm: ResponseForm = { media: 'json', as: 'object', metaVersion: 'v1', pretty: false }
