import { CodedError } from '../../../base/errors.js'
import type { PreserveState } from '../../../delivery/federation/contract.js'
import { JsonPath } from '../../../formats/jsonpath/json-path.js'
import { explainLabelValue } from '../../../kube/object/names.js'
import { type Fields, fieldsOf, objectsAt, textAt } from '../fields.js'
import type { Interpreter } from '../interpreter/interpreter.js'

/** `statePreservation`: labels for the new copy, out of the status that the old one has as the interpreter reflects it. */
export function readPreserveState(preservation: Fields | undefined, interpreter: Interpreter): PreserveState | undefined {
  const rules = objectsAt(preservation, 'rules').map((rule) => ({
    label: textAt(rule, 'aliasLabelName'),
    path: textAt(rule, 'jsonPath'),
  }))
  if (rules.length === 0) return undefined
  return (live) => {
    const status = interpreter.reflect(live) ?? fieldsOf(live['status'])
    return Object.fromEntries(rules.map(({ label, path }) => [label, stateAt(status, path)]))
  }
}

/** A template of JSONPath as kubectl has it: paths in braces, and text between them; without any braces it is one path. */
function stateAt(status: unknown, template: string): string {
  const parts = template.includes('{') ? template.split(/(\{[^{}]*\})/) : [`{${template}}`]
  const text = parts.map((part) => (part.startsWith('{') ? valueAt(status, part) : part)).join('')
  const [problem] = explainLabelValue(text)
  if (problem !== undefined) throw refused(`${template} is ${JSON.stringify(text)}, which is no value of a label: ${problem}`)
  return text
}

function valueAt(status: unknown, path: string): string {
  const found = JsonPath.parse(path).find(status)
  if (found.length === 0) throw refused(`its status has no ${path.slice(1, -1)}`)
  return found.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ')
}

function refused(message: string): CodedError {
  return new CodedError({ code: 'state-not-preserved', message })
}
