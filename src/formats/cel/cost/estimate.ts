import type { EstimatedCost, FunctionDeclaration } from '../check/declarations.js'
import type { CelType } from '../contract.js'
import { codePoints } from '../syntax/issues.js'
import { accumulatorName, type CallExpr, type ComprehensionExpr, type Expr, type SelectExpr } from '../syntax/syntax-tree.js'
import { isOptional, type TypeNode } from '../types/type-node.js'
import { CelBytes } from '../values/values.js'
import { estimateStandardCall } from './call-estimates.js'
import { declaredSize } from './declared-size.js'
import {
  add,
  type CallEstimate,
  type EstimateContext,
  fixed,
  most,
  type Range,
  type SizedNode,
  times,
  union,
  unknownRange,
} from './estimate-types.js'

export interface EstimateScope {
  readonly functions: ReadonlyMap<string, FunctionDeclaration>
  readonly estimates: ReadonlyMap<string, EstimatedCost>
  /** Types of variables, whose sizes are known; undefined where sizes are not estimated. */
  readonly variables: ReadonlyMap<string, CelType> | undefined
}

/** What the elements of a list or a map may measure. */
interface EntrySize {
  readonly kind: 'list' | 'map'
  readonly key: Range
  readonly value: Range
}

interface Local {
  readonly path: readonly string[]
  readonly size: Range | undefined
  readonly entry: EntrySize | undefined
}

const zero = fixed(0)
const one = fixed(1)

/** The least and the most that evaluating a checked expression may cost. */
export function estimateCost(expr: Expr, scope: EstimateScope): Range {
  return new Estimator(scope).cost(expr)
}

class Estimator implements EstimateContext {
  readonly #scope: EstimateScope
  readonly #paths = new Map<Expr, readonly string[]>()
  readonly #sizes = new Map<Expr, Range>()
  readonly #entries = new Map<Expr, EntrySize>()
  readonly #locals = new Map<string, Local[]>()

