import type { CelLibrary, FunctionDeclaration } from '../check/declarations.js'
import type { CelType } from '../contract.js'
import { callCost } from '../cost/runtime-cost.js'
import { compilePattern } from '../library/patterns.js'
import { type CallExpr, type ComprehensionExpr, type Expr, operators, type SelectExpr } from '../syntax/syntax-tree.js'
import { equal } from '../values/equality.js'
import {
  CelBytes,
  CelDouble,
  CelFailure,
  CelLibraryValue,
  CelList,
  CelMap,
  CelOptional,
  CelUint,
  mapKey,
  noSuchOverload,
  orNoSuchOverload,
  typeNameOf,
  type Value,
  ValueList,
  ValueMap,
} from '../values/values.js'
import { type Attribute, invalidKey, qualify, resolver, rootAttribute } from './attributes.js'
import { dispatch, planAnd, planCall, planOr } from './calls.js'
import { planFold } from './comprehension.js'
import type { Run } from './frame.js'

/** A constant that cannot be computed; the program is refused before it runs. */
export class PlanFailure extends Error {}

export interface PlanScope {
  readonly functions: ReadonlyMap<string, FunctionDeclaration>
  readonly variables: ReadonlyMap<string, CelType>
  readonly costs: NonNullable<CelLibrary['costs']>
  readonly patterns: ReadonlySet<string>
}

type Planned =
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'attribute'; readonly attribute: Attribute }
  | { readonly kind: 'run'; readonly run: Run }

export interface Plan {
  readonly run: Run
  readonly slots: number
  readonly variables: ReadonlySet<string>
}

