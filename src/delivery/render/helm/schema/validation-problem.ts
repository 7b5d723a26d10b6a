import { formatFloat } from '../../../../formats/go-template/float-format.js'
import { quoteString } from '../../../../formats/go-template/print.js'

/** What a schema has against a value, and the problems inside that are the reason. */
export interface Problem {
  /** Undefined for a group: several problems of one value. */
  readonly message: string | undefined
  readonly at: readonly string[]
  readonly causes: readonly Problem[]
  /** A reference: it is not shown when there is just one reason. */
  readonly isReference?: boolean
}

/** The problems as lines, indented by depth, as Helm shows them. */
export function formatProblems(problems: readonly Problem[], depth = 0): string {
  return problems.map((problem) => formatProblem(problem, depth)).join('')
}

function formatProblem(problem: Problem, depth: number): string {
  if (problem.isReference === true && problem.causes.length === 1) return formatProblems(problem.causes, depth)
  const at = problem.at.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const line = `${'  '.repeat(depth)}- at ${quote(at)}: ${problem.message ?? 'validation failed'}\n`
  return line + formatProblems(problem.causes, depth + 1)
}

export function quote(text: string): string {
  return `'${quoteString(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A value in a message: texts quoted, others as Go's %v. */
export function display(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (value === null) return '<nil>'
  return typeof value === 'number' ? plainNumber(value) : String(value)
}

function plainNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(value) : formatFloat(value, 'g', -1)
}

/** Numbers as the English form groups them: 12,345. */
export function grouped(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const [whole = '', fraction] = String(value).split('.')
  const text = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction === undefined ? text : `${text}.${fraction.slice(0, 3)}`
}
