import { isObject } from '../../base/json.js'
import { cannotUnmarshal, NumberLiteral, type Path } from './go-path.js'
import { type FieldSteps, scanFields } from './scan-fields.js'
import type { SchemaNode } from './schema-node.js'

/**
 * Walks the fields of a JSON text as `scanFields` does, and on the way sees to numbers that are written with a fraction or an
 * exponent, which JSON.parse does not tell. Where an integer belongs, `1.0` and `1e2` are none to Go: what it says of the first
 * is returned. Quantities keep what was written: it decides their form. `object` is the parsed text; it is changed.
 */
export function checkLiterals(
  schema: SchemaNode,
  text: string,
  object: object,
  visit: Parameters<typeof scanFields>[1],
): string | undefined {
  let problem: string | undefined
  scanFields(text, visit, (steps, literal) => {
    const { node, struct, path } = nodeAt(schema, steps)
    if (node?.type === 'integer') problem ??= cannotUnmarshal(new NumberLiteral(literal), node, struct, path)
    else if (node?.type === 'int-or-string') problem ??= cannotUnmarshal(new NumberLiteral(literal), 'int32', struct, path)
    else if (node?.type === 'quantity') keepText(object, steps, literal)
  })
  return problem
}

function nodeAt(
  schema: SchemaNode,
  steps: FieldSteps,
): { node: SchemaNode | undefined; struct: SchemaNode; path: Path | undefined } {
  let node: SchemaNode | undefined = schema
  let struct = schema
  let path: Path | undefined
  for (const step of steps) {
    if (node?.type === 'struct') {
      struct = node
      node = typeof step === 'string' ? node.fields?.get(step)?.schema : undefined
      path = { parent: path, step }
    } else {
      node = node?.items
      path = { parent: path, step, inside: true }
    }
  }
  return { node, struct, path }
}

function keepText(object: object, steps: FieldSteps, literal: string): void {
  let holder: unknown = object
  for (const step of steps.slice(0, -1)) {
    holder = (isObject(holder) || Array.isArray(holder)) && Object.hasOwn(holder, step) ? holder[step as never] : undefined
  }
  const last = steps.at(-1) as string
  // Of a field that stands twice the last one counts, and it may be another.
  if (isObject(holder) && Object.hasOwn(holder, last) && holder[last] === Number(literal)) {
    Object.defineProperty(holder, last, { value: literal })
  }
}
