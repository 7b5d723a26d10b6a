import { explainLabelValue, explainQualifiedName } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, listOf, type Members, membersOf, structsOf, textOf } from './findings.js'

export function checkLabels(labels: unknown, field: string, to: Findings): void {
  for (const [key, value] of Object.entries(membersOf(labels))) {
    to.explain(field, key, explainQualifiedName(key))
    to.explain(field, value, explainLabelValue(textOf(value)))
  }
}

export function checkAnnotations(annotations: unknown, field: string, to: Findings): void {
  let size = 0
  for (const [key, value] of Object.entries(membersOf(annotations))) {
    to.explain(field, key, explainQualifiedName(key.toLowerCase()))
    size += key.length + textOf(value).length
  }
  const most = 262_144
  if (size > most) {
    to.causes.push({ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${most} bytes`, field })
  }
}

/** metav1.LabelSelector. */
export function checkSelector(selector: unknown, field: string, to: Findings): void {
  const { matchLabels, matchExpressions } = membersOf(selector)
  checkLabels(matchLabels, `${field}.matchLabels`, to)
  for (const [index, expression] of structsOf(matchExpressions).entries()) {
    const at = `${field}.matchExpressions[${index}]`
    const { key, operator, values } = expression
    if (operator === 'In' || operator === 'NotIn') {
      if (listOf(values).length === 0) to.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (listOf(values).length > 0) {
        to.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
    } else to.invalid(`${at}.operator`, operator, 'not a valid selector operator')
    to.explain(`${at}.key`, key, explainQualifiedName(textOf(key)))
    for (const [valueIndex, value] of listOf(values).entries()) {
      to.explain(`${at}.values[${valueIndex}]`, value, explainLabelValue(textOf(value)))
    }
  }
}

export function isEmptySelector(selector: Members): boolean {
  return Object.keys(membersOf(selector['matchLabels'])).length === 0 && listOf(selector['matchExpressions']).length === 0
}

/** Undefined when the selector cannot be evaluated. */
export function selects(selector: Members, labels: Members): boolean | undefined {
  for (const [key, value] of Object.entries(membersOf(selector['matchLabels']))) {
    if (explainQualifiedName(key).length > 0 || explainLabelValue(textOf(value)).length > 0) return undefined
  }
  const expressions = structsOf(selector['matchExpressions'])
  for (const { key, operator, values } of expressions) {
    const hasValues = listOf(values).length > 0
    const known =
      operator === 'In' || operator === 'NotIn' ? hasValues : (operator === 'Exists' || operator === 'DoesNotExist') && !hasValues
    if (!known || explainQualifiedName(textOf(key)).length > 0) return undefined
  }
  if (Object.entries(membersOf(selector['matchLabels'])).some(([key, value]) => labels[key] !== value)) return false
  return expressions.every(({ key, operator, values }) => {
    const value = labels[textOf(key)]
    if (operator === 'Exists') return value !== undefined
    if (operator === 'DoesNotExist') return value === undefined
    const listed = value !== undefined && listOf(values).includes(value)
    return operator === 'In' ? listed : !listed
  })
}

export function goMap(labels: unknown): GoText {
  const entries = Object.entries(membersOf(labels)).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0) return new GoText('map[string]string(nil)')
  return new GoText(`map[string]string{${entries.map(([key, value]) => `${quote(key)}:${quote(textOf(value))}`).join(', ')}}`)
}

export function goStrings(values: unknown): string {
  const list = listOf(values)
  return list.length === 0 ? '[]string(nil)' : `[]string{${list.map((value) => quote(textOf(value))).join(', ')}}`
}

export function goSelector(selector: unknown): GoText {
  const { matchLabels, matchExpressions } = membersOf(selector)
  const expressions = structsOf(matchExpressions).map(
    ({ key, operator, values }) =>
      `v1.LabelSelectorRequirement{Key:${quote(textOf(key))}, Operator:${quote(textOf(operator))}, Values:${goStrings(values)}}`,
  )
  const list = expressions.length === 0 ? '(nil)' : `{${expressions.join(', ')}}`
  return new GoText(
    `v1.LabelSelector{MatchLabels:${goMap(matchLabels).text}, MatchExpressions:[]v1.LabelSelectorRequirement${list}}`,
  )
}

export function goIntOrString(value: unknown): GoText {
  return typeof value === 'string'
    ? new GoText(`intstr.IntOrString{Type:1, IntVal:0, StrVal:${quote(value)}}`)
    : new GoText(`intstr.IntOrString{Type:0, IntVal:${Number(value)}, StrVal:""}`)
}
