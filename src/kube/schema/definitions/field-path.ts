import { type Members, membersOf } from '../validation/findings.js'
import { isSchema } from './structural-invariants.js'

export interface ResolvedPath {
  /** As field errors print it: `spec.labels[app.kubernetes.io/name]`. */
  readonly text: string
  /** The first step. */
  readonly root: string
  readonly schema: Members
}

/**
 * Follows `.spec.foo` or `.spec['foo']` through a structural schema. A text says why that is not possible.
 *
 * Reference: ValidFieldPath of k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel.
 */
export function resolveFieldPath(path: string, schema: Members, options: { brackets: boolean }): ResolvedPath | string {
  let node: Members | undefined = schema
  let text = ''
  let root = ''
  const tokens = tokensOf(path)
  for (let at = 0; at < tokens.length; ) {
    let name: string
    if (tokens[at] === '.') {
      const next = tokens[at + 1]
      if (next === undefined) return 'unexpected end of JSON path'
      name = next
      at += 2
    } else if (tokens[at] === '[') {
      if (!options.brackets) return 'array notation is not allowed'
      const [quoted, close] = [tokens[at + 1], tokens[at + 2]]
      if (quoted === undefined) return 'unexpected end of JSON path'
      if (quoted.length < 2 || !quoted.startsWith("'") || !quoted.endsWith("'"))
        return `expected single quoted string but got ${quoted}`
      const plain = unescaped(quoted.slice(1, -1))
      if (typeof plain !== 'string') return `invalid string literal: invalid escape char ${plain.wrong}`
      name = plain
      at += 3
      const found = step(node, name)
      if (typeof found === 'string') return found
      if (close === undefined) return 'unexpected end of JSON path'
      if (close !== ']') return `expected ] but got ${close}`
    } else return `expected [ or . but got: ${tokens[at]}`
    const found = step(node, name)
    if (typeof found === 'string') return found
    text += found.named ? (text === '' ? name : `.${name}`) : `[${name}]`
    root ||= name
    node = found.schema
  }
  return { text, root, schema: node ?? {} }
}

function step(node: Members | undefined, name: string): { named: boolean; schema: Members | undefined } | string {
  if (node !== undefined && isSchema(node['properties'])) {
    const properties = membersOf(node['properties'])
    if (!Object.hasOwn(properties, name)) return 'does not refer to a valid field'
    return { named: true, schema: membersOf(properties[name]) }
  }
  if (node?.['additionalProperties'] === undefined) return 'does not refer to a valid field'
  const { additionalProperties } = node
  return { named: false, schema: isSchema(additionalProperties) ? membersOf(additionalProperties) : undefined }
}

/** Delimiters, quoted texts and what stands between them. */
function tokensOf(path: string): string[] {
  const tokens: string[] = []
  let at = 0
  while (at < path.length) {
    let end = at
    if (path[at] === "'") {
      end++
      while (end < path.length && !(path[end] === "'" && path[end - 1] !== '\\')) end++
      end++
    } else if ('.[]'.includes(path[at] as string)) end++
    else while (end < path.length && !'.[]'.includes(path[end] as string)) end++
    tokens.push(path.slice(at, end))
    at = end
  }
  return tokens
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

function unescaped(text: string): string | { wrong: string } {
  let wrong: string | undefined
  const result = text.replace(/\\./g, (match) => {
    const plain = escapes[match[1] as string]
    if (plain === undefined) wrong = match
    return plain ?? ''
  })
  return wrong === undefined ? result : { wrong }
}
