import type { CelType } from '../contract.js'
import type { Range } from './estimate-types.js'

/** How big the value at a path of a variable may be, as its type declares it; undefined when the path leads nowhere. */
export function declaredSize(path: readonly string[], variables: ReadonlyMap<string, CelType>): Range | undefined {
  // Upstream looks at the way, not at where it starts: what starts elsewhere is sized like the first variable.
  let type = path.length === 0 ? undefined : (variables.get(path[0]!) ?? [...variables.values()][0])
  for (const step of path.slice(1)) {
    if (type?.kind === 'optional') type = type.of
    if (type === undefined) return undefined
    type = stepInto(type, step)
  }
  if (type?.kind === 'optional') type = type.of
  if (type === undefined) return undefined
  const max = maxOf(type)
  return max === undefined ? undefined : { min: 0n, max: BigInt(max) }
}

function stepInto(type: CelType, step: string): CelType | undefined {
  if (step === '@items' || step === '@values') {
    if (type.kind === 'list') return type.items
    return type.kind === 'map' ? type.value : undefined
  }
  if (step === '@keys') return type.kind === 'map' ? type.key : undefined
  return type.kind === 'object' ? type.fields.get(step)?.type : undefined
}

/** Upstream's declared types have 0 elements where nothing is said; strings, lists and maps are unbounded then. */
function maxOf(type: CelType): number | undefined {
  switch (type.kind) {
    case 'string':
      return type.maxLength
    case 'list':
      return type.maxItems
    case 'map':
      return type.maxProperties
    case 'object':
    case 'opaque':
    case 'optional':
      return 0
    default:
      return type.maxSize ?? 0
  }
}
