import type { CelLibrary, EstimatedCost, RuntimeCost } from '../check/declarations.js'
import { add, type EstimateContext, fixed, most, type Range, type SizedNode, scale, times } from '../cost/estimate-types.js'
import { plainSize, regexFactor, traversalFactor } from '../cost/runtime-cost.js'
import { utf8Bytes } from '../values/utf8.js'
import { CelBytes, CelList, CelMap, type Value } from '../values/values.js'

/** What Kubernetes counts for the functions of its lists, strings and regex libraries. */
function traversalOf(value: Value): number {
  if (typeof value === 'string') return Math.trunc(utf8Bytes(value).length * traversalFactor)
  if (value instanceof CelBytes) return Math.trunc(value.bytes.length * traversalFactor)
  if (value instanceof CelList) {
    let cost = 0
    for (let i = 0; i < value.size; i++) cost += traversalOf(value.get(i))
    return cost
  }
  if (value instanceof CelMap) {
    return value.keys().reduce((cost: number, key) => cost + traversalOf(key) + traversalOf(value.find(key) ?? null), 0)
  }
  return 1
}

/** One walk over the first argument, times a factor. */
export function walkCost(factor = 1): RuntimeCost {
  return (_overload, args) => Math.ceil(plainSize(args[0]!) * factor * traversalFactor)
}

const pattern: RuntimeCost = (_overload, args) =>
  Math.ceil((1 + plainSize(args[0]!)) * traversalFactor) * Math.ceil(plainSize(args[1]!) * regexFactor)

const traversal: RuntimeCost = (_overload, args) => traversalOf(args[0]!)

function elementOf(list: SizedNode): SizedNode | undefined {
  const [item] = list.type.params
  if (item === undefined) return undefined
  return { path: list.path.length === 0 ? [] : [...list.path, '@items'], type: item }
}

const overList: EstimatedCost = (context, _overload, target) => {
  if (target === undefined) return undefined
  const size = context.sizeOf(target)
  const element = elementOf(target)
  if (element === undefined) return { cost: scale(size, traversalFactor) }
  const each = ['string', 'bytes'].includes(element.type.kind)
    ? add(fixed(1), scale(context.sizeOf(element), traversalFactor))
    : fixed(1)
  return { cost: times(size, each) }
}

const sameSize: EstimatedCost = (context, _overload, target) => {
  if (target === undefined) return undefined
  const size = context.sizeOf(target)
  return { cost: scale(size, traversalFactor), size }
}

function dividedUp(size: bigint, by: bigint): bigint {
  const result = Math.ceil(Number(size) / Number(by))
  return result >= 2 ** 64 ? most : BigInt(result)
}

const replaceEstimate: EstimatedCost = (context, _overload, target, args) => {
  if (target === undefined || args.length < 2) return undefined
  const size = context.sizeOf(target)
  return { cost: scale(size, 2 * traversalFactor), size: replacedSize(size, context.sizeOf(args[0]!), context.sizeOf(args[1]!)) }
}

function replacedSize(size: Range, old: Range, put: Range): Range {
  let [countMax, keptMax, countMin, keptMin] = [0n, 0n, 0n, 0n]
  if (old.min === 0n) {
    countMax = size.max < most ? size.max + 1n : size.max
    keptMax = size.max
  } else if (put.max <= old.min) keptMax = size.max
  else countMax = dividedUp(size.max, old.min)
  if (old.max === 0n) {
    countMin = size.min < most ? size.min + 1n : size.min
    keptMin = size.min
  } else if (old.max <= put.min) keptMin = size.min
  else countMin = dividedUp(size.min, old.max)
  return add(times({ min: countMin, max: countMax }, put), { min: keptMin, max: keptMax })
}

const splitEstimate: EstimatedCost = (context, _overload, target, args) => {
  if (target === undefined) return undefined
  const size = context.sizeOf(target)
  const count = args[1]?.expr
  const limit =
    count?.kind === 'literal' && (typeof count.value === 'number' || typeof count.value === 'bigint') ? count.value : undefined
  const max = limit === undefined ? size.max : BigInt.asUintN(64, BigInt(limit))
  return { cost: scale(size, 2 * traversalFactor), size: { min: 0n, max } }
}

const joinEstimate: EstimatedCost = (context, _overload, target, args) => {
  if (target === undefined) return undefined
  const count = context.sizeOf(target)
  const element = elementOf(target)
  let size: Range = element === undefined ? fixed(0) : times(count, context.sizeOf(element))
  if (args.length > 0) {
    const separators = { min: count.min > 0n ? count.min - 1n : 0n, max: count.max > 0n ? count.max - 1n : 0n }
    size = add(size, times(context.sizeOf(args[0]!), separators))
  }
  return { cost: scale(size, traversalFactor), size }
}

const patternEstimate: EstimatedCost = (context: EstimateContext, _overload, target, args) => {
  if (target === undefined || args.length === 0) return undefined
  const size = context.sizeOf(target)
  const text = scale(add(size, fixed(1)), traversalFactor)
  return { cost: times(text, scale(context.sizeOf(args[0]!), regexFactor)), size: { min: 0n, max: size.max } }
}

const walkers = ['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf']
const sameSized = ['lowerAscii', 'upperAscii', 'substring', 'trim']

/** Cost rules of functions that cel-go's extensions and Kubernetes share names for. */
export const costLibrary: CelLibrary = {
  functions: [],
  costs: new Map<string, RuntimeCost>([
    ...walkers.map((name) => [name, traversal] as const),
    ...sameSized.map((name) => [name, walkCost()] as const),
    ['replace', walkCost(2)],
    ['split', walkCost(2)],
    ['join', (_overload, _args, result) => Math.ceil(plainSize(result) * 2 * traversalFactor)],
    ['find', pattern],
    ['findAll', pattern],
  ]),
  estimates: new Map<string, EstimatedCost>([
    ...walkers.map((name) => [name, overList] as const),
    ...sameSized.map((name) => [name, sameSize] as const),
    ['replace', replaceEstimate],
    ['split', splitEstimate],
    ['join', joinEstimate],
    ['find', patternEstimate],
    ['findAll', patternEstimate],
  ]),
}
