import type { KubeObject } from '../../kube/object/kube-object.js'
import { hubAsMember } from './planned-write.js'

/** Whether an object of a cluster lies on the hub to go to others: it means nothing where it lies. */
export function isTemplate(cluster: string, { metadata: { labels, annotations } }: KubeObject): boolean {
  if (cluster !== hubAsMember) return false
  const mark = 'flotilla.dev/template'
  return (labels?.['flotilla.dev/placement'] ?? '') !== '' || labels?.[mark] === 'true' || annotations?.[mark] === 'true'
}
