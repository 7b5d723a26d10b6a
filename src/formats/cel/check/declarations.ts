import type { CallEstimate, EstimateContext, SizedNode } from '../cost/estimate-types.js'
import type { Macros } from '../syntax/macros.js'
import { type TypeNode, typeParameters } from '../types/type-node.js'
import type { Value } from '../values/values.js'

export type Implementation = (...args: Value[]) => Value

export interface Overload {
  readonly id: string
  readonly member: boolean
  readonly args: readonly TypeNode[]
  readonly result: TypeNode
  /** Names of the type parameters in the signature. */
  readonly parameters: ReadonlySet<string>
  readonly run?: Implementation
}

export interface FunctionDeclaration {
  readonly name: string
  readonly overloads: readonly Overload[]
  /** One implementation for all overloads; it looks at its values itself. */
  readonly run?: Implementation
  /** The overload's own check of argument types is left to its implementation. */
  readonly unguarded?: boolean
}

/** The runtime cost of a call; undefined leaves it to the general rules. */
export type RuntimeCost = (overload: string, args: readonly Value[], result: Value) => number | undefined
export type EstimatedCost = (
  context: EstimateContext,
  overload: string,
  target: SizedNode | undefined,
  args: readonly SizedNode[],
) => CallEstimate | undefined

export interface CelLibrary {
  readonly functions: readonly FunctionDeclaration[]
  readonly macros?: Macros
  /** Type names that may stand in expressions. */
  readonly types?: ReadonlyMap<string, TypeNode>
  /** By function name. */
  readonly costs?: ReadonlyMap<string, RuntimeCost>
  readonly estimates?: ReadonlyMap<string, EstimatedCost>
  /** Functions whose constant pattern (second argument) is compiled when the program is made. */
  readonly patterns?: readonly string[]
}

export function overload(id: string, args: readonly TypeNode[], result: TypeNode, run?: Implementation): Overload {
  return { id, member: false, args, result, parameters: typeParameters([...args, result]), ...(run && { run }) }
}

export function member(id: string, args: readonly TypeNode[], result: TypeNode, run?: Implementation): Overload {
  return { ...overload(id, args, result, run), member: true }
}

/** Functions of the same name are one function. */
export function mergeFunctions(declarations: Iterable<FunctionDeclaration>): Map<string, FunctionDeclaration> {
  const merged = new Map<string, FunctionDeclaration>()
  for (const declaration of declarations) {
    const before = merged.get(declaration.name)
    if (before === undefined) merged.set(declaration.name, declaration)
    else {
      const ids = new Set(declaration.overloads.map((o) => o.id))
      const overloads = [...before.overloads.filter((o) => !ids.has(o.id)), ...declaration.overloads]
      merged.set(declaration.name, { ...before, ...declaration, overloads })
    }
  }
  return merged
}
