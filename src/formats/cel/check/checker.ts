import type { Issues } from '../syntax/issues.js'
import { reserved } from '../syntax/parser.js'
import {
  type CallExpr,
  type ComprehensionExpr,
  type Expr,
  operators,
  qualifiedName,
  type SelectExpr,
} from '../syntax/syntax-tree.js'
import { mostGeneral, Substitution } from '../types/substitution.js'
import {
  boolType,
  bytesType,
  doubleType,
  dynType,
  errorType,
  formatType,
  fromCelType,
  intType,
  isOptional,
  listType,
  mapType,
  nullType,
  optionalType,
  paramType,
  sameType,
  stringType,
  type TypeNode,
  typeOfType,
  uintType,
} from '../types/type-node.js'
import { CelBytes, CelDouble, CelTypeValue, CelUint, type Value } from '../values/values.js'
import type { FunctionDeclaration, Overload } from './declarations.js'

export interface CheckerScope {
  readonly functions: ReadonlyMap<string, FunctionDeclaration>
  readonly types: ReadonlyMap<string, TypeNode>
  readonly variables: ReadonlyMap<string, TypeNode>
}

interface Named {
  readonly name: string
  readonly type: TypeNode
  readonly constant?: Value
}

/** Gives every expression its type and every call its overloads. What does not fit is reported in cel-go's words. */
export class Checker {
  readonly #scope: CheckerScope
  readonly #issues: Issues
  readonly #types = new Substitution()
  readonly #locals: Map<string, TypeNode>[] = []
  #variables = 0

  constructor(scope: CheckerScope, issues: Issues) {
    this.#scope = scope
    this.#issues = issues
  }

  /** Checks the whole; afterwards no type has parameters. */
  check(expr: Expr): void {
    this.#check(expr)
  }

  /** The type with everything that was learnt later. */
  resolve(type: TypeNode): TypeNode {
    return this.#types.apply(type, true)
  }

