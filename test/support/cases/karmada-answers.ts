import { canonicalJson, isObject } from '../../../src/base/json.js'
import { nativeInterpreter as native } from '../../../src/dialects/karmada/interpreter/interpreter.js'
import { pruneTemplate } from '../../../src/dialects/karmada/template/prune.js'
import { applyMergePatch } from '../../../src/kube/apply/json-merge.js'
import { parseQuantity, quantityMilliValue } from '../../../src/kube/object/quantity.js'
import type { InterpretCase } from './karmada-objects.js'

export interface Interpretation {
  readonly healthy?: boolean
  readonly replicas?: number
  readonly requirements?: Record<string, unknown>
  readonly dependencies?: readonly Record<string, unknown>[]
  readonly reflected?: Record<string, unknown>
  readonly aggregated?: unknown
  readonly pruned?: Record<string, unknown>
  readonly errors?: Record<string, string>
}

/** What our interpreters say, in the peer's shape. */
export function interpretCase({ object, items }: InterpretCase): Interpretation {
  const health = native.health(object)
  const replicas = native.replicas(object)
  const requirements = replicas === undefined ? undefined : native.requirements(object)
  const dependencies = native.dependencies(object)
  const reflected = native.reflect(object)
  const patch = native.aggregate(
    object,
    items.map(({ clusterName, status }) => ({ cluster: clusterName, ...(status === undefined ? {} : { status }) })),
    '2026-02-01T00:00:00Z',
  )
  const status = patch === undefined ? object['status'] : applyMergePatch(object['status'] ?? {}, patch)
  return {
    ...(health === 'Unknown' ? {} : { healthy: health === 'Healthy' }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(requirements === undefined ? {} : { requirements }),
    dependencies: dependencies as unknown as Record<string, unknown>[],
    ...(reflected === undefined ? {} : { reflected }),
    aggregated: status,
    pruned: pruneTemplate(object),
  }
}

/** Both sides in one form: no zeros and empty members (Go leaves some out), quantities as numbers, lists that are sets in order. */
export function tidyInterpretation(asked: InterpretCase, told: Interpretation): unknown {
  const { object } = asked
  const aggregates = kindsWithStatus.has(object.kind) && asked.items.length > 0
  const reflected = { ...told.reflected }
  // Upstream leaves it out, and never finds the template's own generation reached.
  if (object.kind === 'StatefulSet') delete reflected['observedGeneration']
  return {
    healthy: told.healthy,
    replicas: told.replicas ?? 0,
    requirements: lean(told.requirements),
    dependencies: [...(told.dependencies ?? [])].map((each) => canonicalJson(each)).sort(),
    reflected: lean(reflected),
    ...(aggregates
      ? { aggregated: lean(timeless(object.kind === 'StatefulSet' ? withoutGeneration(told.aggregated) : told.aggregated)) }
      : {}),
    pruned: lean(told.pruned),
  }
}

const kindsWithStatus = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'Pod',
  'Service',
  'Ingress',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
])

function withoutGeneration(status: unknown): unknown {
  if (!isObject(status)) return status
  const { observedGeneration: _, ...rest } = status
  return rest
}

/** Times of now differ. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'lastProbeTime' && key !== 'lastTransitionTime')
      .map(([key, each]) => [key, timeless(each)]),
  )
}

export function lean(value: unknown, key = ''): unknown {
  if (key === 'resourceRequest' && isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, text]) => [name, quantityMilliValue(parseQuantity(text as string))]),
    )
  if (Array.isArray(value)) return value.map((each) => lean(each) ?? {})
  if (!isObject(value)) return value === 0 || value === '' || value === false || value === null ? undefined : value
  const kept = Object.entries(value)
    .map(([name, each]) => [name, lean(each, name)] as const)
    .filter(([, each]) => each !== undefined && !(Array.isArray(each) && each.length === 0))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
