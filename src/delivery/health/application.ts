import type { HealthStatus } from '../delivery.js'
import type { HealthCheck } from './contract.js'
import { statusOf } from './fields.js'

const known: ReadonlySet<string> = new Set(['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'])

/**
 * An Application inside another (app of apps). Upstream has had no check for it since 1.8, so that waves pass over child
 * Applications; the check below is the one that upstream's documentation tells people to put back, without which waves of
 * Applications do not work.
 */
export const applicationHealth: HealthCheck = {
  group: 'argoproj.io',
  kind: 'Application',
  check(object) {
    const health = statusOf(object).at('health')
    const status = health.text('status')
    if (status === undefined || !known.has(status)) return { status: 'Progressing' }
    const message = health.text('message')
    return { status: status as HealthStatus, ...(message ? { message } : {}) }
  },
}