  #check(expr: Expr): void {
    switch (expr.kind) {
      case 'literal':
        expr.type = typeOfLiteral(expr.value)
        return
      case 'ident': {
        const named = this.#lookUp(expr.name)
        if (named === undefined) {
          expr.type = errorType
          this.#undeclared(expr.at, expr.name)
          return
        }
        expr.type = named.type
        expr.name = named.name
        if (named.constant !== undefined) expr.constant = named.constant
        return
      }
      case 'select':
        this.#checkSelect(expr)
        return
      case 'call':
        this.#checkCall(expr)
        return
      case 'list':
        this.#checkList(expr)
        return
      case 'map':
        this.#checkMap(expr)
        return
      case 'struct':
        this.#undeclared(expr.at, expr.name)
        expr.type = errorType
        return
      case 'comprehension':
        this.#checkComprehension(expr)
        return
      case 'broken':
        expr.type = errorType
    }
  }

  #undeclared(at: number, name: string): void {
    this.#issues.report(at, `undeclared reference to '${name}' (in container '')`)
  }

  #mismatch(at: number, expected: TypeNode, actual: TypeNode): void {
    this.#issues.report(at, `expected type '${formatType(expected)}' but found '${formatType(actual)}'`)
  }

  #lookUp(written: string): Named | undefined {
    const name = written.startsWith('.') ? written.slice(1) : written
    for (let i = this.#locals.length - 1; i >= 0; i--) {
      const type = this.#locals[i]!.get(name)
      if (type !== undefined) return { name, type }
    }
    const variable = this.#scope.variables.get(name)
    if (variable !== undefined) return { name, type: variable }
    const type = this.#scope.types.get(name)
    if (type !== undefined) return { name, type: typeOfType(type), constant: new CelTypeValue(type.name) }
    return undefined
  }

  #checkSelect(expr: SelectExpr): void {
    const path = qualifiedName(expr)
    const named = path === undefined ? undefined : this.#lookUp(path)
    if (named !== undefined) {
      expr.type = named.type
      expr.qualified = named
      return
    }
    const result = this.#selectField(expr, expr.operand, expr.field, false)
    expr.type = this.#types.apply(expr.testOnly ? boolType : result, false)
  }

  #selectField(expr: Expr, operand: Expr, field: string, optional: boolean): TypeNode {
    this.#check(operand)
    const operandType = this.#types.apply(operand.type!, false)
    const wasOptional = isOptional(operandType)
    const target = wasOptional ? operandType.params[0]! : operandType
    let result: TypeNode = errorType
    switch (target.kind) {
      case 'map':
        result = target.params[1]!
        break
      case 'struct':
        result = this.#fieldType(expr.at, target, field)
        break
      case 'param':
        this.#types.assignable(dynType, target)
        result = dynType
        break
      default:
        if (target.kind !== 'dyn' && target.kind !== 'error') {
          this.#issues.report(expr.at, `type '${formatType(target)}' does not support field selection`)
        }
        result = dynType
    }
    return wasOptional || optional ? optionalType(result) : result
  }

  #fieldType(at: number, struct: TypeNode, field: string): TypeNode {
    if (struct.object === undefined) {
      this.#issues.report(at, `unexpected failed resolution of '${struct.name}'`)
      return errorType
    }
    const { fields } = struct.object
    // A field whose name is a word of the language has underscores around it, and may be written without.
    const declared = fields.get(field) ?? (reserved.has(field) ? fields.get(`__${field}__`) : undefined)
    if (declared !== undefined) return fromCelType(declared.type)
    this.#issues.report(at, `undefined field '${field}'`)
    return errorType
  }

  #checkCall(expr: CallExpr): void {
    if (expr.name === operators.optionalSelect) {
      const field = expr.args[1]!
      if (field.kind !== 'literal' || typeof field.value !== 'string') return
      expr.type = this.#types.apply(this.#selectField(expr, expr.args[0]!, field.value, true), false)
      expr.overloads = ['select_optional_field']
      field.type = stringType
      return
    }
    for (const arg of expr.args) this.#check(arg)
    if (expr.target === undefined) {
      this.#resolveNamed(expr, expr.name)
      return
    }
    const path = qualifiedName(expr.target)
    if (path !== undefined) {
      const whole = stripDot(`${path}.${expr.name}`)
      if (this.#scope.functions.has(whole)) {
        expr.name = whole
        expr.target = undefined
        this.#resolveNamed(expr, whole)
        return
      }
    }
    this.#check(expr.target)
    this.#resolveNamed(expr, expr.name)
  }

  #resolveNamed(expr: CallExpr, name: string): void {
    const declaration = this.#scope.functions.get(stripDot(name))
    if (declaration === undefined) {
      this.#undeclared(expr.at, name)
      expr.type = errorType
      return
    }
    expr.name = declaration.name
    this.#resolveOverload(expr, declaration)
  }

  #resolveOverload(expr: CallExpr, declaration: FunctionDeclaration): void {
    const all = expr.target === undefined ? expr.args : [expr.target, ...expr.args]
    const argTypes = all.map((arg) => arg.type!)
    const member = expr.target !== undefined
    if (declaration.name === operators.and || declaration.name === operators.or) {
      const wrong = all.filter((arg) => {
        if (this.#types.assignable(arg.type!, boolType)) return false
        this.#mismatch(arg.at, boolType, arg.type!)
        return true
      })
      expr.type = wrong.length > 0 ? errorType : boolType
      expr.overloads = [declaration.overloads[0]!.id]
      return
    }
    let result: TypeNode | undefined
    const overloads: string[] = []
    for (const overload of declaration.overloads) {
      if (overload.member !== member) continue
      const fresh = this.#instantiate(overload)
      if (!this.#types.assignableAll(argTypes, fresh.args)) continue
      overloads.push(overload.id)
      const resultType = this.#types.apply(fresh.result, false)
      if (result === undefined) result = resultType
      else if (result.kind !== 'dyn' && !sameType(resultType, result)) result = dynType
    }
    if (result === undefined) {
      const shown = argTypes.map((type) => formatType(this.#types.apply(type, true)))
      const signature = member ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`
      this.#issues.report(expr.at, `found no matching overload for '${declaration.name}' applied to '${signature}'`)
      expr.type = errorType
      return
    }
    expr.type = result
    expr.overloads = overloads
  }

  #instantiate(overload: Overload): { args: readonly TypeNode[]; result: TypeNode } {
    if (overload.parameters.size === 0) return overload
    const fresh = new Map<string, TypeNode>()
    for (const name of overload.parameters) fresh.set(name, this.#freshVariable())
    return { args: overload.args.map((arg) => rename(arg, fresh)), result: rename(overload.result, fresh) }
  }

  #freshVariable(): TypeNode {
    return paramType(`_var${this.#variables++}`)
  }

  #join(before: TypeNode | undefined, next: TypeNode): TypeNode {
    if (before === undefined) return next
    if (this.#types.assignable(before, next)) return mostGeneral(before, next)
    return dynType
  }

  #unwrapped(expr: Expr, optional: boolean): TypeNode {
    const type = expr.type!
    if (!optional) return type
    if (isOptional(type)) return type.params[0]!
    if (type.kind !== 'dyn') this.#mismatch(expr.at, optionalType(type), type)
    return type
  }

  #checkList(expr: Extract<Expr, { kind: 'list' }>): void {
    let items: TypeNode | undefined
    for (const [i, element] of expr.elements.entries()) {
      this.#check(element)
      items = this.#join(items, this.#unwrapped(element, expr.optional.has(i)))
    }
    expr.type = listType(items ?? this.#freshVariable())
  }

  #checkMap(expr: Extract<Expr, { kind: 'map' }>): void {
    let keys: TypeNode | undefined
    let values: TypeNode | undefined
    for (const entry of expr.entries) {
      this.#check(entry.key)
      keys = this.#join(keys, entry.key.type!)
      this.#check(entry.value)
      values = this.#join(values, this.#unwrapped(entry.value, entry.optional))
    }
    if (keys === undefined) keys = this.#freshVariable()
    expr.type = mapType(keys, values ?? this.#freshVariable())
  }

  #checkComprehension(expr: ComprehensionExpr): void {
    this.#check(expr.range)
    this.#check(expr.init)
    const range = this.#types.apply(expr.range.type!, false)
    const accumulator = expr.init.type!
    this.#locals.push(new Map([[expr.accumulator, accumulator]]))
    const [first, second] = this.#iterationTypes(expr, range)
    const scope = new Map([[expr.variable, first]])
    if (expr.second !== undefined) scope.set(expr.second, second)
    this.#locals.push(scope)
    this.#check(expr.condition)
    this.#assertType(expr.condition, boolType)
    this.#check(expr.step)
    this.#assertType(expr.step, accumulator)
    this.#locals.pop()
    this.#check(expr.result)
    this.#locals.pop()
    expr.type = this.#types.apply(expr.result.type!, false)
  }

  #iterationTypes(expr: ComprehensionExpr, range: TypeNode): [TypeNode, TypeNode] {
    switch (range.kind) {
      case 'list':
        return expr.second === undefined ? [range.params[0]!, dynType] : [intType, range.params[0]!]
      case 'map':
        return [range.params[0]!, range.params[1]!]
      case 'dyn':
      case 'error':
      case 'param':
        this.#types.assignable(dynType, range)
        return [dynType, dynType]
      default:
        this.#issues.report(
          expr.range.at,
          `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        )
        return [errorType, errorType]
    }
  }

  #assertType(expr: Expr, type: TypeNode): void {
    if (!this.#types.assignable(type, expr.type!)) this.#mismatch(expr.at, type, expr.type!)
  }
}

function stripDot(name: string): string {
  return name.startsWith('.') ? name.slice(1) : name
}

function rename(type: TypeNode, names: ReadonlyMap<string, TypeNode>): TypeNode {
  if (type.kind === 'param') return names.get(type.name) ?? type
  if (type.params.length === 0) return type
  return { ...type, params: type.params.map((param) => rename(param, names)) }
}

function typeOfLiteral(value: Value): TypeNode {
  if (typeof value === 'boolean') return boolType
  if (typeof value === 'string') return stringType
  if (typeof value === 'number' || typeof value === 'bigint') return intType
  if (value instanceof CelUint) return uintType
  if (value instanceof CelDouble) return doubleType
  return value instanceof CelBytes ? bytesType : nullType
}
