import type { GoMap, GoStruct } from './values.js'

/**
 * The parameter types that functions declare. A template's arguments are checked against them as Go's are:
 * a float64 is no int, an int64 is no int, only a literal adapts.
 */
export interface ParameterTypes {
  string: string
  bool: boolean
  /** A number literal or a Go int; arrives as a JavaScript number. */
  int: number
  int64: bigint
  float64: number
  /** Anything; nil arrives as null. */
  any: unknown
  /** Anything, where "no value" (undefined) and nil (null) differ: reflect.Value. */
  value: unknown
  map: GoMap
  list: unknown[]
  strings: string[]
  time: GoStruct
  bytes: Uint8Array
}
export type ParameterType = keyof ParameterTypes

/** What a function may ask of the execution that calls it. */
export interface CallContext {
  /** Counts work or memory (in characters) against the budget; throws when it is spent. */
  charge(size: number): void
  /** Runs the named template of the same set and gives its output. */
  render(name: string, data: unknown): string
  /** The set of templates that runs. */
  readonly templates: unknown
  /** Runs the named template of another set, at this execution's expense. */
  renderIn(templates: unknown, name: string, data: unknown): string
}

export interface GoFunction {
  readonly parameters: readonly ParameterType[]
  /** The type of any number of further arguments. */
  readonly rest: ParameterType | undefined
  readonly run: (this: CallContext, ...args: unknown[]) => unknown
  /** `and` and `or` stop early; `call` calls: the execution knows them by this mark. */
  readonly special?: 'and' | 'or' | 'call'
}

/** Functions by name. */
export type FunctionTable = ReadonlyMap<string, GoFunction>

type Arguments<P extends readonly ParameterType[]> = { [K in keyof P]: ParameterTypes[P[K]] }

/**
 * Declares a function for templates. `run` gets checked arguments; what it throws becomes
 * `error calling NAME: message`. It returns Go values as values.ts describes them.
 */
export function goFunction<const P extends readonly ParameterType[]>(
  parameters: P,
  run: (this: CallContext, ...args: Arguments<P>) => unknown,
): GoFunction {
  return Object.freeze({ parameters, rest: undefined, run: run as unknown as GoFunction['run'] })
}

/** Declares a function that takes any number of further arguments of one type. */
export function goVariadic<const P extends readonly ParameterType[], R extends ParameterType>(
  parameters: P,
  rest: R,
  run: (this: CallContext, ...args: [...Arguments<P>, ...ParameterTypes[R][]]) => unknown,
): GoFunction {
  return Object.freeze({ parameters, rest, run: run as unknown as GoFunction['run'] })
}

/** The name of a parameter type as Go's messages print it. */
export const parameterNames: Readonly<Record<ParameterType, string>> = {
  string: 'string',
  bool: 'bool',
  int: 'int',
  int64: 'int64',
  float64: 'float64',
  any: 'interface {}',
  value: 'reflect.Value',
  map: 'map[string]interface {}',
  list: '[]interface {}',
  strings: '[]string',
  time: 'time.Time',
  bytes: '[]uint8',
}
