import { closest } from '../../base/closest.js'
import { isObject } from '../../base/json.js'

/** Where the data of others stands, in which such keys mean something else. */
const notOurs = new Set(['patch', 'overriders', 'images'])
const listsOfClusters = new Set(['names', 'exclude', 'clusterNames'])

/**
 * Names of clusters in a Placement or a policy of Karmada that no cluster has, with the path of each: allowed, for the cluster may join
 * later, and mostly a slip.
 */
export function unknownClusters(spec: unknown, known: readonly string[]): string[] {
  const found: string[] = []
  walk(spec, 'spec', (path, name) => {
    if (name === '' || name === '*' || known.includes(name)) return
    const near = closest(name, known)
    found.push(
      `${path}: no cluster of the fleet is called ${name}${near === undefined ? '' : ` (did you mean ${near}?)`}; it counts once it has joined`,
    )
  })
  return found
}

function walk(value: unknown, path: string, see: (path: string, name: string) => void): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, `${path}[${index}]`, see)
    return
  }
  if (!isObject(value)) return
  for (const [key, member] of Object.entries(value)) {
    const below = `${path}.${key}`
    if (notOurs.has(key)) continue
    if ((key === 'cluster' || key === 'clusterName') && typeof member === 'string') see(below, member)
    else if (listsOfClusters.has(key) && Array.isArray(member)) {
      for (const name of member) if (typeof name === 'string') see(below, name)
    } else walk(member, below, see)
  }
}
