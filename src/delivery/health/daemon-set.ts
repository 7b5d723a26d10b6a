import { type HealthCheck, healthy, progressing } from './contract.js'
import { specNotObserved, specOf, statusOf } from './fields.js'

export const daemonSetHealth: HealthCheck = {
  group: 'apps',
  kind: 'DaemonSet',
  check(object) {
    if (specNotObserved(object))
      return progressing('Waiting for rollout to finish: observed daemon set generation less than desired generation')
    const status = statusOf(object)
    const desired = status.number('desiredNumberScheduled') ?? 0
    const updated = status.number('updatedNumberScheduled') ?? 0
    const available = status.number('numberAvailable') ?? 0
    const name = object.metadata.name
    if (specOf(object).at('updateStrategy').text('type') === 'OnDelete')
      return healthy(`daemon set ${updated} out of ${desired} new pods have been updated`)
    if (updated < desired)
      return progressing(
        `Waiting for daemon set "${name}" rollout to finish: ${updated} out of ${desired} new pods have been updated...`,
      )
    if (available < desired)
      return progressing(
        `Waiting for daemon set "${name}" rollout to finish: ${available} of ${desired} updated pods are available...`,
      )
    return healthy()
  },
}