const conversions = new Set([...['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'type', 'uint']])

/** Turns a checked expression into closures that count their cost as cel-go's interpreter does. */
export function planExpression(expr: Expr, scope: PlanScope): Plan {
  const planner = new Planner(scope)
  const run = planner.runOf(planner.plan(expr))
  return { run, slots: planner.slots, variables: planner.used }
}

interface Local {
  readonly name: string
  readonly slot: number
  /** Computes the value when it is first read. */
  readonly late: Run | undefined
}

class Planner {
  readonly #scope: PlanScope
  readonly #locals: Local[] = []
  readonly #variableSlots = new Map<string, number>()
  slots = 0
  readonly used = new Set<string>()

  constructor(scope: PlanScope) {
    this.#scope = scope
  }

  runOf(planned: Planned): Run {
    if (planned.kind === 'run') return planned.run
    if (planned.kind === 'constant') {
      const { value } = planned
      return () => value
    }
    const resolve = resolver(planned.attribute)
    if (planned.attribute.kind === 'choice') return resolve
    return (frame) => {
      const value = resolve(frame)
      frame.spend(1)
      return value
    }
  }

  plan(expr: Expr): Planned {
    switch (expr.kind) {
      case 'literal':
        return constant(expr.value)
      case 'ident':
        return expr.constant === undefined ? this.#variable(expr.name) : constant(expr.constant)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'comprehension':
        return this.#comprehension(expr)
      default:
        throw new PlanFailure(`unsupported expr: ${expr.kind}`)
    }
  }

  #run(expr: Expr): Run {
    return this.runOf(this.plan(expr))
  }

  #variable(name: string): Planned {
    const local = this.#locals.findLast((candidate) => candidate.name === name)
    if (local !== undefined) return attribute(rootAttribute(readLocal(local)))
    this.used.add(name)
    let slot = this.#variableSlots.get(name)
    if (slot === undefined) {
      slot = this.slots++
      this.#variableSlots.set(name, slot)
    }
    const place = slot
    const type = this.#scope.variables.get(name) ?? { kind: 'dyn' }
    return attribute(
      rootAttribute((frame) => {
        const value = frame.slots[place]
        return value === undefined ? frame.load(place, name, type) : value
      }),
    )
  }

  /** A planned operand as something that qualifiers can be added to. */
  #asAttribute(planned: Planned): Attribute {
    return planned.kind === 'attribute' ? planned.attribute : rootAttribute(this.runOf(planned))
  }

  #select(expr: SelectExpr): Planned {
    if (expr.qualified !== undefined) {
      const { constant: value, name } = expr.qualified
      return value === undefined ? this.#variable(name) : constant(value)
    }
    const found = this.#asAttribute(this.plan(expr.operand))
    qualify(found, { key: expr.field, optional: false, testOnly: expr.testOnly })
    if (!expr.testOnly) return attribute(found)
    const resolve = resolver(found)
    // A test costs what its way costs; after a choice upstream takes the test's own cost off though it never came on.
    const back = found.kind === 'choice' ? -1 : 0
    return run((frame) => {
      const value = resolve(frame)
      frame.cost += back
      return value instanceof CelOptional ? value.value !== undefined : value
    })
  }

  #call(expr: CallExpr): Planned {
    const operands = expr.target === undefined ? expr.args : [expr.target, ...expr.args]
    const [first, second] = operands
    switch (expr.name) {
      case operators.and:
        return run(this.#onAccumulator(first!, second!, false) ?? planAnd(this.#run(first!), this.#run(second!)))
      case operators.or:
        return run(this.#onAccumulator(first!, second!, true) ?? planOr(this.#run(first!), this.#run(second!)))
      case operators.conditional:
        return attribute({
          kind: 'choice',
          condition: this.#run(first!),
          whenTrue: this.#asAttribute(this.plan(second!)),
          whenFalse: this.#asAttribute(this.plan(operands[2]!)),
        })
      case operators.index:
        return this.#index(first!, second!, false)
      case operators.optionalIndex:
      case operators.optionalSelect:
        return this.#index(first!, second!, true)
      case operators.equals:
      case operators.notEquals:
        return this.#equality(expr.name, first!, second!)
      case operators.notStrictlyFalse:
        return this.#notStrictlyFalse(first!)
      case 'or':
      case 'orValue':
        if (operands.length === 2) return this.#optionalOr(expr.name === 'orValue', first!, second!)
        break
      case operators.add: {
        const append = this.#append(first!, second!)
        if (append !== undefined) return run(append)
        break
      }
    }
    return this.#function(expr, operands)
  }

  #function(expr: CallExpr, operands: readonly Expr[]): Planned {
    const declaration = this.#scope.functions.get(expr.name)
    const overloads = expr.overloads ?? []
    if (declaration === undefined) throw new PlanFailure(`no such overload: ${expr.name}`)
    const planned = operands.map((operand) => this.plan(operand))
    const { run: dispatched, stopsEarly } = dispatch(declaration, overloads, planned.length)
    if (dispatched === undefined) throw new PlanFailure(`no such overload: ${expr.name}`)
    let implementation = dispatched
    const only = planned.length === 1 ? planned[0] : undefined
    if (only?.kind === 'constant' && conversions.has(expr.name)) {
      const value = implementation(only.value)
      if (value instanceof CelFailure) throw new PlanFailure(value.message)
      return constant(value)
    }
    const overloadId = overloads.length === 1 ? overloads[0]! : ''
    if (overloadId === 'in_list') {
      const member = membership(planned[1]!, this.runOf(planned[0]!))
      if (member !== undefined) return member
    }
    const pattern = planned[1]
    let early = stopsEarly
    if (this.#scope.patterns.has(expr.name) && pattern?.kind === 'constant' && typeof pattern.value === 'string') {
      const compiled = compilePattern(pattern.value)
      if (compiled instanceof CelFailure) throw new PlanFailure(compiled.message)
      early = true
      implementation = (...args) => (typeof args[0] === 'string' ? dispatched(...args) : noSuchOverload)
    }
    const cost = callCost(overloadId, this.#scope.costs.get(expr.name))
    if (planned.length === 0) {
      return run((frame) => {
        const value = implementation()
        frame.spend(cost?.([], value) ?? 1)
        return value
      })
    }
    return run(
      planCall(
        implementation,
        planned.map((p) => this.runOf(p)),
        cost,
        early,
      ),
    )
  }

  #equality(name: string, left: Expr, right: Expr): Planned {
    const same = name === operators.equals
    const cost = callCost(same ? 'equals' : 'not_equals', same ? this.#scope.costs.get(name) : undefined)!
    const x = this.#run(left)
    const y = this.#run(right)
    return run((frame) => {
      const a = x(frame)
      const b = y(frame)
      let result: Value
      if (a instanceof CelFailure) result = a
      else if (b instanceof CelFailure) result = b
      else {
        const found = equal(a, b)
        result = same ? found : found !== true
      }
      // Most compare what has no size; of those the cost is 1.
      if (isSmall(a) || isSmall(b))
        frame.spend(a instanceof CelLibraryValue ? cost([a, b], result) : isEmpty(a) || isEmpty(b) ? 0 : 1)
      else frame.spend(cost([a, b], result))
      return result
    })
  }

  /** The slot of the accumulator that an expression names; undefined when it names none. */
  #accumulatorSlot(expr: Expr): number | undefined {
    if (expr.kind !== 'ident' || !expr.name.startsWith('@')) return undefined
    const local = this.#locals.findLast((candidate) => candidate.name === expr.name)
    return local?.late === undefined ? local?.slot : undefined
  }

  /** The step of `all` and `exists`: the accumulator and one more test. It ends at `end`. */
  #onAccumulator(left: Expr, right: Expr, end: boolean): Run | undefined {
    const slot = this.#accumulatorSlot(left)
    if (slot === undefined) return undefined
    const test = this.#run(right)
    return (frame) => {
      frame.spend(1)
      const before = frame.slots[slot]!
      if (before === end) return end
      const now = test(frame)
      if (now === end) return end
      if (before instanceof CelFailure) return before
      return typeof now === 'boolean' ? now : orNoSuchOverload(now)
    }
  }

  #notStrictlyFalse(operand: Expr): Planned {
    const slot = this.#accumulatorSlot(operand)
    if (slot !== undefined) {
      return run((frame) => {
        frame.spend(2)
        return frame.slots[slot] !== false
      })
    }
    const negated =
      operand.kind === 'call' && operand.name === operators.not ? this.#accumulatorSlot(operand.args[0]!) : undefined
    if (negated !== undefined) {
      return run((frame) => {
        frame.spend(3)
        return frame.slots[negated] !== true
      })
    }
    const inner = this.#run(operand)
    return run((frame) => {
      const value = inner(frame)
      frame.spend(1)
      return typeof value === 'boolean' ? value : true
    })
  }

  #optionalOr(unwrap: boolean, left: Expr, right: Expr): Planned {
    const x = this.#run(left)
    const y = this.#run(right)
    return run((frame) => {
      const value = x(frame)
      if (!(value instanceof CelOptional)) return value
      if (value.value === undefined) return y(frame)
      return unwrap ? value.value : value
    })
  }

  #index(operand: Expr, key: Expr, optional: boolean): Planned {
    const found = this.#asAttribute(this.plan(operand))
    const planned = this.plan(key)
    if (planned.kind === 'constant') {
      const invalid = invalidKey(planned.value)
      if (invalid !== undefined) throw new PlanFailure(invalid.message)
      qualify(found, { key: planned.value, optional, testOnly: false })
    } else {
      const read = planned.kind === 'attribute' ? resolver(planned.attribute) : planned.run
      qualify(found, { key: read, optional, testOnly: false })
    }
    return attribute(found)
  }

  #list(expr: Extract<Expr, { kind: 'list' }>): Planned {
    const planned = expr.elements.map((element) => this.plan(element))
    if (expr.optional.size === 0 && planned.every(isConstant)) {
      return constant(new ValueList(planned.map((element) => element.value)))
    }
    const runs = planned.map((element) => this.runOf(element))
    const { optional } = expr
    return run((frame) => {
      const items: Value[] = []
      for (let i = 0; i < runs.length; i++) {
        let value = runs[i]!(frame)
        if (optional.has(i) && !(value instanceof CelFailure)) {
          if (!(value instanceof CelOptional)) {
            value = new CelFailure(`cannot initialize optional list element from non-optional value ${typeNameOf(value)}`)
          } else if (value.value === undefined) continue
          else value = value.value
        }
        if (value instanceof CelFailure) {
          frame.spend(10)
          return value
        }
        items.push(value)
      }
      frame.spend(10)
      return new ValueList(items)
    })
  }

  #map(expr: Extract<Expr, { kind: 'map' }>): Planned {
    const planned = expr.entries.map((entry) => ({
      key: this.plan(entry.key),
      value: this.plan(entry.value),
      optional: entry.optional,
    }))
    if (planned.every((entry) => isConstant(entry.key) && isConstant(entry.value) && !entry.optional)) {
      return constant(ValueMap.of(planned.map((entry) => [constantOf(entry.key), constantOf(entry.value)] as const)))
    }
    const runs = planned.map((entry) => ({
      key: this.runOf(entry.key),
      value: this.runOf(entry.value),
      optional: entry.optional,
    }))
    return run((frame) => {
      const map = new ValueMap(new Map())
      let failure: CelFailure | undefined
      for (const entry of runs) {
        const key = entry.key(frame)
        let value: Value = key instanceof CelFailure ? key : entry.value(frame)
        if (entry.optional && !(value instanceof CelFailure)) {
          if (!(value instanceof CelOptional)) {
            value = new CelFailure(`cannot initialize optional entry '${typeNameOf(key)}' from non-optional value`)
          } else if (value.value === undefined) {
            map.entries.delete(mapKey(key))
            continue
          } else value = value.value
        }
        if (value instanceof CelFailure) {
          failure = value
          break
        }
        map.set(key, value)
      }
      frame.spend(30)
      return failure ?? map
    })
  }

  #comprehension(expr: ComprehensionExpr): Planned {
    const range = this.#run(expr.range)
    const init = this.plan(expr.init)
    const accumulator = this.slots++
    const first = this.slots++
    const second = expr.second === undefined ? -1 : this.slots++
    const late = init.kind === 'constant' ? undefined : this.runOf(init)
    this.#locals.push({ name: expr.accumulator, slot: accumulator, late })
    const result = this.#run(expr.result)
    this.#locals.push({ name: expr.variable, slot: first, late: undefined })
    if (expr.second !== undefined) this.#locals.push({ name: expr.second, slot: second, late: undefined })
    const condition = this.plan(expr.condition)
    const step = this.#run(expr.step)
    this.#locals.length -= expr.second === undefined ? 2 : 3
    return run(
      planFold({
        range,
        first,
        second,
        accumulator,
        init: late === undefined ? this.runOf(init) : undefined,
        condition: condition.kind === 'constant' && condition.value === true ? undefined : this.runOf(condition),
        step,
        result,
      }),
    )
  }

  /** `accumulator + [x]`: the list that a comprehension builds grows in place. */
  #append(left: Expr, right: Expr): Run | undefined {
    if (left.kind !== 'ident' || right.kind !== 'list' || right.elements.length !== 1 || right.optional.size > 0) return undefined
    if (!left.name.startsWith('@')) return undefined
    const local = this.#locals.findLast((candidate) => candidate.name === left.name)
    if (local === undefined || local.late !== undefined) return undefined
    const element = this.plan(right.elements[0]!)
    const item = this.runOf(element)
    const { slot } = local
    const cost = isConstant(element) ? 2 : 12
    return (frame) => {
      const list = frame.slots[slot]
      const value = item(frame)
      frame.spend(cost)
      if (list instanceof CelFailure) return list
      if (value instanceof CelFailure) return value
      if (list instanceof ValueList) list.items.push(value)
      return list!
    }
  }
}

