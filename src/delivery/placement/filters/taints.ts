import type { Taint, Toleration } from '../contract.js'
import type { ClusterFilter } from './cluster-filter.js'

/** Taints that are not tolerated keep out what is new; what a cluster has already is for eviction to decide. */
export const taintsFilter: ClusterFilter = {
  name: 'taints',
  asks: () => true,
  refuses: (cluster, { placement, has }) => {
    if (cluster.taints === undefined || cluster.taints.length === 0 || has(cluster.name)) return undefined
    const taint = cluster.taints.find((each) => forbids(each) && !placement.tolerations?.some((one) => opens(one, each)))
    return taint && `has the taint ${formatTaint(taint)}, which is not tolerated`
  },
  passed: 'has no taint that is not tolerated, or has the workload already',
}

/** What is tolerated for a time only is left then: nothing new goes there, or it would come back as often as it leaves. */
function opens(toleration: Toleration, taint: Taint): boolean {
  return tolerates(toleration, taint) && (taint.effect !== 'NoExecute' || toleration.tolerationSeconds === undefined)
}

function forbids({ effect }: Taint): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute'
}

/** As Kubernetes has it for nodes: an empty key with `Exists` tolerates everything, an empty effect every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = '', operator = '', effect = '', value = '' } = toleration
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  if (operator === 'Exists') return true
  return (operator === '' || operator === 'Equal') && key !== '' && value === (taint.value ?? '')
}

function formatTaint({ key, value, effect }: Taint): string {
  return value === undefined || value === '' ? `${key}:${effect}` : `${key}=${value}:${effect}`
}
