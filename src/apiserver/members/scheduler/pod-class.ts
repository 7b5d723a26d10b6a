import { controllerOf } from '../../../kube/object/owner.js'
import { fromLabelSelector, type LabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import type { Container, Pod, Toleration } from '../engine/objects.js'
import { podRequests, type Resources } from './requests.js'
import type { Affinity, PodAffinityTerm, SpreadConstraint } from './spec.js'

/** Everything about a pod that decides where it may run. Pods that are alike in it share one class. */
export interface PodClass {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly nodeSelector: Readonly<Record<string, string>> | undefined
  readonly affinity: Affinity | undefined
  readonly tolerations: readonly Toleration[] | undefined
  readonly requests: Resources
  /** The same with containers that ask for nothing counted for something: nodes are compared by it. */
  readonly weight: Resources
  readonly hostPorts: readonly HostPort[]
  readonly claims: readonly string[]
  readonly requires: readonly AffinityTerm[]
  readonly avoids: readonly AffinityTerm[]
  /** Preferred terms; those to stay away from have a negative weight. */
  readonly prefers: readonly (AffinityTerm & { readonly weight: number })[]
  readonly spread: readonly Spread[]
  readonly owner: { readonly kind: string; readonly name: string } | undefined
}

export interface HostPort {
  readonly protocol: string
  readonly ip: string
  readonly port: number
}

export interface AffinityTerm {
  readonly topologyKey: string
  readonly selector: LabelSelector
  /** By name, and by label when there is a selector. */
  readonly namespaces: readonly string[]
  readonly namespaceSelector: LabelSelector | undefined
}

export interface Spread {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly hard: boolean
  readonly selector: LabelSelector
  readonly minDomains: number
  readonly honorsAffinity: boolean
  readonly honorsTaints: boolean
}

/** The text is the same for pods of the same class. */
export function classKey(pod: Pod): string {
  const { spec, metadata } = pod
  const owner = controllerOf(pod)
  return JSON.stringify([
    metadata.namespace,
    metadata.labels,
    owner && [owner.kind, owner.name],
    spec.nodeSelector,
    spec['affinity'],
    spec.tolerations,
    spec['topologySpreadConstraints'],
    spec['overhead'],
    spec.hostNetwork,
    spec.containers.map(shapeOf),
    spec.initContainers?.map(shapeOf),
    claimsOf(pod),
  ])
}

function shapeOf({ resources, ports, restartPolicy }: Container): unknown {
  return [resources?.requests, ports?.filter((port) => 'hostPort' in port), restartPolicy]
}

export function podClass(pod: Pod): PodClass {
  const { spec, metadata } = pod
  const affinity = (spec['affinity'] ?? undefined) as Affinity | undefined
  const labels = metadata.labels ?? {}
  const namespace = metadata.namespace ?? ''
  const owner = controllerOf(pod)
  const termOf = (term: PodAffinityTerm) => affinityTerm(term, namespace, labels)
  const preferred = (sign: 1 | -1, of: Affinity['podAffinity']) =>
    (of?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
      ...termOf(podAffinityTerm),
      weight: sign * weight,
    }))
  return {
    namespace,
    labels,
    nodeSelector: spec.nodeSelector ?? undefined,
    affinity,
    tolerations: spec.tolerations ?? undefined,
    requests: podRequests(spec),
    weight: podRequests(spec, true),
    hostPorts: hostPortsOf(pod),
    claims: claimsOf(pod),
    requires: (affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(termOf),
    avoids: (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(termOf),
    prefers: [...preferred(1, affinity?.podAffinity), ...preferred(-1, affinity?.podAntiAffinity)],
    spread: ((spec['topologySpreadConstraints'] ?? []) as SpreadConstraint[]).map((each) => spreadOf(each, labels)),
    owner: owner && { kind: owner.kind, name: owner.name },
  }
}

function spreadOf(constraint: SpreadConstraint, labels: Readonly<Record<string, string>>): Spread {
  return {
    maxSkew: constraint.maxSkew,
    topologyKey: constraint.topologyKey,
    hard: constraint.whenUnsatisfiable !== 'ScheduleAnyway',
    selector: withLabels(
      fromLabelSelector(constraint.labelSelector, { validate: false }),
      constraint.matchLabelKeys,
      labels,
      'in',
    ),
    minDomains: constraint.minDomains ?? 1,
    honorsAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
  }
}

function affinityTerm(term: PodAffinityTerm, namespace: string, labels: Readonly<Record<string, string>>): AffinityTerm {
  const selector = fromLabelSelector(term.labelSelector, { validate: false })
  const alike = withLabels(selector, term.matchLabelKeys, labels, 'in')
  const named = term.namespaces ?? []
  const bySelector = term.namespaceSelector ?? undefined
  return {
    topologyKey: term.topologyKey,
    selector: withLabels(alike, term.mismatchLabelKeys, labels, 'notin'),
    namespaces: named.length === 0 && bySelector === undefined ? [namespace] : named,
    namespaceSelector: bySelector === undefined ? undefined : fromLabelSelector(bySelector, { validate: false }),
  }
}

/** Narrowed to pods that have the same values (or other ones) for these keys as this pod; keys that it lacks do not count. */
function withLabels(
  selector: LabelSelector,
  keys: readonly string[] | null | undefined,
  labels: Readonly<Record<string, string>>,
  operator: 'in' | 'notin',
): LabelSelector {
  if (selector === 'nothing' || !keys?.length) return selector
  const more = keys.filter((key) => Object.hasOwn(labels, key)).map((key) => ({ key, operator, values: [labels[key] as string] }))
  return [...selector, ...more]
}

/** The ports of its node that a pod takes. */
export function hostPortsOf({ spec }: Pod): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  const ports: HostPort[] = []
  for (const container of [...sidecars, ...spec.containers]) {
    for (const port of (container.ports ?? []) as { hostPort?: number; hostIP?: string; protocol?: string }[]) {
      if (!port.hostPort) continue
      ports.push({ protocol: port.protocol || 'TCP', ip: port.hostIP || '0.0.0.0', port: port.hostPort })
    }
  }
  return ports
}

function claimsOf({ spec, metadata }: Pod): string[] {
  const claims: string[] = []
  for (const volume of spec.volumes ?? []) {
    const claim = volume['persistentVolumeClaim'] as { claimName?: string } | undefined
    if (claim?.claimName) claims.push(claim.claimName)
    else if (volume['ephemeral']) claims.push(`${metadata.name}-${volume['name']}`)
  }
  return claims
}

/** Whether a term means pods of this class. `labelsOfNamespace` tells the labels of a namespace. */
export function termMatches(
  term: AffinityTerm,
  { namespace, labels }: Pick<PodClass, 'namespace' | 'labels'>,
  labelsOfNamespace: (namespace: string) => Readonly<Record<string, string>> | undefined,
): boolean {
  const meant =
    term.namespaces.includes(namespace) ||
    (term.namespaceSelector !== undefined && matchesLabels(term.namespaceSelector, labelsOfNamespace(namespace)))
  return meant && matchesLabels(term.selector, labels)
}
