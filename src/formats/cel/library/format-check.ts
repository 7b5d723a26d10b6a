import type { Issues } from '../syntax/issues.js'
import { type CallExpr, type Expr, walkUp } from '../syntax/syntax-tree.js'
import type { TypeKind } from '../types/type-node.js'
import { FormatProblem, formatText, texts, type Verb } from './format-string.js'

/** Checks `'literal'.format([...])` before it runs: unknown clauses, arguments of the wrong type, too many of them. */
export function validateFormats(root: Expr, issues: Issues): void {
  walkUp(root, (expr) => {
    if (expr.kind === 'call' && expr.name === 'format') checkCall(expr, issues)
  })
}

const printable = new Set<TypeKind>([
  ...([
    'list',
    'map',
    'int',
    'uint',
    'double',
    'bool',
    'string',
    'timestamp',
    'bytes',
    'duration',
    'type',
    'null',
    'dyn',
  ] as const),
])

const allowed: Readonly<Record<Exclude<Verb, 's'>, { kinds: readonly TypeKind[]; wrong: (type: string) => string }>> = {
  d: { kinds: ['int', 'uint'], wrong: texts.decimal },
  f: { kinds: ['double', 'string'], wrong: texts.fixed },
  e: { kinds: ['double', 'string'], wrong: texts.scientific },
  b: { kinds: ['int', 'uint', 'bool'], wrong: texts.binary },
  x: { kinds: ['int', 'uint', 'string', 'bytes'], wrong: texts.hex },
  X: { kinds: ['int', 'uint', 'string', 'bytes'], wrong: texts.hex },
  o: { kinds: ['int', 'uint'], wrong: texts.octal },
}

function checkCall(expr: CallExpr, issues: Issues): void {
  const [list] = expr.args
  if (expr.target?.kind !== 'literal' || typeof expr.target.value !== 'string') return
  if (expr.args.length !== 1 || list?.kind !== 'list') return
  let used = 0
  let at = expr.at
  try {
    formatText(expr.target.value, {
      // Upstream asks for an argument before it looks whether there is one.
      argument: () => {
        used++
        return 0
      },
      count: list.elements.length,
      show: (verb, _value, _precision, index) => {
        const element = list.elements[index]!
        const bad =
          verb === 's'
            ? unprintable(element)
            : allowed[verb].kinds.concat('dyn').includes(element.type!.kind)
              ? undefined
              : element
        if (bad === undefined) return ''
        at = bad.at
        throw new FormatProblem((verb === 's' ? texts.string : allowed[verb].wrong)(bad.type!.name))
      },
    })
  } catch (error) {
    if (!(error instanceof FormatProblem)) throw error
    issues.report(at, error.message)
    return
  }
  const given = list.elements.length
  if (given > used) issues.report(expr.at, `too many arguments supplied to string.format (expected ${used}, got ${given})`)
}

function unprintable(expr: Expr): Expr | undefined {
  if (!printable.has(expr.type!.kind)) return expr
  const inner = expr.kind === 'list' ? expr.elements : expr.kind === 'map' ? expr.entries.flatMap((e) => [e.key, e.value]) : []
  for (const part of inner) {
    const bad = unprintable(part)
    if (bad !== undefined) return bad
  }
  return undefined
}
