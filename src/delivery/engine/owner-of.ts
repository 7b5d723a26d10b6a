import type { Delivery } from '../delivery.js'

/** The owner's name in marks of this delivery. */
export function ownerOf(delivery: Pick<Delivery, 'tracking'>): string | undefined {
  const sample = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'x' } }
  return delivery.tracking.owner(delivery.tracking.value(sample))
}
