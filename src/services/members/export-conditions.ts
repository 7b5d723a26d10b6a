import { setCondition } from '../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import type { KubeService } from '../model/kube-kinds.js'
import type { ServiceExport } from '../model/multi-cluster-kinds.js'
import type { FleetService } from '../model/service-model.js'

type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** The conditions of a ServiceExport (KEP-1645); the same array when nothing changes. */
export function exportConditions(options: {
  readonly found: ServiceExport
  /** The Service of its name in its cluster. */
  readonly backing: KubeObject | undefined
  /** The service that the export is part of. */
  readonly service: FleetService | undefined
  readonly cluster: string
  /** What of its annotations cannot be understood. */
  readonly problems: readonly string[]
  readonly nowText: string
}): readonly Condition[] {
  const { found, nowText } = options
  let conditions: readonly Condition[] = found.status?.conditions ?? []
  const observedGeneration = found.metadata.generation
  for (const said of sayings(options)) {
    conditions = setCondition(
      conditions,
      { ...said, ...(observedGeneration === undefined ? {} : { observedGeneration }) },
      nowText,
    )
  }
  return conditions
}

function sayings({ found, backing, service, cluster, problems }: Parameters<typeof exportConditions>[0]): Said[] {
  const { namespace, name } = found.metadata
  const said = (type: string, status: Said['status'], reason: string, message: string): Said => ({
    type,
    status,
    reason,
    message,
  })
  if (backing === undefined) {
    const message = `there is no Service ${namespace}/${name} in ${cluster}`
    return [
      said('Valid', 'False', 'NoService', message),
      said('Ready', 'False', 'Pending', message),
      said('Conflict', 'False', 'NoConflicts', ''),
    ]
  }
  if ((backing as KubeService).spec?.type === 'ExternalName') {
    const message = 'a Service of type ExternalName has no endpoints and cannot be exported'
    return [
      said('Valid', 'False', 'InvalidServiceType', message),
      said('Ready', 'False', 'Failed', message),
      said('Conflict', 'False', 'NoConflicts', ''),
    ]
  }
  const valid = said('Valid', 'True', 'Valid', problems.join('; '))
  const part = service?.offers.some((offer) => offer.cluster === cluster) === true
  if (!part) return [valid, said('Ready', 'False', 'Pending', 'the export has not been taken up yet')]
  const others = service.offers.filter((offer) => offer.cluster !== cluster).map((offer) => offer.cluster)
  const ready = said('Ready', 'True', 'Exported', others.length === 0 ? '' : `together with ${listed(others)}`)
  if (service.conflicts.length === 0) return [valid, ready, said('Conflict', 'False', 'NoConflicts', '')]
  const reasons = service.conflicts.map(({ reason }) => reason).join(',')
  const message = service.conflicts.map((conflict) => conflict.message).join('; ')
  return [valid, ready, said('Conflict', 'True', reasons, message.slice(0, 32_768))]
}

function listed(names: readonly string[]): string {
  return names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`
}
