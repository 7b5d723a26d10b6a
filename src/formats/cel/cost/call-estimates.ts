import { add, type CallEstimate, fixed, most, type Range, type SizedNode, scale, times } from './estimate-types.js'

const traversal = 0.1
const regex = 0.25

function atMost(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}

/** cel-go's own estimates, by overload; undefined where a call costs 1. */
export function estimateStandardCall(
  overload: string,
  sizeOf: (node: SizedNode) => Range,
  target: SizedNode | undefined,
  args: readonly SizedNode[],
): CallEstimate | undefined {
  const [first, second] = args
  switch (overload) {
    case 'string_format':
      return target === undefined ? undefined : { cost: scale(sizeOf(target), traversal) }
    case 'string_to_bytes': {
      const size = sizeOf(first!)
      return { cost: scale(size, traversal), size: { min: size.min, max: atMost(size.max * 4n) } }
    }
    case 'bytes_to_string': {
      const size = sizeOf(first!)
      return { cost: scale(size, traversal), size: { min: size.min / 4n, max: size.max } }
    }
    case 'strings_quote': {
      const size = sizeOf(first!)
      return { cost: scale(size, traversal), size: { min: atMost(size.min + 2n), max: atMost(size.max * 2n + 2n) } }
    }
    case 'starts_with_string':
    case 'ends_with_string':
      return { cost: scale(sizeOf(first!), traversal) }
    case 'in_list':
      return { cost: scale(sizeOf(second!), 1) }
    case 'matches_string': {
      if (target === undefined) return undefined
      const text = scale(add(sizeOf(target), fixed(1)), traversal)
      return { cost: times(text, scale(sizeOf(first!), regex)) }
    }
    case 'contains_string':
      if (target === undefined) return undefined
      return { cost: times(scale(sizeOf(target), traversal), scale(sizeOf(first!), traversal)) }
    case 'add_list':
    case 'add_string':
    case 'add_bytes': {
      const size = add(sizeOf(first!), sizeOf(second!))
      return { cost: overload === 'add_list' ? fixed(1) : scale(size, traversal), size }
    }
    case 'equals':
    case 'not_equals':
      return smaller(sizeOf(first!), sizeOf(second!))
    default:
      return /^(less|greater)(_equals)?_(string|bytes)$/.test(overload) ? smaller(sizeOf(first!), sizeOf(second!)) : undefined
  }
}

function smaller(a: Range, b: Range): CallEstimate {
  const max = a.max < b.max ? a.max : b.max
  return { cost: scale({ min: max > 0n ? 1n : 0n, max: max > most ? most : max }, traversal) }
}
