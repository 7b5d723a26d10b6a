import { degraded, type HealthCheck, healthy, progressing } from './contract.js'
import { conditionOf, specNotObserved, specOf, statusOf } from './fields.js'

export const replicaSetHealth: HealthCheck = {
  group: 'apps',
  kind: 'ReplicaSet',
  check(object) {
    if (specNotObserved(object))
      return progressing('Waiting for rollout to finish: observed replica set generation less than desired generation')
    const failure = conditionOf(object, 'ReplicaFailure')
    if (failure?.text('status') === 'True') return degraded(failure.text('message') ?? '')
    const wanted = specOf(object).number('replicas')
    const available = statusOf(object).number('availableReplicas') ?? 0
    if (wanted !== undefined && available < wanted)
      return progressing(`Waiting for rollout to finish: ${available} out of ${wanted} new replicas are available...`)
    return healthy()
  },
}