  constructor(scope: EstimateScope) {
    this.#scope = scope
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'ident': {
        const local = this.#local(expr.name)
        if (expr.constant === undefined) this.#paths.set(expr, local?.path ?? [expr.name])
        else this.#paths.set(expr, [expr.name])
        return one
      }
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'comprehension':
        return this.#isBind(expr) ? this.#bind(expr) : this.#comprehension(expr)
      default:
        return zero
    }
  }

  sizeOf(node: SizedNode): Range {
    return node.size ?? this.#declaredSize(node.path) ?? unknownRange
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1)
  }

  #push(name: string, local: Local): void {
    const stack = this.#locals.get(name)
    if (stack === undefined) this.#locals.set(name, [local])
    else stack.push(local)
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop()
  }

  #select(expr: SelectExpr): Range {
    if (expr.qualified !== undefined) {
      this.#paths.set(expr, [expr.qualified.name])
      return one
    }
    const operand = this.cost(expr.operand)
    if (expr.testOnly) return operand
    this.#paths.set(expr, [...this.#path(expr.operand), expr.field])
    const kind = expr.operand.type!.kind
    return kind === 'map' || kind === 'struct' || kind === 'param' ? add(operand, one) : operand
  }

  #call(expr: CallExpr): Range {
    if (expr.name === 'dyn') {
      const cost = this.cost(expr.args[0]!)
      this.#copySizes(expr, expr.args[0]!)
      return add(one, cost)
    }
    const costs = expr.args.map((arg) => this.cost(arg))
    const args = expr.args.map((arg) => this.#node(arg))
    const overloads = expr.overloads ?? []
    if (overloads.length === 0) return zero
    let sum = zero
    let target: SizedNode | undefined
    if (expr.target !== undefined) {
      sum = this.cost(expr.target)
      target = this.#node(expr.target)
    }
    let cost: Range = { min: most, max: 0n }
    let size: Range | undefined
    for (const overload of overloads) {
      const estimate = this.#callCost(expr, overload, target, args, costs)
      cost = union(cost, estimate.cost)
      if (estimate.size !== undefined) size = size === undefined ? estimate.size : union(size, estimate.size)
      if ((overload === 'index_list' || overload === 'index_map') && expr.args.length > 0) {
        size = this.#entrySize(expr.args[0]!)?.value
        this.#paths.set(expr, [...this.#path(expr.args[0]!), overload === 'index_list' ? '@items' : '@values'])
      }
      if (size === undefined) size = this.#size(expr)
    }
    if (size !== undefined) this.#sizes.set(expr, size)
    return add(sum, cost)
  }

  #callCost(
    expr: CallExpr,
    overload: string,
    target: SizedNode | undefined,
    args: readonly SizedNode[],
    costs: readonly Range[],
  ): CallEstimate {
    const ofArgs = costs.reduce(add, zero)
    const rule = this.#scope.estimates.get(expr.name)?.(this, overload, target, args)
    if (rule !== undefined) return { ...rule, cost: add(rule.cost, ofArgs) }
    if (overload === 'logical_or' || overload === 'logical_and') {
      return { cost: { min: costs[0]!.min, max: add(costs[0]!, costs[1]!).max } }
    }
    if (overload === 'conditional') {
      const entry = uniteEntries(this.#entrySize(expr.args[1]!), this.#entrySize(expr.args[2]!))
      if (entry !== undefined) this.#entries.set(expr, entry)
      const size = union(this.#sizeOrUnknown(args[1]!), this.#sizeOrUnknown(args[2]!))
      return { cost: add(costs[0]!, union(costs[1]!, costs[2]!)), size }
    }
    if ((overload === 'add_string' || overload === 'add_bytes' || overload === 'add_list') && args.length === 2) {
      const entry = uniteEntries(this.#entrySize(expr.args[0]!), this.#entrySize(expr.args[1]!))
      if (entry !== undefined) this.#entries.set(expr, entry)
    }
    const own = estimateStandardCall(overload, (node) => this.#sizeOrUnknown(node), target, args)
    if (own !== undefined) return { ...own, cost: add(own.cost, ofArgs) }
    return { cost: add(one, ofArgs) }
  }

  #list(expr: Extract<Expr, { kind: 'list' }>): Range {
    let sum = zero
    let value: Range = { min: expr.elements.length === 0 ? 0n : most, max: 0n }
    for (const element of expr.elements) {
      sum = add(sum, this.cost(element))
      value = union(value, this.#size(element) ?? unknownRange)
    }
    this.#entries.set(expr, { kind: 'list', key: one, value })
    return add(sum, fixed(10))
  }

  #map(expr: Extract<Expr, { kind: 'map' }>): Range {
    let sum = zero
    const none: Range = { min: expr.entries.length === 0 ? 0n : most, max: 0n }
    let key = none
    let value = none
    for (const entry of expr.entries) {
      sum = add(sum, add(this.cost(entry.key), this.cost(entry.value)))
      key = union(key, this.#size(entry.key) ?? unknownRange)
      value = union(value, this.#size(entry.value) ?? unknownRange)
    }
    this.#entries.set(expr, { kind: 'map', key, value })
    return add(sum, fixed(30))
  }

  #isBind(expr: ComprehensionExpr): boolean {
    const { range, condition } = expr
    return (
      range.kind === 'list' &&
      range.elements.length === 0 &&
      condition.kind === 'literal' &&
      condition.value === false &&
      expr.accumulator !== '__result__'
    )
  }

  #bind(expr: ComprehensionExpr): Range {
    let sum = add(this.cost(expr.range), this.cost(expr.init))
    this.#push(expr.accumulator, {
      path: this.#path(expr.init),
      entry: this.#entrySize(expr.init),
      size: this.#size(expr.init),
    })
    sum = add(sum, this.cost(expr.result))
    this.#pop(expr.accumulator)
    this.#copySizes(expr, expr.result)
    return sum
  }

  #comprehension(expr: ComprehensionExpr): Range {
    let sum = add(this.cost(expr.range), this.cost(expr.init))
    this.#push(expr.accumulator, {
      path: this.#path(expr.init),
      entry: this.#entrySize(expr.init),
      size: this.#size(expr.init),
    })
    const entry = this.#entrySize(expr.range)
    const path = this.#path(expr.range)
    const isList = (entry?.kind ?? expr.range.type!.kind) === 'list'
    const key: Local = { path: [...path, isList ? '@indices' : '@keys'], size: entry?.key, entry: undefined }
    const value: Local = { path: [...path, isList ? '@items' : '@values'], size: entry?.value, entry: undefined }
    if (expr.second === undefined) this.#push(expr.variable, isList ? value : key)
    else {
      this.#push(expr.variable, key)
      this.#push(expr.second, value)
    }
    const condition = this.cost(expr.condition)
    const step = this.cost(expr.step)
    this.#pop(expr.variable)
    if (expr.second !== undefined) this.#pop(expr.second)
    sum = add(sum, this.cost(expr.result))
    this.#pop(expr.accumulator)
    const count = this.#size(expr.range) ?? unknownRange
    sum = add(sum, times(count, add(step, condition)))
    if (expr.init.kind === 'literal') {
      const size = this.#size(expr.init)
      if (size !== undefined) this.#sizes.set(expr, size)
    } else if (expr.init.kind === 'list' || expr.init.kind === 'map') {
      this.#sizes.set(expr, count)
      const stepEntry = this.#entrySize(expr.step)
      if (stepEntry !== undefined) this.#entries.set(expr, stepEntry)
    }
    return sum
  }

  #path(expr: Expr): readonly string[] {
    if (expr.kind === 'ident') {
      const local = this.#local(expr.name)
      if (local !== undefined) return local.path
    }
    return this.#paths.get(expr) ?? []
  }

  #node(expr: Expr): SizedNode {
    const path = this.#path(expr)
    const shown = path[0] === accumulatorName || path[0] === '__result__' ? [] : path
    return { path: shown, type: expr.type!, expr, size: this.#size(expr) }
  }

  #sizeOrUnknown(node: SizedNode): Range {
    return node.size ?? unknownRange
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#size(from)
    if (size !== undefined) this.#sizes.set(to, size)
    const entry = this.#entrySize(from)
    if (entry !== undefined) this.#entries.set(to, entry)
  }

  #size(expr: Expr): Range | undefined {
    const computed = this.#sizes.get(expr) ?? literalSize(expr)
    if (computed !== undefined) return computed
    const declared = this.#declaredSize(this.#path(expr))
    if (declared !== undefined) {
      this.#sizes.set(expr, declared)
      return declared
    }
    if (isScalar(expr.type!)) return one
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined
  }

  #declaredSize(path: readonly string[]): Range | undefined {
    return this.#scope.variables === undefined ? undefined : declaredSize(path, this.#scope.variables)
  }

  #entrySize(expr: Expr): EntrySize | undefined {
    const known = this.#entries.get(expr)
    if (known !== undefined || expr.kind !== 'ident') return known
    return this.#local(expr.name)?.entry
  }
}

function uniteEntries(a: EntrySize | undefined, b: EntrySize | undefined): EntrySize | undefined {
  if (a === undefined || b === undefined) return undefined
  return { kind: a.kind, key: union(a.key, b.key), value: union(a.value, b.value) }
}

function literalSize(expr: Expr): Range | undefined {
  if (expr.kind === 'list') return fixed(expr.elements.length)
  if (expr.kind === 'map') return fixed(expr.entries.length)
  if (expr.kind !== 'literal') return undefined
  if (typeof expr.value === 'string') return fixed(codePoints(expr.value))
  return expr.value instanceof CelBytes ? fixed(expr.value.bytes.length) : one
}

const scalars = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint'])

function isScalar(type: TypeNode): boolean {
  return scalars.has(type.kind) || (isOptional(type) && isScalar(type.params[0]!))
}
