import type { FunctionDeclaration, Implementation, Overload } from '../check/declarations.js'
import type { TypeNode } from '../types/type-node.js'
import { CelFailure, CelList, CelMap, noSuchOverload, typeNameOf, type Value, ValueList } from '../values/values.js'
import type { Frame, Run } from './frame.js'

/** Whether a value may be an argument of a type; of lists and maps only the first element is looked at. */
export function fitsType(type: TypeNode, value: Value): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true
    case 'string':
      return typeof value === 'string'
    case 'bool':
      return typeof value === 'boolean'
    case 'int':
      return typeof value === 'number' || typeof value === 'bigint'
    case 'list':
      return value instanceof CelList && (value.size === 0 || fitsType(type.params[0]!, value.get(0)))
    case 'map': {
      if (!(value instanceof CelMap)) return false
      const [key] = value.size === 0 ? [] : value.keys()
      return key === undefined || (fitsType(type.params[0]!, key) && fitsType(type.params[1]!, value.find(key) ?? null))
    }
    default:
      return typeNameOf(value) === type.name
  }
}

function noMatch(name: string, args: readonly Value[]): CelFailure {
  for (const arg of args) if (arg instanceof CelFailure) return arg
  return new CelFailure(`no such overload: ${name}(${args.map(typeNameOf).join(', ')})`)
}

function accepts(overload: Overload, args: readonly Value[]): boolean {
  return overload.args.length === args.length && overload.args.every((type, i) => fitsType(type, args[i]!))
}

export interface Dispatch {
  readonly run: Implementation | undefined
  /** Arguments after a failure are not looked at. */
  readonly stopsEarly: boolean
}

/** What a call runs: the overload it was checked to, or the first that fits the values. */
export function dispatch(declaration: FunctionDeclaration, overloads: readonly string[], argCount: number): Dispatch {
  if (declaration.run !== undefined) return { run: declaration.run, stopsEarly: argCount > 2 }
  const bound = declaration.overloads.filter((overload) => overload.run !== undefined)
  const only =
    overloads.length === 1 ? bound.find((overload) => overload.id === overloads[0]) : bound.length === 1 ? bound[0] : undefined
  if (only !== undefined) {
    const run = only.run!
    if (declaration.unguarded === true) return { run, stopsEarly: argCount > 2 }
    return {
      run: (...args) => (accepts(only, args) ? run(...args) : noMatch(declaration.name, args)),
      stopsEarly: argCount > 2,
    }
  }
  if (bound.length === 0) return { run: undefined, stopsEarly: argCount > 2 }
  return {
    run: (...args) => {
      const fitting = bound.find((overload) => accepts(overload, args))
      return fitting === undefined ? noMatch(declaration.name, args) : fitting.run!(...args)
    },
    stopsEarly: true,
  }
}

type Cost = ((args: readonly Value[], result: Value) => number) | undefined

/** An element of a list that a call makes, in characters that it looks at. */
const elementWork = 30

/** Counts what a call has done. What has a cost of its own is counted there, but for what it makes. */
function count(frame: Frame, costed: boolean, values: readonly Value[], result: Value): void {
  let work = 0
  if (typeof result === 'string') work = result.length
  else if (result instanceof ValueList && !values.includes(result)) work = result.size * elementWork
  if (!costed) for (const value of values) if (typeof value === 'string') work += value.length
  if (work > 0) frame.work(work)
}

/** A call as a closure. `cost` undefined is 1. */
export function planCall(run: Implementation, args: readonly Run[], cost: Cost, stopsEarly: boolean): Run {
  if (args.length === 1) return unary(run, args[0]!, cost)
  if (args.length === 2 && !stopsEarly) return binary(run, args[0]!, args[1]!, cost)
  return (frame) => {
    const values: Value[] = []
    for (const arg of args) {
      const value = arg(frame)
      values.push(value)
      if (value instanceof CelFailure) {
        if (values.length === args.length) frame.spend(cost?.(values, value) ?? 1)
        return value
      }
    }
    const result = run(...values)
    frame.spend(cost?.(values, result) ?? 1)
    count(frame, cost !== undefined, values, result)
    return result
  }
}

function unary(run: Implementation, arg: Run, cost: Cost): Run {
  return (frame) => {
    const value = arg(frame)
    const result = value instanceof CelFailure ? value : run(value)
    frame.spend(cost === undefined ? 1 : cost([value], result))
    if (typeof value === 'string' || typeof result === 'object' || typeof result === 'string') {
      count(frame, cost !== undefined, [value], result)
    }
    return result
  }
}

function binary(run: Implementation, left: Run, right: Run, cost: Cost): Run {
  if (cost === undefined) {
    return (frame) => {
      const x = left(frame)
      const y = right(frame)
      frame.spend(1)
      if (typeof x === 'number' && typeof y === 'number') return run(x, y)
      if (x instanceof CelFailure) return x
      if (y instanceof CelFailure) return y
      const result = run(x, y)
      if (typeof x === 'string' || typeof result === 'object') count(frame, false, [x, y], result)
      return result
    }
  }
  return (frame) => {
    const x = left(frame)
    const y = right(frame)
    const result = x instanceof CelFailure ? x : y instanceof CelFailure ? y : run(x, y)
    frame.spend(cost([x, y], result))
    if (typeof result === 'object' || typeof result === 'string') count(frame, true, [x, y], result)
    return result
  }
}

export function planAnd(left: Run, right: Run): Run {
  return (frame) => {
    const x = left(frame)
    if (x === false) return false
    const y = right(frame)
    if (y === false) return false
    if (x !== true) return x instanceof CelFailure ? x : noSuchOverload
    return y === true || y instanceof CelFailure ? y : noSuchOverload
  }
}

export function planOr(left: Run, right: Run): Run {
  return (frame) => {
    const x = left(frame)
    if (x === true) return true
    const y = right(frame)
    if (y === true) return true
    if (x !== false) return x instanceof CelFailure ? x : noSuchOverload
    return y === false || y instanceof CelFailure ? y : noSuchOverload
  }
}
