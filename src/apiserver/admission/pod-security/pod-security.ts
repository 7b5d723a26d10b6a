import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { controllerOf } from '../../../kube/object/owner.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { AdmissionPlugin, AdmissionRequest } from '../contract.js'
import { admissionForbidden } from '../forbidden.js'
import { describeViolations, evaluatePod, makesPods, podOf } from './evaluate.js'
import type { Container, PodView, Violation } from './pod-view.js'
import { formatLevel, type Level, type LevelVersion, type PodPolicy, readPolicy, strictness } from './policy-labels.js'

/** Subresources of pods that do not change what a pod is. */
const harmless: ReadonlySet<string> = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])

const mostPodsChecked = 3000

/**
 * Holds pods to the level that the labels of their namespace name (enforce), and tells of those that break one (audit, warn),
 * for kinds that make pods too.
 */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  handles: ({ groupResource, operation, subresource }) =>
    (operation === 'CREATE' || operation === 'UPDATE') &&
    (groupResource === 'namespaces' ? subresource === '' : makesPods(groupResource) && takes(groupResource, subresource)),
  validate(request) {
    if (request.object === undefined) return
    if (request.groupResource === 'namespaces') checkNamespace(request, request.object)
    else checkPods(request, request.object)
  },
}

function takes(groupResource: string, subresource: string): boolean {
  return groupResource === 'pods' ? !harmless.has(subresource) : subresource === ''
}

function checkPods(request: AdmissionRequest, object: KubeObject): void {
  const { groupResource, previous, storage } = request
  const isPod = groupResource === 'pods'
  const labels = storage.get('namespaces', request.namespace)?.metadata.labels
  const { policy, causes } = readPolicy(labels)
  if (causes.length === 0 && isOpen(policy, isPod)) {
    if (isPod) request.annotate('pod-security.kubernetes.io/enforce-policy', formatLevel(policy.enforce))
    return
  }
  if (isPod && request.operation === 'UPDATE' && !isSignificant(object, previous)) return
  const pod = podOf(groupResource, object)
  if (pod === undefined) return
  if (causes.length > 0) {
    const problems = causes.map(({ field, message }) => `${field}: ${message}`)
    const all = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`
    request.annotate('pod-security.kubernetes.io/error', `Failed to parse policy: ${all}`)
  }
  const known = new Map<Level, readonly Violation[]>()
  const violations = ({ level }: LevelVersion) => {
    let found = known.get(level)
    if (found === undefined) known.set(level, (found = evaluatePod(level, pod)))
    return found
  }
  const tell = (how: string, of: LevelVersion) =>
    `${how} PodSecurity ${JSON.stringify(formatLevel(of))}: ${describeViolations(violations(of))}`
  if (violations(policy.audit).length > 0) {
    request.annotate('pod-security.kubernetes.io/audit-violations', tell('would violate', policy.audit))
  }
  if (isPod) {
    request.annotate('pod-security.kubernetes.io/enforce-policy', formatLevel(policy.enforce))
    if (violations(policy.enforce).length > 0) throw admissionForbidden(request, tell('violates', policy.enforce))
  }
  if (violations(policy.warn).length > 0) request.warn(tell('would violate', policy.warn))
}

function isOpen({ enforce, audit, warn }: PodPolicy, isPod: boolean): boolean {
  return (!isPod || enforce.level === 'privileged') && audit.level === 'privileged' && warn.level === 'privileged'
}

/** A pod that runs changes in nothing that the levels look at but its images and ephemeral containers. */
function isSignificant(object: KubeObject, previous: KubeObject | undefined): boolean {
  const images = (pod: PodView | undefined, field: 'containers' | 'initContainers' | 'ephemeralContainers') =>
    ((pod?.spec[field] ?? []) as readonly Container[]).map(({ name, image }) => [name, image])
  const after = podOf('pods', object)
  const before = previous && podOf('pods', previous)
  const fields = ['containers', 'initContainers', 'ephemeralContainers'] as const
  return fields.some((field) => !equalJson(images(after, field), images(before, field)))
}

function checkNamespace(request: AdmissionRequest, object: KubeObject): void {
  const { policy, causes } = readPolicy(object.metadata.labels)
  const invalid = () => statusErrors.invalid({ kind: 'Namespace', group: '', name: object.metadata.name }, [...causes])
  if (request.operation === 'CREATE') {
    if (causes.length > 0) throw invalid()
    return
  }
  const before = readPolicy(request.previous?.metadata.labels)
  if (causes.length > 0 && !equalJson(causes, before.causes)) throw invalid()
  const { enforce } = policy
  const old = before.policy.enforce
  if (equalJson(enforce, old) || enforce.level === 'privileged') return
  if (enforce.version === old.version && strictness(enforce.level) <= strictness(old.level)) return
  warnOfPods(request, object.metadata.name, enforce)
}

/** Pods that are there already stay; whoever makes a level stricter hears of those that break it. */
function warnOfPods(request: AdmissionRequest, namespace: string, enforce: LevelVersion): void {
  const pods = representatives(request.storage.scan('pods', `${namespace}/`))
  const found = new Map<string, string[]>()
  for (const pod of pods.slice(0, mostPodsChecked)) {
    const view = podOf('pods', pod)
    const violations = view === undefined ? [] : evaluatePod(enforce.level, view)
    if (violations.length === 0) continue
    const reasons = violations.map(({ reason }) => reason).join(', ')
    found.set(reasons, [...(found.get(reasons) ?? []), pod.metadata.name])
  }
  if (pods.length > mostPodsChecked) {
    request.warn(
      `new PodSecurity enforce level only checked against the first ${mostPodsChecked} of ${pods.length} existing pods`,
    )
  }
  if (found.size === 0) return
  const level = JSON.stringify(formatLevel(enforce))
  request.warn(`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${level}`)
  const lines = [...found].map(([reasons, names]) => {
    const others = names.length - 1
    const more = others === 0 ? '' : ` (and ${others} other pod${others === 1 ? '' : 's'})`
    return `${names.sort()[0]}${more}: ${reasons}`
  })
  for (const line of lines.sort()) request.warn(line)
}

/** One pod of each controller first, then the others: they are alike. */
function representatives(pods: Iterable<KubeObject>): KubeObject[] {
  const seen = new Set<string>()
  const first: KubeObject[] = []
  const others: KubeObject[] = []
  for (const pod of pods) {
    const owner = controllerOf(pod)?.uid
    if (owner !== undefined && seen.has(owner)) others.push(pod)
    else first.push(pod)
    if (owner !== undefined) seen.add(owner)
  }
  return [...first, ...others]
}
