import type { Locality } from '../service-model.js'

/** The labels that say where something is; `failoverPriority` names them. */
export const topologyLabels = {
  region: 'topology.kubernetes.io/region',
  zone: 'topology.kubernetes.io/zone',
  subZone: 'topology.istio.io/subzone',
  cluster: 'topology.istio.io/cluster',
  network: 'topology.istio.io/network',
  hostname: 'kubernetes.io/hostname',
} as const

export interface Place {
  readonly cluster: string
  readonly locality: Locality
  readonly network: string
  readonly node?: string | undefined
}

/** What is known of the place goes over labels of the same name; a network label stays, as in Istio. */
export function completeLabels(labels: Readonly<Record<string, string>>, place: Place): Readonly<Record<string, string>> {
  const complete: Record<string, string> = { ...labels }
  const { region, zone, subZone } = place.locality
  if (region !== '') complete[topologyLabels.region] = region
  if (zone !== '') complete[topologyLabels.zone] = zone
  if (subZone !== '') complete[topologyLabels.subZone] = subZone
  if (place.cluster !== '') complete[topologyLabels.cluster] = place.cluster
  if (place.node) complete[topologyLabels.hostname] = place.node
  if (place.network !== '' && !complete[topologyLabels.network]) complete[topologyLabels.network] = place.network
  return complete
}
