import { CodedError } from '../../base/errors.js'

/** One term of a field selector. */
export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** All terms must hold. Empty selects everything. */
export type FieldSelector = readonly FieldRequirement[]

/**
 * Parses `a=b,c==d,e!=f`. In values `\`, `,` and `=` are escaped with a backslash.
 * Throws a CodedError `invalid-field-selector` with the texts of an API server.
 */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = []
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue
    const requirement = parseTerm(term, text)
    if (requirement.field !== '' || requirement.value !== '') requirements.push(requirement)
  }
  return requirements
}

/** Whether the fields (`metadata.name`, `status.phase` ...) meet every term. A field that is not there counts as empty. */
export function matchesFields(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  for (const { field, operator, value } of selector) {
    const present = Object.hasOwn(fields, field) ? (fields[field] as string) : ''
    if ((present === value) !== (operator === '=')) return false
  }
  return true
}

/** The text that parses to the selector. */
export function formatFieldSelector(selector: FieldSelector): string {
  return selector.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(',')
}

/** The value that the selector demands of a field with `=`, undefined when it leaves a choice. */
export function exactFieldValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((requirement) => requirement.field === field && requirement.operator === '=')?.value
}

export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&')
}

function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === ',') {
      terms.push(text.slice(start, index))
      start = index + 1
    }
  }
  terms.push(text.slice(start))
  return terms
}

function parseTerm(term: string, whole: string): FieldRequirement {
  const operator = /!=|==|=/.exec(term)
  if (operator === null) throw invalid(`invalid selector: '${whole}'; can't understand '${term}'`)
  return {
    field: term.slice(0, operator.index),
    operator: operator[0] === '!=' ? '!=' : '=',
    value: unescapeFieldValue(term.slice(operator.index + operator[0].length)),
  }
}

function unescapeFieldValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text
  let value = ''
  let escaped = false
  for (const character of text) {
    const special = character === '\\' || character === ',' || character === '='
    if (escaped) {
      if (!special) throw invalid(`invalid field selector: invalid escape sequence: \\${character}`)
      value += character
      escaped = false
    } else if (character === '\\') {
      escaped = true
    } else if (special) {
      throw invalid(`invalid field selector: unescaped character in value: ${character.codePointAt(0)}`)
    } else {
      value += character
    }
  }
  if (escaped) throw invalid('invalid field selector: invalid escape sequence: \\')
  return value
}

function invalid(message: string): CodedError {
  return new CodedError({
    code: 'invalid-field-selector',
    message,
    fix: 'Write terms such as metadata.name=web or status.phase!=Running, joined by commas.',
  })
}
