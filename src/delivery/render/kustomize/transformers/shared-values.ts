import { isObject, setOwn } from '../../../../base/json.js'

/**
 * Kustomize puts one and the same value into every field of a resource in which it creates a label. When one of these fields
 * is written to later, all of them change: an overlay's label for metadata only also changes the selector that a base has
 * set. Output is the same only if this is so here.
 */
type Cell = (readonly [map: Record<string, unknown>, key: string])[]

const cells = new WeakMap<object, Map<string, Cell>>()

/** Writes a field, and all that share its value. */
export function writeShared(map: Record<string, unknown>, key: string, value: unknown): void {
  const cell = cells.get(map)?.get(key)
  if (cell !== undefined && Object.hasOwn(map, key)) {
    for (const [other, name] of cell) {
      if (cells.get(other)?.get(name) === cell && Object.hasOwn(other, name)) setOwn(other, name, value)
    }
  }
  setOwn(map, key, value)
}

/** Sets the same entry in many maps: where there is none, the new ones share their value. One for each resource and name. */
export function createSharedWriter(key: string, value: unknown): (map: Record<string, unknown>) => void {
  const cell: Cell = []
  return (map) => {
    if (Object.hasOwn(map, key) && map[key] !== null) {
      writeShared(map, key, value)
      return
    }
    setOwn(map, key, value)
    let known = cells.get(map)
    if (known === undefined) {
      known = new Map()
      cells.set(map, known)
    }
    known.set(key, cell)
    cell.push([map, key])
  }
}

/** From here on, each field of the object has a value of its own. */
export function unshareValues(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') unshareValues(item)
  } else if (isObject(value)) {
    cells.delete(value)
    for (const key of Object.keys(value)) if (typeof value[key] === 'object') unshareValues(value[key])
  }
}
