type Members = Readonly<Record<string, unknown>>

/**
 * An OpenAPI document without what says nothing to programs: prose (that of schemas stays: explain shows it), the order of lists
 * that are sets, and whether a parameter stands in its place or is referred to. What is left is equal or not.
 */
export function comparable(document: unknown): Members {
  const shared = membersOf(membersOf(document)['parameters'])
  const parameter = (name: string) => strip(shared[name], () => undefined, false)
  const { parameters: _, ...rest } = strip(document, parameter, false) as Record<string, unknown>
  return rest
}

/** Schemas whose prose is our own, and a field whose values upstream describes with constants of another package. */
const ownProse = new Set([
  ...['WatchEvent', 'APIVersions'].map((name) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`),
  'io.k8s.apimachinery.pkg.version.Info',
  ...['reinvocationPolicy', 'emb'],
])

function strip(value: unknown, parameter: (name: string) => unknown, prose: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => strip(item, parameter, prose))
  if (typeof value !== 'object' || value === null) return value
  const reference = (value as Members)['$ref']
  if (typeof reference === 'string' && reference.startsWith('#/parameters/'))
    return parameter(reference.slice('#/parameters/'.length))
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const member = (value as Members)[key]
    if (key === 'description' && typeof member === 'string' && !prose) continue
    const stripped = strip(member, parameter, (prose || key === 'schemas' || key === 'definitions') && !ownProse.has(key))
    result[key] = sets.has(key) && Array.isArray(stripped) ? sorted(stripped) : stripped
  }
  return result
}

const sets = new Set(['required', 'parameters', 'consumes', 'produces', 'tags', 'x-kubernetes-group-version-kind'])

function sorted(list: readonly unknown[]): unknown[] {
  const text = (item: unknown) => JSON.stringify(item)
  return [...list].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}

/** The first places where two values differ, as lines. */
export function firstDifferences(real: unknown, ours: unknown, most = 8): string[] {
  const found: string[] = []
  compare(real, ours, '', found, most)
  return found
}

function compare(real: unknown, ours: unknown, path: string, found: string[], most: number): void {
  if (found.length >= most || real === ours) return
  if (isNode(real) && isNode(ours) && Array.isArray(real) === Array.isArray(ours)) {
    for (const key of new Set([...Object.keys(real), ...Object.keys(ours)])) {
      compare(real[key], ours[key], `${path}/${key}`, found, most)
    }
    return
  }
  const text = (value: unknown) => (value === undefined ? '(absent)' : JSON.stringify(value).slice(0, 200))
  found.push(`${path}: real ${text(real)}, ours ${text(ours)}`)
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
