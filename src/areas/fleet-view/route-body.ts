import { isObject } from '../../base/json.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { clusterLabel, clusterNameAnnotation, splitName } from './cluster-key.js'
import { isFleetVersion, parseFleetVersion } from './resource-version.js'

/** What the body of a write says of the cluster that it is for. */
export interface RoutedBody {
  /** As the cluster understands it: nothing of the view is left in it. */
  readonly body: unknown
  /** The keys that it names; more than one contradict each other. */
  readonly keys: ReadonlySet<string>
  /** Whether `body` differs from what came. */
  readonly changed: boolean
  /** Puts the cluster's own resourceVersion where the view's stands; undefined when there is none. */
  readonly resolve?: (key: string) => unknown
}

/**
 * Reads an object, or a merge, strategic or apply patch of one: the label (or an annotation of that name) and the marks in
 * `metadata.name` and `metadata.namespace` say where it goes, and do not go there. `keyOf` gives the key of a cluster's key or name.
 */
export function routeBody(body: unknown, keyOf: (text: string) => string | undefined): RoutedBody {
  const keys = new Set<string>()
  if (!isObject(body) || !isObject(body['metadata'])) return { body, keys, changed: false }
  const metadata: Record<string, unknown> = { ...body['metadata'] }
  let changed = false
  for (const field of ['labels', 'annotations'] as const) {
    const values = metadata[field]
    if (!isObject(values)) continue
    const rest = { ...values }
    for (const marker of [clusterLabel, clusterNameAnnotation]) {
      if (!Object.hasOwn(rest, marker)) continue
      const value = rest[marker]
      // Null takes the label away in a patch: there is none to take away.
      if (typeof value === 'string') keys.add(keyOf(value) ?? value)
      delete rest[marker]
      changed = true
    }
    if (Object.keys(rest).length > 0) metadata[field] = rest
    else if (Object.keys(values).length > 0) delete metadata[field]
  }
  for (const field of ['name', 'namespace'] as const) {
    const value = metadata[field]
    if (typeof value !== 'string') continue
    const { name, key } = splitName(value, (text) => keyOf(text) === text)
    if (key === undefined) continue
    keys.add(key)
    metadata[field] = name
    changed = true
  }
  const target = withPlainTarget(body['spec'], keys, keyOf)
  if (target !== undefined) changed = true
  const version = metadata['resourceVersion']
  const cleaned = { ...body, ...(target === undefined ? {} : { spec: target }), metadata }
  if (typeof version !== 'string' || !isFleetVersion(version)) return { body: changed ? cleaned : body, keys, changed }
  const versions = parseFleetVersion(version)
  const resolve = (key: string) => {
    const own = versions.get(key)
    // Without it the write would overwrite whatever has happened since.
    if (own === undefined) throw statusErrors.badRequest(`metadata.resourceVersion is of an object that is not in cluster ${key}`)
    return { ...cleaned, metadata: { ...metadata, resourceVersion: own } }
  }
  return { body: cleaned, keys, changed: true, resolve }
}

/** `kubectl autoscale` refers to what it scales by the name that it was given: the marked one. Undefined: there is none. */
function withPlainTarget(
  spec: unknown,
  keys: Set<string>,
  keyOf: (text: string) => string | undefined,
): Record<string, unknown> | undefined {
  const reference = isObject(spec) ? spec['scaleTargetRef'] : undefined
  if (!isObject(spec) || !isObject(reference) || typeof reference['name'] !== 'string') return undefined
  const { name, key } = splitName(reference['name'], (text) => keyOf(text) === text)
  if (key === undefined) return undefined
  keys.add(key)
  return { ...spec, scaleTargetRef: { ...reference, name } }
}

/** The operations of a JSON Patch without those on the view's label; they move nothing. */
export function routeOperations(operations: readonly unknown[]): { operations: readonly unknown[]; changed: boolean } {
  const pointers = [clusterLabel, clusterNameAnnotation].flatMap((marker) =>
    ['labels', 'annotations'].map((field) => `/metadata/${field}/${marker.replace(/\//g, '~1')}`),
  )
  const kept = operations.filter((each) => !isObject(each) || !pointers.includes(String(each['path'])))
  return { operations: kept, changed: kept.length !== operations.length }
}
