import { CodedError } from '../../base/errors.js'
import { explainLabelValue, explainQualifiedName } from './names.js'
import { type SelectorToken, tokenizeSelector } from './selector-tokens.js'

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  /** Sorted when it comes from text. */
  readonly values: readonly string[]
}

/** All requirements must hold; empty selects everything, `nothing` nothing. Sorted by key. */
export type LabelSelector = readonly LabelRequirement[] | 'nothing'

/** metav1.LabelSelector */
export interface LabelSelectorSpec {
  readonly matchLabels?: Readonly<Record<string, string>> | null
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] | null }[] | null
}

/**
 * Parses what kubectl and the `labelSelector` parameter take: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1,m<2`.
 * Throws a CodedError `invalid-label-selector` with the texts of an API server.
 */
export function parseLabelSelector(text: string): LabelSelector {
  const tokens = tokenizeSelector(text)
  const requirements: LabelRequirement[] = []
  const reader = new Reader(tokens)
  while (reader.ahead().kind !== 'end') {
    const first = reader.ahead()
    if (first.kind !== 'identifier' && first.kind !== '!') {
      throw invalid(`found '${first.text}', expected: !, identifier, or 'end of string'`)
    }
    requirements.push(parseRequirement(reader))
    const separator = reader.next()
    if (separator.kind === 'end') break
    if (separator.kind !== ',') throw invalid(`found '${separator.text}', expected: ',' or 'end of string'`)
    const following = reader.ahead()
    if (following.kind !== 'identifier' && following.kind !== '!') {
      throw invalid(`found '${following.text}', expected: identifier after ','`)
    }
  }
  return byKey(requirements)
}

/**
 * The selector of a metav1.LabelSelector: absent selects nothing, empty everything. `validate: false` takes keys, values and
 * operators as they are (an operator that is not known then matches nothing); otherwise throws `invalid-label-selector`.
 */
export function fromLabelSelector(
  spec: LabelSelectorSpec | null | undefined,
  options: { validate?: boolean } = {},
): LabelSelector {
  if (spec === null || spec === undefined) return 'nothing'
  const validate = options.validate !== false
  const requirements: LabelRequirement[] = []
  for (const [key, value] of Object.entries(spec.matchLabels ?? {})) {
    requirements.push(requirement(key, '=', [value], validate))
  }
  for (const expression of spec.matchExpressions ?? []) {
    const operator = expressionOperators[expression.operator]
    if (operator === undefined) {
      if (!validate) return 'nothing'
      throw invalid(`${JSON.stringify(expression.operator)} is not a valid label selector operator`)
    }
    requirements.push(requirement(expression.key, operator, [...(expression.values ?? [])], validate))
  }
  return byKey(requirements)
}

const expressionOperators: Readonly<Record<string, LabelOperator | undefined>> = {
  __proto__: null as never,
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/** Whether labels (absent: none) meet every requirement. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>> | null | undefined): boolean {
  if (selector === 'nothing') return false
  for (const wanted of selector) {
    const value = labels && Object.hasOwn(labels, wanted.key) ? labels[wanted.key] : undefined
    if (!meets(wanted, value)) return false
  }
  return true
}

function meets({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt': {
      const actual = value === undefined ? undefined : parseInteger(value)
      const bound = parseInteger(values[0] ?? '')
      if (actual === undefined || bound === undefined) return false
      return operator === 'gt' ? actual > bound : actual < bound
    }
  }
}

/** The text that parses to the selector; `nothing` has none and gives the empty text, as upstream. */
export function formatLabelSelector(selector: LabelSelector): string {
  if (selector === 'nothing') return ''
  return selector.map(formatRequirement).join(',')
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const joined = [...values].sort().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${joined})`
    case 'gt':
      return `${key}>${joined}`
    case 'lt':
      return `${key}<${joined}`
    default:
      return `${key}${operator}${joined}`
  }
}

/** Reads tokens; where a value may stand, `in` and `notin` are plain words. */
class Reader {
  #position = 0
  constructor(readonly tokens: readonly SelectorToken[]) {}
  ahead(): SelectorToken {
    const token = this.#at(this.#position)
    return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token
  }
  next(): SelectorToken {
    const token = this.ahead()
    this.#position++
    return token
  }
  nextOperator(): SelectorToken {
    return this.#at(this.#position++)
  }
  #at(position: number): SelectorToken {
    return this.tokens[position] ?? { kind: 'end', text: '' }
  }
}

function parseRequirement(reader: Reader): LabelRequirement {
  let token = reader.next()
  const negated = token.kind === '!'
  if (negated) token = reader.next()
  if (token.kind !== 'identifier') throw unparsable(`found '${token.text}', expected: identifier`)
  const key = token.text
  const wrong = explainQualifiedName(key)
  if (wrong.length > 0) throw unparsable(invalidValue('<nil>', key, wrong))
  if (negated) return { key, operator: '!', values: [] }
  const end = reader.ahead()
  if (end.kind === 'end' || end.kind === ',') return { key, operator: 'exists', values: [] }
  const operator = parseOperator(reader)
  const values = operator === 'in' || operator === 'notin' ? parseValues(reader) : [parseExactValue(reader)]
  const problems = explainRequirement(key, operator, values)
  if (problems.length > 0) throw unparsable(aggregate(problems))
  return { key, operator, values }
}

function parseOperator(reader: Reader): LabelOperator {
  const token = reader.nextOperator()
  switch (token.kind) {
    case '=':
    case '==':
    case '!=':
    case 'in':
    case 'notin':
      return token.kind
    case '>':
      return 'gt'
    case '<':
      return 'lt'
    default:
      throw unparsable(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`)
  }
}

