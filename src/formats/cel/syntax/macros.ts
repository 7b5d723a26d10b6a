import type { Value } from '../values/values.js'
import { accumulatorName, copyExpr, type Expr, isLargerThan, operators } from './syntax-tree.js'

/** What a macro makes of a call; undefined leaves the call alone. `wrong` is an issue at a node. */
export type Expansion = Expr | { readonly wrong: string; readonly at: number } | undefined
export type Macro = (at: number, target: Expr | undefined, args: readonly Expr[]) => Expansion
/** Keys are `name:arguments:receiver`. */
export type Macros = ReadonlyMap<string, Macro>

export function macroKey(name: string, args: number, receiver: boolean): string {
  return `${name}:${args}:${receiver}`
}

class Maker {
  readonly at: number
  constructor(at: number) {
    this.at = at
  }
  literal(value: Value): Expr {
    return { kind: 'literal', at: this.at, value }
  }
  ident(name: string): Expr {
    return { kind: 'ident', at: this.at, name }
  }
  accumulator(): Expr {
    return this.ident(accumulatorName)
  }
  call(name: string, ...args: Expr[]): Expr {
    return { kind: 'call', at: this.at, name, target: undefined, args }
  }
  member(name: string, target: Expr, ...args: Expr[]): Expr {
    return { kind: 'call', at: this.at, name, target, args }
  }
  list(...elements: Expr[]): Expr {
    return { kind: 'list', at: this.at, elements, optional: new Set() }
  }
  map(): Expr {
    return { kind: 'map', at: this.at, entries: [] }
  }
  fold(parts: Omit<Extract<Expr, { kind: 'comprehension' }>, 'kind' | 'at' | 'type'>): Expr {
    return { kind: 'comprehension', at: this.at, ...parts }
  }
}

function has(at: number, _target: Expr | undefined, args: readonly Expr[]): Expansion {
  const tested = args[0]!
  if (tested.kind !== 'select') return { wrong: 'invalid argument to has() macro', at: tested.at }
  return { kind: 'select', at, operand: tested.operand, field: tested.field, testOnly: true }
}

type Quantifier = 'all' | 'exists' | 'one'

function quantify(make: Maker, kind: Quantifier, range: Expr, names: [string, string | undefined], predicate: Expr): Expr {
  const parts = { range, variable: names[0], second: names[1], accumulator: accumulatorName }
  if (kind === 'all') {
    return make.fold({
      ...parts,
      init: make.literal(true),
      condition: make.call(operators.notStrictlyFalse, make.accumulator()),
      step: make.call(operators.and, make.accumulator(), predicate),
      result: make.accumulator(),
    })
  }
  if (kind === 'exists') {
    return make.fold({
      ...parts,
      init: make.literal(false),
      condition: make.call(operators.notStrictlyFalse, make.call(operators.not, make.accumulator())),
      step: make.call(operators.or, make.accumulator(), predicate),
      result: make.accumulator(),
    })
  }
  return make.fold({
    ...parts,
    init: make.literal(0),
    condition: make.literal(true),
    step: make.call(
      operators.conditional,
      predicate,
      make.call(operators.add, make.accumulator(), make.literal(1)),
      make.accumulator(),
    ),
    result: make.call(operators.equals, make.accumulator(), make.literal(1)),
  })
}

const overwrites = 'iteration variable overwrites accumulator variable'

function isReserved(name: string): boolean {
  return name === accumulatorName || name === '__result__'
}

function quantifier(kind: Quantifier): Macro {
  return (at, target, args) => {
    const name = args[0]!
    if (name.kind !== 'ident') return { wrong: 'argument must be a simple name', at: name.at }
    if (isReserved(name.name)) return { wrong: overwrites, at: name.at }
    return quantify(new Maker(at), kind, target!, [name.name, undefined], args[1]!)
  }
}

const mapMacro: Macro = (at, target, args) => {
  const make = new Maker(at)
  const name = args[0]!
  if (name.kind !== 'ident') return { wrong: 'argument is not an identifier', at: name.at }
  if (isReserved(name.name)) return { wrong: overwrites, at: name.at }
  const transform = args.at(-1)!
  let step = make.call(operators.add, make.accumulator(), make.list(transform))
  if (args.length === 3) step = make.call(operators.conditional, args[1]!, step, make.accumulator())
  return buildList(make, target!, [name.name, undefined], step)
}

const filterMacro: Macro = (at, target, args) => {
  const make = new Maker(at)
  const name = args[0]!
  if (name.kind !== 'ident') return { wrong: 'argument is not an identifier', at: name.at }
  if (isReserved(name.name)) return { wrong: overwrites, at: name.at }
  const append = make.call(operators.add, make.accumulator(), make.list({ ...name }))
  const step = make.call(operators.conditional, args[1]!, append, make.accumulator())
  return buildList(make, target!, [name.name, undefined], step)
}

