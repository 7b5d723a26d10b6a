import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { HealthStatus } from '../delivery.js'
import { healthChecks } from './checks.js'
import type { Health, HealthCheck } from './contract.js'

const byKind: ReadonlyMap<string, HealthCheck> = new Map(healthChecks.map((check) => [`${check.group}/${check.kind}`, check]))

/** How a live object is; undefined for kinds about which nothing is known (they do not count, as upstream). */
export function healthOf(object: KubeObject): Health | undefined {
  if (object.metadata.deletionTimestamp !== undefined) return { status: 'Progressing', message: 'Pending deletion' }
  const check = byKind.get(`${groupOf(object.apiVersion)}/${object.kind}`)
  if (check === undefined) return undefined
  const health = check.check(object)
  return health?.message === '' ? { status: health.status } : health
}

/** From best to worst. */
const order: readonly HealthStatus[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown']

export function isWorse(a: HealthStatus, than: HealthStatus): boolean {
  return order.indexOf(a) > order.indexOf(than)
}
