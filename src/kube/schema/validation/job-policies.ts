import { explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'

/** Reference: validatePodFailurePolicy and validateSuccessPolicy of k8s.io/kubernetes/pkg/apis/batch/validation. */

/** Who looks after a job instead of the job controller. */
export function checkManager(manager: string, field: string, to: Findings): void {
  if (manager === '') {
    to.required(field)
    return
  }
  const [domain, ...path] = manager.split('/') as [string, ...string[]]
  if (path.length === 0 || domain === '' || path.join('/') === '') {
    to.invalid(field, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')
    return
  }
  to.explain(field, domain, explainDns1123Subdomain(domain))
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path.join('/'))) {
    const text = "a valid path segment must consist of alphanumeric characters, '-', '_' or '.'"
    to.invalid(field, path.join('/'), text)
  }
  if (manager.length > 63) {
    to.causes.push({ reason: 'FieldValueTooLong', message: 'Too long: may not be more than 63 bytes', field })
  }
}

export function checkJobPolicies(spec: Members, field: string, to: Findings): void {
  if (isSet(spec['podFailurePolicy'])) checkFailurePolicy(spec, `${field}.podFailurePolicy`, to)
  if (!isSet(spec['successPolicy'])) return
  const at = `${field}.successPolicy`
  if (spec['completionMode'] !== 'Indexed') {
    to.invalid(at, goSuccessPolicy(membersOf(spec['successPolicy'])), 'requires indexed completion mode')
  } else checkSuccessPolicy(spec, `${at}.rules`, to)
}

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const operators = ['In', 'NotIn']
const statuses = ['False', 'True', 'Unknown']

function validValues(values: readonly string[]): string {
  return `valid values: [${values.map(quote).join(' ')}]`
}

function oneOf(field: string, value: string, values: readonly string[], to: Findings): void {
  if (value === '') to.required(field, validValues(values))
  else to.oneOf(field, value, values)
}

