import { degraded, type HealthCheck, healthy, progressing } from './contract.js'
import { conditionOf, specNotObserved } from './fields.js'

export const podDisruptionBudgetHealth: HealthCheck = {
  group: 'policy',
  kind: 'PodDisruptionBudget',
  check(object) {
    if (specNotObserved(object)) return progressing('Waiting for status')
    const allowed = conditionOf(object, 'DisruptionAllowed')
    if (allowed === undefined) return progressing('Waiting for status')
    if (allowed.text('reason') === 'SyncFailed') return degraded(allowed.text('message') ?? 'SyncFailed')
    // A budget that allows no disruption just now does its work: as upstream's, it is not sick.
    return healthy(allowed.text('status') === 'True' ? 'PDB has sufficient pods' : 'PDB has insufficient pods')
  },
}
