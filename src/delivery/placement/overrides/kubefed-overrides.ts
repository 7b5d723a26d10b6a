import { CodedError } from '../../../base/errors.js'
import { applyJsonPatch } from '../../../formats/json-patch/json-patch.js'
import { formatPointer } from '../../../formats/json-pointer/json-pointer.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

export interface KubefedOverride {
  /** `replace` unless told. */
  readonly op?: string
  /** `/spec/replicas`, or `spec.replicas` as KubeFed had it before v0.1.0-rc3. */
  readonly path: string
  readonly value?: unknown
}

const refused = new Set(['/metadata/namespace', '/metadata/name', '/metadata/generateName', '/kind'])

/**
 * The overrides by cluster, their paths as JSON pointers. As with KubeFed, a cluster listed twice, a path given twice for a
 * cluster, and the paths that make up an object's identity are errors, and nothing is applied then.
 */
export function checkKubefedOverrides(
  overrides: readonly { readonly clusterName: string; readonly clusterOverrides?: readonly KubefedOverride[] }[],
): Map<string, KubefedOverride[]> {
  const byCluster = new Map<string, KubefedOverride[]>()
  for (const { clusterName, clusterOverrides = [] } of overrides) {
    if (byCluster.has(clusterName))
      throw wrong(
        `cluster ${JSON.stringify(clusterName)} appears more than once`,
        'Join the overrides of the cluster in one entry.',
      )
    const paths = new Set<string>()
    const checked = clusterOverrides.map((override, index) => {
      const path = pointerOf(override.path)
      if (refused.has(path))
        throw wrong(
          `override[${index}] for cluster ${JSON.stringify(clusterName)} has an invalid path: ${path}`,
          'Remove it: an object keeps its kind and name in every cluster.',
        )
      if (paths.has(path))
        throw wrong(
          `path ${JSON.stringify(path)} appears more than once for cluster ${JSON.stringify(clusterName)}`,
          'Keep one override of the path.',
        )
      paths.add(path)
      return { ...override, path }
    })
    byCluster.set(clusterName, checked)
  }
  return byCluster
}

/**
 * A path with a leading `/` is a JSON pointer; any other is dotted, which no pointer can be. A dot within a key is written
 * `\.` there.
 */
function pointerOf(path: string): string {
  if (path === '' || path.startsWith('/')) return path
  const tokens = path.match(/(?:\\.|[^.\\])+/gs) ?? []
  return formatPointer(tokens.map((token) => token.replace(/\\(.)/gs, '$1')))
}

/** One patch of all overrides, in their order. */
export function applyKubefedOverrides(object: KubeObject, overrides: readonly KubefedOverride[]): KubeObject {
  const operations = overrides.map(({ op, path, value }) => ({
    op: op === undefined || op === '' ? 'replace' : op,
    path,
    ...(value === undefined ? {} : { value }),
  }))
  return applyJsonPatch(object, operations) as KubeObject
}

function wrong(message: string, fix: string): CodedError {
  return new CodedError({ code: 'overrides-invalid', message, fix })
}
