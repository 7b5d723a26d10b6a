import { equalJson, isObject } from '../../../base/json.js'
import type { Problem } from '../../../delivery/federation/contract.js'
import type { KubefedOverride } from '../../../delivery/placement/overrides/kubefed-overrides.js'
import type { KubefedOverridePolicy } from '../../../delivery/placement/overrides/override-policy.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

export type ClusterOverrides = KubefedOverridePolicy['overrides'][number]

export interface ReadOverrides {
  readonly overrides: readonly ClusterOverrides[]
  /** What was repaired, each once. */
  readonly warnings: readonly Problem[]
  /** What stops them all, in strict mode only. */
  readonly problem?: Problem
}

/** As they stand, entries that are no overrides left out. */
export function listOverrides(federated: KubeObject): ClusterOverrides[] {
  const spec = isObject(federated['spec']) ? federated['spec'] : {}
  const overrides = Array.isArray(spec['overrides']) ? spec['overrides'].filter(isObject) : []
  return overrides.map(({ clusterName, clusterOverrides }) => ({
    clusterName: typeof clusterName === 'string' ? clusterName : '',
    clusterOverrides: (Array.isArray(clusterOverrides) ? clusterOverrides : [])
      .filter(isObject)
      .filter((each) => typeof each['path'] === 'string') as unknown as KubefedOverride[],
  }))
}

/**
 * The overrides of a federated object. Leniently, entries of one cluster are joined, an override that says the same twice
 * counts once, and dotted paths are taken as the pointers they stand for; each with a warning. What contradicts itself is left
 * to fail where overrides are applied, as it does upstream.
 */
export function readOverrides(federated: KubeObject, options: { strict: boolean }): ReadOverrides {
  const listed = listOverrides(federated)
  const dotted = listed.flatMap(({ clusterOverrides = [] }) => clusterOverrides.filter(({ path }) => isDotted(path)))
  if (options.strict) {
    const [first] = dotted
    if (first === undefined) return { overrides: listed, warnings: [] }
    const message = `spec.overrides: ${JSON.stringify(first.path)} is no JSON pointer; write ${pointerOf(first.path)}`
    return { overrides: listed, warnings: [], problem: { reason: 'ApplyOverridesFailed', message } }
  }
  const warnings: Problem[] = []
  if (dotted.length > 0) {
    const paths = [...new Set(dotted.map(({ path }) => path))]
    warnings.push({
      reason: 'DottedPath',
      message: `spec.overrides: ${paths.map((path) => `${path} is taken as ${pointerOf(path)}`).join(', ')}; KubeFed since v0.1.0-rc3 wants JSON pointers`,
    })
  }
  const byCluster = new Map<string, KubefedOverride[]>()
  for (const { clusterName, clusterOverrides = [] } of listed) {
    const present = byCluster.get(clusterName)
    if (present === undefined) {
      byCluster.set(clusterName, [...clusterOverrides])
      continue
    }
    present.push(...clusterOverrides)
    warnings.push({
      reason: 'DuplicateCluster',
      message: `spec.overrides: ${clusterName} stands there more than once; its overrides are joined`,
    })
  }
  const overrides = [...byCluster].map(([clusterName, all]) => {
    const kept = all.filter((each, index) => !all.slice(0, index).some((before) => equalJson(before, each)))
    if (kept.length < all.length)
      warnings.push({
        reason: 'DuplicateOverride',
        message: `spec.overrides: ${clusterName} has the same override more than once; it counts once`,
      })
    return { clusterName, clusterOverrides: kept }
  })
  return { overrides, warnings }
}

function isDotted(path: string): boolean {
  return path !== '' && !path.startsWith('/')
}

function pointerOf(path: string): string {
  return `/${path.replaceAll('.', '/')}`
}
