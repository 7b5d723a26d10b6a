import { compilePattern } from '../library/patterns.js'
import type { Issues } from '../syntax/issues.js'
import { type Expr, walkUp } from '../syntax/syntax-tree.js'
import { formatType, isOptional, sameType, type TypeNode } from '../types/type-node.js'
import { toDuration, toTimestamp } from '../values/conversions.js'
import { CelFailure, type Value } from '../values/values.js'

type Visit = (expr: Expr, parents: readonly Expr[]) => void

/** What Kubernetes looks at after the types: constants that cannot be converted, and literals of mixed types. */
export function validateLiterals(root: Expr, issues: Issues): void {
  walkUp(
    root,
    argumentOf('duration', (value) => toDuration(value) instanceof CelFailure, issues),
  )
  walkUp(
    root,
    argumentOf('timestamp', (value) => toTimestamp(value) instanceof CelFailure, issues),
  )
  const wrongPattern = (value: Value): boolean => typeof value === 'string' && compilePattern(value) instanceof CelFailure
  walkUp(root, argumentOf('matches', wrongPattern, issues))
  walkUp(root, (expr, parents) => {
    if (expr.kind === 'list' && !inFormat(parents)) sameElements(expr, issues)
  })
  walkUp(root, (expr, parents) => {
    if (expr.kind === 'map' && !inFormat(parents)) sameEntries(expr, issues)
  })
}

function argumentOf(name: string, isWrong: (value: Value) => boolean, issues: Issues): Visit {
  return (expr) => {
    if (expr.kind !== 'call' || expr.name !== name) return
    const literal = expr.args[0]
    if (literal?.kind === 'literal' && isWrong(literal.value)) issues.report(literal.at, `invalid ${name} argument`)
  }
}

function inFormat(parents: readonly Expr[]): boolean {
  return parents.some((parent) => parent.kind === 'call' && parent.name === 'format')
}

function unwrap(type: TypeNode, optional: boolean): TypeNode {
  return optional && isOptional(type) ? type.params[0]! : type
}

function mismatch(issues: Issues, at: number, expected: TypeNode, actual: TypeNode): void {
  issues.report(at, `expected type '${formatType(expected)}' but found '${formatType(actual)}'`)
}

function sameElements(expr: Extract<Expr, { kind: 'list' }>, issues: Issues): void {
  let expected: TypeNode | undefined
  for (const [i, element] of expr.elements.entries()) {
    const type = unwrap(element.type!, expr.optional.has(i))
    expected ??= type
    if (!sameType(expected, type, false)) {
      mismatch(issues, element.at, expected, type)
      return
    }
  }
}

function sameEntries(expr: Extract<Expr, { kind: 'map' }>, issues: Issues): void {
  let keys: TypeNode | undefined
  let values: TypeNode | undefined
  for (const entry of expr.entries) {
    const key = entry.key.type!
    const value = unwrap(entry.value.type!, entry.optional)
    if (keys === undefined || values === undefined) {
      keys = key
      values = value
      continue
    }
    if (!sameType(keys, key, false)) mismatch(issues, entry.key.at, keys, key)
    if (!sameType(values, value, false)) mismatch(issues, entry.value.at, values, value)
  }
}
