import type { RuntimeCost } from '../check/declarations.js'
import { sizeOf } from '../library/standard.js'
import { CelLibraryValue, CelOptional, type Value } from '../values/values.js'

export const traversalFactor = 0.1
export const regexFactor = 0.25

/** How big a value is for the cost of a call; 1 when it has no size. */
export function plainSize(value: Value): number {
  if (value instanceof CelLibraryValue) return value.size() ?? 1
  return sizeOf(value) ?? 1
}

/** The same for the rules of cel-go's own functions, which look into optional values. */
function actualSize(value: Value): number {
  if (value instanceof CelOptional) return value.value === undefined ? 1 : actualSize(value.value)
  return plainSize(value)
}

function traverse(size: number): number {
  return Math.ceil(size * traversalFactor)
}

const ofFirst = (args: readonly Value[]): number => traverse(actualSize(args[0]!))
const ofSmaller = (args: readonly Value[]): number => traverse(Math.min(actualSize(args[0]!), actualSize(args[1]!)))

type Cost = (args: readonly Value[]) => number

/** cel-go's own rules, by overload. Everything else costs 1. */
const byOverload = new Map<string, Cost>([
  ...['starts_with_string', 'ends_with_string', 'string_to_bytes', 'bytes_to_string', 'strings_quote', 'string_format'].map(
    (id) => [id, ofFirst] as const,
  ),
  ['in_list', (args) => actualSize(args[1]!)],
  ...['less', 'greater', 'less_equals', 'greater_equals']
    .flatMap((prefix) => [`${prefix}_string`, `${prefix}_bytes`])
    .concat(['equals', 'not_equals'])
    .map((id) => [id, ofSmaller] as const),
  ...['add_string', 'add_bytes'].map(
    (id) => [id, (args: readonly Value[]) => traverse(actualSize(args[0]!) + actualSize(args[1]!))] as const,
  ),
  [
    'matches_string',
    (args) => Math.ceil((1 + actualSize(args[0]!)) * traversalFactor) * Math.ceil(actualSize(args[1]!) * regexFactor),
  ],
  ['contains_string', (args) => traverse(actualSize(args[0]!)) * traverse(actualSize(args[1]!))],
])

/** What a call costs, beyond its arguments; undefined when that is always 1. */
export function callCost(
  overload: string,
  rule: RuntimeCost | undefined,
): ((args: readonly Value[], result: Value) => number) | undefined {
  const own = byOverload.get(overload)
  if (rule === undefined) return own
  return (args, result) => rule(overload, args, result) ?? own?.(args) ?? 1
}
