import { type ServiceImport, serviceImportType } from '../model/multi-cluster-kinds.js'
import { explainAudience } from '../model/rank/may-use.js'
import type { ClusterFacts } from '../model/service-dialect.js'
import type { FleetService } from '../model/service-model.js'

/** Whether a cluster has a service of the cluster set, so that its pods reach it by name. */
export interface ImportState {
  readonly imported: boolean
  /** Of the import: none for headless services. */
  readonly addresses: readonly string[]
  /** Empty while it is imported. */
  readonly why: string
}

/** What stands in the cluster now; undefined for services that join those of their name. */
export function importStateOf(cluster: ClusterFacts, fleet: FleetService): ImportState | undefined {
  if (fleet.reach !== 'clusterset') return undefined
  const { namespace } = fleet.service
  const [found] = cluster.objects(serviceImportType, fleet.service) as readonly ServiceImport[]
  const addresses = found?.spec?.ips ?? []
  const ready = found?.status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status === 'True') return { imported: true, addresses, why: '' }
  return { imported: false, addresses, why: whyNot() }

  function whyNot(): string {
    if (!cluster.hasNamespace(namespace)) return `${cluster.name} has no namespace ${namespace}`
    if (found !== undefined)
      return ready === undefined ? 'its ServiceImport has no condition yet' : `${ready.reason}: ${ready.message}`
    const { offers } = fleet
    return offers.length > 0 && offers.every((offer) => explainAudience(offer, cluster.name, () => cluster.labels) !== undefined)
      ? 'no export is for it'
      : 'there is no ServiceImport yet'
  }
}