function buildList(make: Maker, range: Expr, names: [string, string | undefined], step: Expr): Expr {
  return make.fold({
    range,
    variable: names[0],
    second: names[1],
    accumulator: accumulatorName,
    init: make.list(),
    condition: make.literal(true),
    step,
    result: make.accumulator(),
  })
}

export const standardMacros: Macros = new Map<string, Macro>([
  [macroKey('has', 1, false), has],
  [macroKey('all', 2, true), quantifier('all')],
  [macroKey('exists', 2, true), quantifier('exists')],
  [macroKey('exists_one', 2, true), quantifier('one')],
  [macroKey('map', 2, true), mapMacro],
  [macroKey('map', 3, true), mapMacro],
  [macroKey('filter', 2, true), filterMacro],
])

const mostCopied = 5_000

function optionalMap(flat: boolean): Macro {
  const name = flat ? 'optFlatMap' : 'optMap'
  return (at, target, args) => {
    const make = new Maker(at)
    const variable = args[0]!
    if (variable.kind !== 'ident') return { wrong: `${name}() variable name must be a simple identifier`, at: variable.at }
    // Each doubles what it stands on: a chain of them would fill the memory of whoever compiles it.
    if (isLargerThan(target!, mostCopied)) return { wrong: `${name}() would copy more than ${mostCopied} nodes`, at }
    const bound = make.fold({
      range: make.list(),
      variable: '#unused',
      second: undefined,
      accumulator: variable.name,
      init: make.member('value', copyExpr(target!)),
      condition: make.literal(false),
      step: make.ident(variable.name),
      result: args[1]!,
    })
    return make.call(
      operators.conditional,
      make.member('hasValue', target!),
      flat ? bound : make.call('optional.of', bound),
      make.call('optional.none'),
    )
  }
}

export const optionalMacros: Macros = new Map<string, Macro>([
  [macroKey('optMap', 2, true), optionalMap(false)],
  [macroKey('optFlatMap', 2, true), optionalMap(true)],
])

export const mapInsert = 'cel.@mapInsert'

function twoVariables(build: (make: Maker, target: Expr, names: [string, string], rest: readonly Expr[]) => Expr): Macro {
  return (at, target, args) => {
    const first = args[0]!
    const second = args[1]!
    if (first.kind !== 'ident') return { wrong: 'argument must be a simple name', at: first.at }
    if (second.kind !== 'ident') return { wrong: 'argument must be a simple name', at: second.at }
    if (first.name === second.name) return { wrong: `duplicate variable name: ${first.name}`, at: second.at }
    if (isReserved(first.name)) return { wrong: overwrites, at: first.at }
    if (isReserved(second.name)) return { wrong: overwrites, at: second.at }
    return build(new Maker(at), target!, [first.name, second.name], args.slice(2))
  }
}

function filtered(make: Maker, rest: readonly Expr[], step: (transform: Expr) => Expr): Expr {
  const made = step(rest.at(-1)!)
  return rest.length === 2 ? make.call(operators.conditional, rest[0]!, made, make.accumulator()) : made
}

const transformList = twoVariables((make, target, names, rest) =>
  buildList(
    make,
    target,
    names,
    filtered(make, rest, (value) => make.call(operators.add, make.accumulator(), make.list(value))),
  ),
)

function transformMap(entries: boolean): Macro {
  return twoVariables((make, target, names, rest) =>
    make.fold({
      range: target,
      variable: names[0],
      second: names[1],
      accumulator: accumulatorName,
      init: make.map(),
      condition: make.literal(true),
      step: filtered(make, rest, (value) =>
        entries
          ? make.call(mapInsert, make.accumulator(), value)
          : make.call(mapInsert, make.accumulator(), make.ident(names[0]), value),
      ),
      result: make.accumulator(),
    }),
  )
}

function quantifierOfTwo(kind: Quantifier): Macro {
  return twoVariables((make, target, names, rest) => quantify(make, kind, target, names, rest[0]!))
}

export const twoVariableMacros: Macros = new Map<string, Macro>([
  [macroKey('all', 3, true), quantifierOfTwo('all')],
  [macroKey('exists', 3, true), quantifierOfTwo('exists')],
  [macroKey('existsOne', 3, true), quantifierOfTwo('one')],
  [macroKey('exists_one', 3, true), quantifierOfTwo('one')],
  [macroKey('transformList', 3, true), transformList],
  [macroKey('transformList', 4, true), transformList],
  [macroKey('transformMap', 3, true), transformMap(false)],
  [macroKey('transformMap', 4, true), transformMap(false)],
  [macroKey('transformMapEntry', 3, true), transformMap(true)],
  [macroKey('transformMapEntry', 4, true), transformMap(true)],
])
