import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { baselineChecks } from './baseline-checks.js'
import type { PodSpec, PodView, Violation } from './pod-view.js'
import type { Level } from './policy-labels.js'
import { restrictedChecks } from './restricted-checks.js'

/** Everything in which a pod breaks a level. */
export function evaluatePod(level: Level, pod: PodView): readonly Violation[] {
  if (level === 'privileged') return []
  const checks = level === 'baseline' ? baselineChecks : restrictedChecks
  return Object.values(checks).flatMap((check) => check(pod) ?? [])
}

export function describeViolations(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')
}

/** Where the kinds that make pods keep their template; a Pod is one itself. Undefined: the kind makes none. */
const templates: Readonly<Record<string, readonly string[]>> = {
  pods: [],
  podtemplates: ['template'],
  replicationcontrollers: ['spec', 'template'],
  'replicasets.apps': ['spec', 'template'],
  'deployments.apps': ['spec', 'template'],
  'statefulsets.apps': ['spec', 'template'],
  'daemonsets.apps': ['spec', 'template'],
  'jobs.batch': ['spec', 'template'],
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template'],
}

export function makesPods(groupResource: string): boolean {
  return Object.hasOwn(templates, groupResource)
}

/** The pod that an object is or makes; undefined when it has no template. */
export function podOf(groupResource: string, object: KubeObject): PodView | undefined {
  let pod: unknown = object
  for (const field of templates[groupResource] ?? []) pod = isObject(pod) ? pod[field] : undefined
  if (!isObject(pod)) return undefined
  const metadata = isObject(pod['metadata']) ? pod['metadata'] : {}
  const annotations = isObject(metadata['annotations']) ? (metadata['annotations'] as Record<string, string>) : {}
  return { annotations, spec: (isObject(pod['spec']) ? pod['spec'] : {}) as PodSpec }
}
