import type { TypeNode } from '../types/type-node.js'
import type { Value } from '../values/values.js'

/** Fields that the checker fills in. `at` is an offset (UTF-16) into the source; -1 is nowhere. */
interface Node {
  at: number
  type?: TypeNode
}

export interface LiteralExpr extends Node {
  kind: 'literal'
  value: Value
}
export interface IdentExpr extends Node {
  kind: 'ident'
  name: string
  /** The value of a type name. */
  constant?: Value
}
export interface SelectExpr extends Node {
  kind: 'select'
  operand: Expr
  field: string
  testOnly: boolean
  /** Set when the whole path names a type or a variable with dots. */
  qualified?: { name: string; constant?: Value }
}
export interface CallExpr extends Node {
  kind: 'call'
  name: string
  target: Expr | undefined
  args: Expr[]
  /** Names of the overloads that may be meant. */
  overloads?: string[]
}
export interface ListExpr extends Node {
  kind: 'list'
  elements: Expr[]
  optional: ReadonlySet<number>
}
export interface MapEntry {
  at: number
  key: Expr
  value: Expr
  optional: boolean
}
export interface MapExpr extends Node {
  kind: 'map'
  entries: MapEntry[]
}
export interface StructField {
  at: number
  name: string
  value: Expr
  optional: boolean
}
export interface StructExpr extends Node {
  kind: 'struct'
  name: string
  fields: StructField[]
}
export interface ComprehensionExpr extends Node {
  kind: 'comprehension'
  range: Expr
  variable: string
  second: string | undefined
  accumulator: string
  init: Expr
  condition: Expr
  step: Expr
  result: Expr
}
/** Stands where the source could not be read; an issue has been reported. */
export interface BrokenExpr extends Node {
  kind: 'broken'
}

export type Expr =
  | LiteralExpr
  | IdentExpr
  | SelectExpr
  | CallExpr
  | ListExpr
  | MapExpr
  | StructExpr
  | ComprehensionExpr
  | BrokenExpr

/** The accumulator of every macro; `@` keeps it apart from names that can be written. */
export const accumulatorName = '@result'

export const operators = {
  conditional: '_?_:_',
  and: '_&&_',
  or: '_||_',
  not: '!_',
  negate: '-_',
  index: '_[_]',
  optionalIndex: '_[?_]',
  optionalSelect: '_?._',
  add: '_+_',
  equals: '_==_',
  notEquals: '_!=_',
  in: '@in',
  notStrictlyFalse: '@not_strictly_false',
} as const

/** Calls `visit` for every expression, children first. */
export function walkUp(expr: Expr, visit: (expr: Expr, parents: readonly Expr[]) => void, parents: Expr[] = []): void {
  parents.push(expr)
  for (const child of childrenOf(expr)) walkUp(child, visit, parents)
  parents.pop()
  visit(expr, parents)
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'select':
      return [expr.operand]
    case 'call':
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args]
    case 'list':
      return expr.elements
    case 'map':
      return expr.entries.flatMap((entry) => [entry.key, entry.value])
    case 'struct':
      return expr.fields.map((field) => field.value)
    case 'comprehension':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result]
    default:
      return []
  }
}

/** `a.b.c` when the expression is made of names only. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name
  if (expr.kind !== 'select' || expr.testOnly) return undefined
  const before = qualifiedName(expr.operand)
  return before === undefined ? undefined : `${before}.${expr.field}`
}

/** Whether an expression has more nodes than `most`; stops counting there. */
export function isLargerThan(expr: Expr, most: number): boolean {
  let count = 0
  const open = [expr]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (++count > most) return true
    open.push(...childrenOf(next))
  }
  return false
}

/** A copy that shares no node with the original. */
export function copyExpr(expr: Expr): Expr {
  switch (expr.kind) {
    case 'select':
      return { ...expr, operand: copyExpr(expr.operand) }
    case 'call':
      return { ...expr, target: expr.target && copyExpr(expr.target), args: expr.args.map(copyExpr) }
    case 'list':
      return { ...expr, elements: expr.elements.map(copyExpr) }
    case 'map':
      return { ...expr, entries: expr.entries.map((e) => ({ ...e, key: copyExpr(e.key), value: copyExpr(e.value) })) }
    case 'struct':
      return { ...expr, fields: expr.fields.map((f) => ({ ...f, value: copyExpr(f.value) })) }
    case 'comprehension':
      return {
        ...expr,
        range: copyExpr(expr.range),
        init: copyExpr(expr.init),
        condition: copyExpr(expr.condition),
        step: copyExpr(expr.step),
        result: copyExpr(expr.result),
      }
    default:
      return { ...expr }
  }
}
