import { type HealthCheck, healthy, progressing } from './contract.js'
import { specOf, statusOf } from './fields.js'

export const statefulSetHealth: HealthCheck = {
  group: 'apps',
  kind: 'StatefulSet',
  check(object) {
    const spec = specOf(object)
    const status = statusOf(object)
    const observed = status.number('observedGeneration') ?? 0
    if (observed === 0 || (object.metadata.generation ?? 0) > observed)
      return progressing('Waiting for statefulset spec update to be observed...')
    const wanted = spec.number('replicas')
    const ready = status.number('readyReplicas') ?? 0
    const updated = status.number('updatedReplicas') ?? 0
    if (wanted !== undefined && ready < wanted) return progressing(`Waiting for ${wanted - ready} pods to be ready...`)
    const strategy = spec.at('updateStrategy')
    const partition = strategy.at('rollingUpdate').number('partition')
    if (strategy.text('type') === 'RollingUpdate' && wanted !== undefined && partition !== undefined && partition > 0) {
      if (updated < wanted - partition)
        return progressing(
          `Waiting for partitioned roll out to finish: ${updated} out of ${wanted - partition} new pods have been updated...`,
        )
      return healthy(`partitioned roll out complete: ${updated} new pods have been updated...`)
    }
    if (strategy.text('type') === 'OnDelete') return healthy(`statefulset has ${ready} ready pods`)
    const updateRevision = status.text('updateRevision') ?? ''
    if (updateRevision !== (status.text('currentRevision') ?? ''))
      return progressing(`waiting for statefulset rolling update to complete ${updated} pods at revision ${updateRevision}...`)
    return healthy(
      `statefulset rolling update complete ${status.number('currentReplicas') ?? 0} pods at revision ${status.text('currentRevision') ?? ''}...`,
    )
  },
}