function readLocal(local: Local): Run {
  const { slot, late } = local
  if (late === undefined) return (frame) => frame.slots[slot]!
  return (frame) => {
    const known = frame.slots[slot]
    if (known !== undefined) return known
    const value = late(frame)
    frame.slots[slot] = value
    return value
  }
}

function membership(list: Planned, item: Run): Planned | undefined {
  if (list.kind !== 'constant' || !(list.value instanceof CelList)) return undefined
  if (list.value.size === 0) return constant(false)
  const members = new Set<unknown>()
  for (let i = 0; i < list.value.size; i++) {
    const member = list.value.get(i)
    if (!isPlain(member)) return undefined
    members.add(mapKey(member))
  }
  return run((frame) => {
    const value = item(frame)
    if (value instanceof CelFailure) return value
    return isPlain(value) && !(value instanceof CelDouble && Number.isNaN(value.value)) && members.has(mapKey(value))
  })
}

function isPlain(value: Value): boolean {
  return value !== null && (typeof value !== 'object' || value instanceof CelUint || value instanceof CelDouble)
}

function isSmall(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'boolean' || value === null || value === ''
}

function isEmpty(value: Value): boolean {
  return (
    value === '' ||
    ((value instanceof CelList || value instanceof CelMap) && value.size === 0) ||
    (value instanceof CelBytes && value.bytes.length === 0)
  )
}

function isConstant(planned: Planned): planned is Extract<Planned, { kind: 'constant' }> {
  return planned.kind === 'constant'
}

function constantOf(planned: Planned): Value {
  return planned.kind === 'constant' ? planned.value : null
}

function constant(value: Value): Planned {
  return { kind: 'constant', value }
}

function attribute(value: Attribute): Planned {
  return { kind: 'attribute', attribute: value }
}

function run(value: Run): Planned {
  return { kind: 'run', run: value }
}
