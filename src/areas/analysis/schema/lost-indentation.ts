import { isObject } from '../../../base/json.js'

/** Members that stand below `metadata` or `spec`, and are nobody's on the top level. */
const below: Readonly<Record<string, ReadonlySet<string>>> = {
  metadata: new Set(['name', 'namespace', 'labels', 'annotations', 'generateName']),
  spec: new Set([
    'replicas',
    'selector',
    'template',
    'ports',
    'generators',
    'rules',
    'clusterNetwork',
    'placement',
    'host',
    'hosts',
    'containers',
  ]),
}

/** Keys of an object that are empty while what belongs below them stands beside them, with what does. */
export function lostIndentation(value: unknown): { readonly key: string; readonly stray: readonly string[] }[] {
  if (!isObject(value)) return []
  return Object.entries(below).flatMap(([key, members]) => {
    if (!Object.hasOwn(value, key) || value[key] !== null) return []
    const stray = Object.keys(value).filter((member) => members.has(member))
    return stray.length === 0 ? [] : [{ key, stray }]
  })
}