function checkFailurePolicy(spec: Members, field: string, to: Findings): void {
  const rules = structsOf(membersOf(spec['podFailurePolicy'])['rules'])
  if (rules.length > 20) to.tooMany(`${field}.rules`, rules.length, 20)
  const pod = membersOf(membersOf(spec['template'])['spec'])
  const names = [...structsOf(pod['containers']), ...structsOf(pod['initContainers'])].map(({ name }) => textOf(name))
  for (const [index, rule] of rules.entries()) {
    const at = `${field}.rules[${index}]`
    const action = textOf(rule['action'])
    if (action === 'FailIndex' && !isSet(spec['backoffLimitPerIndex'])) {
      to.invalid(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set')
    } else oneOf(`${at}.action`, action, actions, to)
    const codes = rule['onExitCodes']
    const conditions = structsOf(rule['onPodConditions'])
    if (isSet(codes)) checkExitCodes(membersOf(codes), names, `${at}.onExitCodes`, to)
    for (const [position, pattern] of conditions.entries()) {
      const place = `${at}.onPodConditions[${position}]`
      to.explain(`${place}.type`, textOf(pattern['type']), explainQualifiedName(textOf(pattern['type'])))
      oneOf(`${place}.status`, textOf(pattern['status']), statuses, to)
    }
    const given = (isSet(codes) ? 1 : 0) + (conditions.length > 0 ? 1 : 0)
    if (given === 2) withoutValue(at, 'specifying both OnExitCodes and OnPodConditions is not supported', to)
    if (given === 0) withoutValue(at, 'specifying one of OnExitCodes and OnPodConditions is required', to)
  }
}

function withoutValue(field: string, detail: string, to: Findings): void {
  to.causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${detail}`, field })
}

function checkExitCodes(codes: Members, names: readonly string[], at: string, to: Findings): void {
  const operator = textOf(codes['operator'])
  oneOf(`${at}.operator`, operator, operators, to)
  const name = codes['containerName']
  if (isSet(name) && !names.includes(textOf(name))) {
    to.invalid(`${at}.containerName`, name, 'must be one of the container or initContainer names in the pod template')
  }
  const values = listOf(codes['values']).map(numberOf)
  const printed = new GoText(values.length === 0 ? '[]int32(nil)' : `[]int32{${values.join(', ')}}`)
  if (values.length === 0) to.invalid(`${at}.values`, printed, 'at least one value is required')
  else if (values.length > 255) to.tooMany(`${at}.values`, values.length, 255)
  for (const [index, value] of values.entries()) {
    const place = `${at}.values[${index}]`
    if (operator === 'In' && value === 0) to.invalid(place, value, 'must not be 0 for the In operator')
    if (values.indexOf(value) < index) to.duplicate(place, value)
  }
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? value) > value)) {
    to.invalid(`${at}.values`, printed, 'must be ordered')
  }
}

function checkSuccessPolicy(spec: Members, field: string, to: Findings): void {
  const rules = structsOf(membersOf(spec['successPolicy'])['rules'])
  const completions = numberOf(spec['completions'])
  if (rules.length === 0) to.required(field, 'at least one rules must be specified when the successPolicy is specified')
  if (rules.length > 20) to.tooMany(field, rules.length, 20)
  for (const [index, { succeededCount, succeededIndexes }] of rules.entries()) {
    const at = `${field}[${index}]`
    if (!isSet(succeededCount) && !isSet(succeededIndexes)) {
      to.required(at, 'at least one of succeededCount or succeededIndexes must be specified')
    }
    const total = isSet(succeededIndexes)
      ? countIndexes(textOf(succeededIndexes), completions, `${at}.succeededIndexes`, to)
      : undefined
    if (!isSet(succeededCount)) continue
    const count = numberOf(succeededCount)
    const place = `${at}.succeededCount`
    to.notNegative(place, count)
    const text = 'must be less than or equal to'
    if (count > completions) to.invalid(place, count, `${text} ${completions} (the number of specified completions)`)
    if (total !== undefined && count > total) {
      to.invalid(place, count, `${text} ${total} (the number of indexes in the specified succeededIndexes field)`)
    }
  }
}

/** `1,3-5`; what cannot be read counts nothing, with a finding. */
function countIndexes(text: string, completions: number, field: string, to: Findings): number {
  const wrong = (detail: string) => {
    to.invalid(field, text, `error parsing succeededIndexes: ${detail}`)
    return 0
  }
  let total = 0
  let last = -1
  if (text === '') return 0
  for (const part of text.split(',')) {
    const ends = part.split('-')
    if (ends.length > 2) {
      return wrong(
        `the fragment ${quote(part)} violates the requirement that an index interval can have at most two parts separated by '-'`,
      )
    }
    for (const end of ends) {
      if (!/^[+-]?\d+$/.test(end)) return wrong(`cannot convert string to integer for index: ${quote(end)}`)
      const index = Number(end)
      if (index >= completions) return wrong(`too large index: ${quote(end)}`)
      if (index <= last) return wrong(`non-increasing order, previous: ${last}, current: ${index}`)
      total += ends.length === 2 && end === ends[1] && index > last ? index - last : 1
      last = index
    }
  }
  return total
}

function goSuccessPolicy({ rules }: Members): GoText {
  const printed = structsOf(rules).map(({ succeededCount, succeededIndexes }) => {
    const pointer = (value: unknown, type: string) => `(*${type})(${isSet(value) ? '0x0' : 'nil'})`
    return `batch.SuccessPolicyRule{SucceededIndexes:${pointer(succeededIndexes, 'string')}, SucceededCount:${pointer(succeededCount, 'int32')}}`
  })
  const list = printed.length === 0 ? '(nil)' : `{${printed.join(', ')}}`
  return new GoText(`batch.SuccessPolicy{Rules:[]batch.SuccessPolicyRule${list}}`)
}
