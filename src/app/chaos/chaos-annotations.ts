import type { KubeObject } from '../../kube/object/kube-object.js'
import { noOutage, type Outage, parseFault } from './outage.js'

/** Annotations of a ClusterProfile on the hub by which a cluster of an embedded fleet is made to fail. */
export const clusterChaos = {
  /** `stopped`: the whole cluster is without power: API, controllers, processes of pods, listeners. */
  state: 'chaos.flotilla.dev/state',
  /** `cut` or `flap=3s/10s`: nobody gets an answer from its API. */
  api: 'chaos.flotilla.dev/api',
  /** Milliseconds that every request to its API waits. */
  latency: 'chaos.flotilla.dev/latency-ms',
  /** `cut` or `flap=3s/10s`: the hub does not reach it; everybody else does. */
  network: 'chaos.flotilla.dev/network',
  /** `{"eu-west":"cut","staging":"flap=3s/10s,latency=200"}`: the ways between it and other members, in both directions. */
  links: 'chaos.flotilla.dev/links',
} as const

/** What is to be wrong with the way between two members. */
export interface LinkChaos {
  readonly outage: Outage
  readonly latencyMs: number
}

/** What is to be wrong with a cluster, outages that come and go included. */
export interface WantedChaos {
  readonly stopped: boolean
  readonly api: Outage
  readonly hub: Outage
  readonly latencyMs: number
  readonly links: Readonly<Record<string, LinkChaos>>
}

export const noChaos: WantedChaos = { stopped: false, api: noOutage, hub: noOutage, latencyMs: 0, links: {} }

export const mostLatencyMs = 60_000

/** Values that mean nothing count as none: an annotation must not stop a fleet. */
export function readClusterChaos({ metadata }: KubeObject): WantedChaos {
  const { annotations = {} } = metadata
  return {
    stopped: annotations[clusterChaos.state] === 'stopped',
    api: parseFault(annotations[clusterChaos.api] ?? '').outage,
    hub: parseFault(annotations[clusterChaos.network] ?? '').outage,
    latencyMs: boundedLatency(Number(annotations[clusterChaos.latency] ?? 0)),
    links: readLinks(annotations[clusterChaos.links]),
  }
}

export function boundedLatency(ms: number): number {
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), mostLatencyMs) : 0
}

/** The text of each link, as it was written; what is no object of texts is empty. */
export function readLinkTexts(text: string | undefined): Record<string, string> {
  let value: unknown
  try {
    value = JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function readLinks(text: string | undefined): Record<string, LinkChaos> {
  const links: [string, LinkChaos][] = []
  for (const [name, value] of Object.entries(readLinkTexts(text))) {
    const { outage, latencyMs } = parseFault(value)
    const link = { outage, latencyMs: boundedLatency(latencyMs) }
    if (link.outage.kind !== 'none' || link.latencyMs > 0) links.push([name, link])
  }
  return Object.fromEntries(links)
}
