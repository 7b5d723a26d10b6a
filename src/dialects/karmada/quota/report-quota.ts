import type { HubWrite, Outcome } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { addQuantities, formatQuantity, type Quantity } from '../../../kube/object/quantity.js'
import { type Fields, fieldAt, fieldsOf, objectAt } from '../fields.js'
import { federatedResourceQuotaType } from '../resource-types.js'
import { quantityOf } from './check-quota.js'

/** What clusters have of the quota, and what is used of it in all of them together. */
export function reportQuota(source: KubeObject, outcome: Outcome | undefined): HubWrite[] {
  if (outcome === undefined || source.metadata.deletionTimestamp !== undefined) return []
  const items = outcome.clusters.flatMap(({ cluster, wanted, result }) => {
    if (!wanted || result?.state !== 'Applied') return []
    const status = objectAt(result.live, 'status')
    const { hard, used } = fieldsOf(status)
    return status === undefined
      ? []
      : [{ clusterName: cluster, ...(hard === undefined ? {} : { hard }), ...(used === undefined ? {} : { used }) }]
  })
  const used = sumOf(items.map((item) => fieldsOf(item.used)))
  const before = source['status']
  const status = {
    overall: instead(fieldAt(before, 'overall'), sumOf([fieldsOf(fieldAt(source, 'spec', 'overall'))])),
    overallUsed: instead(fieldAt(before, 'overallUsed'), used),
    aggregatedStatus: items.length > 0 ? items : null,
  }
  const { name, namespace = '' } = source.metadata
  return [{ write: 'status', ref: { type: federatedResourceQuotaType, namespace, name }, patch: { status } }]
}

/** As a merge patch: what is there and not wanted any more is taken away. */
function instead(before: unknown, after: Fields): Fields | null {
  if (Object.keys(after).length === 0) return null
  const gone = Object.keys(fieldsOf(before)).filter((key) => !Object.hasOwn(after, key))
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...after }
}

function sumOf(lists: readonly Fields[]): Fields {
  const sums = new Map<string, Quantity>()
  for (const list of lists) {
    for (const [name, value] of Object.entries(list)) {
      // It is what a cluster tells: one that tells nonsense keeps nothing from the others.
      const amount = quantityOf(value)
      if (amount === undefined) continue
      const sum = sums.get(name)
      sums.set(name, sum === undefined ? amount : addQuantities(sum, amount))
    }
  }
  return Object.fromEntries([...sums].map(([name, sum]) => [name, formatQuantity(sum)]))
}
