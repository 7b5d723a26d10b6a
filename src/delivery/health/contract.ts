import type { KubeObject } from '../../kube/object/kube-object.js'
import type { HealthStatus } from '../delivery.js'

export interface Health {
  readonly status: HealthStatus
  readonly message?: string
}

/**
 * Says how objects of one kind are. Obligations: pure; reads the object alone; never throws on a malformed one (its fields
 * are whatever a cluster holds); undefined when nothing can be said; texts and verdicts are those of Argo CD's own checks,
 * which people's alerts and scripts know. `deletionTimestamp` is not a check's business.
 * Adding a check: one file here, one line in `checks.ts`, one table in `checks.test.ts`.
 */
export interface HealthCheck {
  readonly group: string
  readonly kind: string
  check(object: KubeObject): Health | undefined
}

export const healthy = (message?: string): Health => (message ? { status: 'Healthy', message } : { status: 'Healthy' })
export const progressing = (message: string): Health => ({ status: 'Progressing', message })
export const degraded = (message: string): Health => ({ status: 'Degraded', message })
export const suspended = (message: string): Health => ({ status: 'Suspended', message })