/** `(a,b)`: commas may stand without a value beside them, which then is the empty value. */
function parseValues(reader: Reader): string[] {
  const open = reader.next()
  if (open.kind !== '(') throw unparsable(`found '${open.text}' expected: '('`)
  const first = reader.ahead()
  if (first.kind === ')') {
    reader.next()
    return ['']
  }
  if (first.kind !== 'identifier' && first.kind !== ',') {
    throw unparsable(`found '${first.text}', expected: ',', ')' or identifier`)
  }
  const values = new Set<string>()
  for (;;) {
    const token = reader.next()
    if (token.kind === 'identifier') {
      values.add(token.text)
      const after = reader.ahead()
      if (after.kind === ')') break
      if (after.kind !== ',') throw unparsable(`found '${after.text}', expected: ',' or ')'`)
    } else if (token.kind === ',') {
      if (values.size === 0) values.add('')
      const after = reader.ahead()
      if (after.kind === ')') {
        values.add('')
        break
      }
      if (after.kind === ',') {
        reader.next()
        values.add('')
      }
    } else {
      throw unparsable(`found '${token.text}', expected: ',', or identifier`)
    }
  }
  reader.next()
  return [...values].sort()
}

function parseExactValue(reader: Reader): string {
  const ahead = reader.ahead()
  if (ahead.kind === 'end' || ahead.kind === ',') return ''
  const token = reader.next()
  if (token.kind !== 'identifier') throw unparsable(`found '${token.text}', expected: identifier`)
  return token.text
}

function requirement(key: string, operator: LabelOperator, values: readonly string[], validate: boolean): LabelRequirement {
  if (validate) {
    // Selectors out of raw JSON: YAML turns an unquoted `true` or `1` into something else than text.
    const notText = values.find((value) => typeof value !== 'string')
    if (notText !== undefined)
      throw invalid(`values of the label ${key} must be strings, found ${JSON.stringify(notText)}: quote it`)
    const wrong = explainQualifiedName(key)
    const problems = [
      ...(wrong.length > 0 ? [invalidValue('key', key, wrong)] : []),
      ...explainRequirement(key, operator, values),
    ]
    if (problems.length > 0) throw invalid(aggregate(problems))
  }
  return { key, operator, values }
}

function explainRequirement(key: string, operator: LabelOperator, values: readonly string[]): string[] {
  const problems: string[] = []
  // Upstream prints the list as Go source.
  const list = values.length === 0 ? '[]string(nil)' : `[]string{${values.map(quote).join(', ')}}`
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    problems.push(`values: Invalid value: ${list}: for 'in', 'notin' operators, values set can't be empty`)
  } else if ((operator === 'exists' || operator === '!') && values.length > 0) {
    problems.push(`values: Invalid value: ${list}: values set must be empty for exists and does not exist`)
  } else if (operator === 'gt' || operator === 'lt') {
    for (const [index, value] of values.entries()) {
      if (parseInteger(value) !== undefined) continue
      problems.push(invalidValue(`values[${index}]`, value, ["for 'Gt', 'Lt' operators, the value must be an integer"]))
    }
  }
  for (const [index, value] of values.entries()) {
    const wrong = explainLabelValue(value)
    if (wrong.length > 0) problems.push(invalidValue(`values[${index}][${key}]`, value, wrong))
  }
  return problems
}

function parseInteger(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,20}$/.test(text)) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function byKey(requirements: LabelRequirement[]): LabelRequirement[] {
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

function invalidValue(path: string, value: string, wrong: readonly string[]): string {
  return `${path}: Invalid value: ${quote(value)}: ${wrong.join('; ')}`
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u00a0]/g, (character) => {
    const code = character.charCodeAt(0)
    return code === 0xa0 ? '\\u00a0' : `\\x${code.toString(16)}`
  })
}

function aggregate(problems: readonly string[]): string {
  return problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`
}

function unparsable(why: string): CodedError {
  return invalid(`unable to parse requirement: ${why}`)
}

function invalid(message: string): CodedError {
  return new CodedError({
    code: 'invalid-label-selector',
    message,
    fix: 'Write requirements such as app=web, tier!=db, env in (prod,test), region or !legacy, joined by commas.',
  })
}
