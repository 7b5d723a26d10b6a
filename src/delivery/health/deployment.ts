import { degraded, type HealthCheck, healthy, progressing, suspended } from './contract.js'
import { conditionOf, specNotObserved, specOf, statusOf } from './fields.js'

export const deploymentHealth: HealthCheck = {
  group: 'apps',
  kind: 'Deployment',
  check(object) {
    const spec = specOf(object)
    const status = statusOf(object)
    if (spec.flag('paused')) return suspended('Deployment is paused')
    if (specNotObserved(object))
      return progressing('Waiting for rollout to finish: observed deployment generation less than desired generation')
    if (conditionOf(object, 'Progressing')?.text('reason') === 'ProgressDeadlineExceeded')
      return degraded(`Deployment "${object.metadata.name}" exceeded its progress deadline`)
    const wanted = spec.number('replicas')
    const updated = status.number('updatedReplicas') ?? 0
    const replicas = status.number('replicas') ?? 0
    const available = status.number('availableReplicas') ?? 0
    if (wanted !== undefined && updated < wanted)
      return progressing(`Waiting for rollout to finish: ${updated} out of ${wanted} new replicas have been updated...`)
    if (replicas > updated)
      return progressing(`Waiting for rollout to finish: ${replicas - updated} old replicas are pending termination...`)
    if (available < updated)
      return progressing(`Waiting for rollout to finish: ${available} of ${updated} updated replicas are available...`)
    return healthy()
  },
}
