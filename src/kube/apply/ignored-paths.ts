import { CodedError } from '../../base/errors.js'
import { equalJson, isObject } from '../../base/json.js'
import { parsePointer } from '../../formats/json-pointer/json-pointer.js'

/** One step of a path that is ignored: a member, every element, or elements whose field has a value. */
export type IgnoredStep =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'each' }
  | { readonly kind: 'select'; readonly field: readonly string[]; readonly value: unknown }

/** The steps of a JSON pointer (RFC 6901); a number addresses an element where the value is a list. */
export function parseIgnoredPointer(pointer: string): IgnoredStep[] {
  return parsePointer(pointer).map((name) => ({ kind: 'member', name }))
}

const token =
  /\s*(?:\.?\[\s*(\d+)\s*\]|\.?\[\s*"((?:[^"\\]|\\.)*)"\s*\]|\.?(\[\s*\])|\.([A-Za-z_][A-Za-z0-9_]*)|\."((?:[^"\\]|\\.)*)"|\|\s*select\(\s*((?:\.[A-Za-z_][A-Za-z0-9_]*)+)\s*==\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null)\s*\)|(\|))/y

/**
 * The steps of a simple jq path. Understood: `.a.b`, `.a["b/c"]`, `.a[0]`, `.a[]`, `.a[] | select(.name == "x") | .b`.
 * Anything else throws a CodedError `jq-path-unsupported`.
 */
export function parseIgnoredJqPath(expression: string): IgnoredStep[] {
  const steps: IgnoredStep[] = []
  token.lastIndex = 0
  let position = 0
  while (expression.slice(position).trim() !== '') {
    token.lastIndex = position
    const found = token.exec(expression)
    if (found === null) throw unsupported(expression, position)
    const [, index, quotedKey, each, name, quotedName, field, value] = found
    if (index !== undefined) steps.push({ kind: 'member', name: index })
    else if (quotedKey !== undefined) steps.push({ kind: 'member', name: JSON.parse(`"${quotedKey}"`) as string })
    else if (each !== undefined) steps.push({ kind: 'each' })
    else if (name !== undefined) steps.push({ kind: 'member', name })
    else if (quotedName !== undefined) steps.push({ kind: 'member', name: JSON.parse(`"${quotedName}"`) as string })
    else if (field !== undefined) {
      steps.push({ kind: 'select', field: field.slice(1).split('.'), value: JSON.parse(value as string) })
    }
    position = token.lastIndex
  }
  if (steps.length === 0) throw unsupported(expression, 0)
  return steps
}

function unsupported(expression: string, position: number): CodedError {
  return new CodedError({
    code: 'jq-path-unsupported',
    message: `the jq path ${JSON.stringify(expression)} cannot be ignored: what stands at character ${position + 1} is not understood`,
    fix: 'Write a path of members, [], and select(.field == "value"), such as .spec.template.spec.containers[] | select(.name == "web") | .image',
  })
}

/** The value without what the path leads to; the value itself when it leads nowhere. */
export function withoutPath(value: unknown, steps: readonly IgnoredStep[]): unknown {
  const result = remove(value, steps, 0)
  return result === gone ? undefined : result
}

const gone = Symbol('gone')

function remove(value: unknown, steps: readonly IgnoredStep[], at: number): unknown {
  const step = steps[at]
  if (step === undefined) return gone
  if (step.kind === 'select') {
    let candidate = value
    for (const name of step.field) candidate = isObject(candidate) && Object.hasOwn(candidate, name) ? candidate[name] : undefined
    return equalJson(candidate ?? null, step.value) ? remove(value, steps, at + 1) : value
  }
  if (Array.isArray(value)) return removeFromList(value, step, steps, at)
  if (!isObject(value)) return value
  const names = step.kind === 'each' ? Object.keys(value) : Object.hasOwn(value, step.name) ? [step.name] : []
  let result: Record<string, unknown> | undefined
  for (const name of names) {
    const kept = remove(value[name], steps, at + 1)
    if (kept === value[name]) continue
    result ??= { ...value }
    if (kept === gone) delete result[name]
    else result[name] = kept
  }
  return result ?? value
}

function removeFromList(items: unknown[], step: IgnoredStep, steps: readonly IgnoredStep[], at: number): unknown {
  const only = step.kind === 'member' ? (/^\d+$/.test(step.name) ? Number(step.name) : -1) : undefined
  let changed = false
  const result: unknown[] = []
  for (const [index, item] of items.entries()) {
    const kept = only === undefined || only === index ? remove(item, steps, at + 1) : item
    if (kept !== item) changed = true
    if (kept !== gone) result.push(kept)
  }
  return changed ? result : items
}
