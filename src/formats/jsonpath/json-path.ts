import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { type Filter, parseSteps, type Step } from './parse-steps.js'

/**
 * A path in Kubernetes' dialect of JSONPath (k8s.io/client-go/util/jsonpath): `.a.b`, `['a.b']`, `a\.b`, `[0]`, `[-1]`,
 * `[0:2]`, `[*]`, `..name`, `['a','b']`, `[?(@.type=="Ready")]`. Missing keys find nothing; they are no errors.
 */
export class JsonPath {
  readonly #steps: readonly Step[]
  private constructor(steps: readonly Step[]) {
    this.#steps = steps
  }

  /** Takes the path with or without braces. Throws CodedError `invalid-json-path`. */
  static parse(text: string): JsonPath {
    const trimmed = text.trim()
    const inner = trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1) : trimmed
    return new JsonPath(parseSteps(inner))
  }

  /** Every value that the path leads to, in the order of the data. */
  find(data: unknown): unknown[] {
    return evaluate(this.#steps, [data], data)
  }
}

/** Recursive descent over data of any depth must end. */
const mostValues = 1_000_000

function evaluate(steps: readonly Step[], start: readonly unknown[], root: unknown): unknown[] {
  let values: unknown[] = [...start]
  for (const step of steps) {
    const next: unknown[] = []
    for (const value of values) take(step, value, root, next)
    if (next.length > mostValues) {
      throw new CodedError({ code: 'json-path-too-wide', message: `the path leads to more than ${mostValues} values` })
    }
    values = next
  }
  return values
}

function take(step: Step, value: unknown, root: unknown, found: unknown[]): void {
  switch (step.kind) {
    case 'field':
      if (isObject(value) && Object.hasOwn(value, step.name)) found.push(value[step.name])
      return
    case 'wildcard':
      if (Array.isArray(value)) found.push(...value)
      else if (isObject(value))
        found.push(
          ...Object.keys(value)
            .sort()
            .map((key) => value[key]),
        )
      return
    case 'slice':
      if (Array.isArray(value)) found.push(...slice(value, step.from, step.to, step.by))
      return
    case 'index': {
      if (!Array.isArray(value)) return
      const index = step.index < 0 ? value.length + step.index : step.index
      if (index >= 0 && index < value.length) found.push(value[index])
      return
    }
    case 'union':
      for (const alternative of step.steps) take(alternative, value, root, found)
      return
    case 'descend':
      descend(step.step, value, root, found)
      return
    case 'filter':
      if (Array.isArray(value)) for (const item of value) if (passes(step.filter, item, root)) found.push(item)
      return
  }
}

function slice(values: readonly unknown[], from: number | undefined, to: number | undefined, by: number): unknown[] {
  const place = (index: number) => (index < 0 ? index + values.length : index)
  const start = Math.max(0, place(from ?? 0))
  const end = Math.min(values.length, place(to ?? values.length))
  const picked: unknown[] = []
  for (let index = start; index < end; index += by) picked.push(values[index])
  return picked
}

function descend(step: Step, value: unknown, root: unknown, found: unknown[]): void {
  take(step, value, root, found)
  if (Array.isArray(value)) for (const item of value) descend(step, item, root, found)
  else if (isObject(value)) for (const key of Object.keys(value).sort()) descend(step, value[key], root, found)
}

function passes(filter: Filter, item: unknown, root: unknown): boolean {
  const operand = (side: NonNullable<Filter['right']>): unknown =>
    'literal' in side ? side.literal : evaluate(side.path, [side.root ? root : item], root)[0]
  const left = operand(filter.left)
  if (filter.right === undefined) return left !== undefined
  const right = operand(filter.right)
  if (left === undefined || right === undefined) return false
  switch (filter.operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    default:
      return compare(filter.operator, left, right)
  }
}

function compare(operator: Filter['operator'], left: unknown, right: unknown): boolean {
  if (!(typeof left === 'number' && typeof right === 'number') && !(typeof left === 'string' && typeof right === 'string')) {
    return false
  }
  switch (operator) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    default:
      return left >= right
  }
}
