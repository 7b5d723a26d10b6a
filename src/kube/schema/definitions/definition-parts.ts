import { explainDns1035Label } from '../../object/names.js'
import { type Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from '../validation/findings.js'

/** One finding for all reasons together, as definitions have it. True when there are none. */
export function explained(field: string, value: unknown, reasons: readonly string[], before: string, to: Findings): boolean {
  if (reasons.length > 0) to.invalid(field, value, `${before}${reasons.join(',')}`)
  return reasons.length === 0
}

const mixedCase = 'may have mixed case, but should otherwise match: '

/** Reference: ValidateCustomResourceDefinitionNames. */
export function checkNames(names: Members, field: string, to: Findings): void {
  for (const key of ['plural', 'singular', 'kind', 'listKind']) {
    const name = textOf(names[key])
    if (name === '') continue
    const isKind = key === 'kind' || key === 'listKind'
    explained(`${field}.${key}`, name, explainDns1035Label(isKind ? name.toLowerCase() : name), isKind ? mixedCase : '', to)
  }
  for (const [index, one] of listOf(names['shortNames']).entries()) {
    explained(`${field}.shortNames[${index}]`, one, explainDns1035Label(textOf(one)), '', to)
  }
  if (textOf(names['kind']) !== '' && names['kind'] === names['listKind']) {
    to.invalid(`${field}.listKind`, names['listKind'], 'kind and listKind may not be the same')
  }
  for (const [index, one] of listOf(names['categories']).entries()) {
    explained(`${field}.categories[${index}]`, one, explainDns1035Label(textOf(one)), '', to)
  }
}

/** Where the scale subresource reads and writes. Reference: ValidateCustomResourceDefinitionSubresources. */
export function checkScale(version: Members, at: string, to: Findings): void {
  const { scale } = membersOf(version['subresources'])
  if (!isSet(scale)) return
  const paths = membersOf(scale)
  const check = (key: string, prefixes: readonly string[], needed: boolean) => {
    const path = textOf(paths[key])
    const field = `${at}.subresources.scale.${key}`
    if (path === '') {
      if (needed) to.required(field)
    } else if (!path.startsWith('.')) to.invalid(field, path, 'must be a simple json path starting with .')
    else if (!prefixes.some((prefix) => path.startsWith(`${prefix}.`))) {
      to.invalid(field, path, `should be a json path under ${prefixes.length > 1 ? 'either ' : ''}${prefixes.join(' or ')}`)
    }
  }
  check('specReplicasPath', ['.spec'], true)
  check('statusReplicasPath', ['.status'], true)
  check('labelSelectorPath', ['.spec', '.status'], false)
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

/** Reference: ValidateCustomResourceColumnDefinition. */
export function checkColumns(version: Members, at: string, to: Findings): void {
  for (const [index, column] of structsOf(version['additionalPrinterColumns']).entries()) {
    const field = `${at}.additionalPrinterColumns[${index}]`
    to.text(`${field}.name`, column['name'])
    const type = textOf(column['type'])
    if (type === '') to.required(`${field}.type`, `must be one of ${columnTypes.join(',')}`)
    else if (!columnTypes.includes(type)) to.invalid(`${field}.type`, type, `must be one of ${columnTypes.join(',')}`)
    const format = textOf(column['format'])
    if (format !== '' && !columnFormats.includes(format)) {
      to.invalid(`${field}.format`, format, `must be one of ${columnFormats.join(',')}`)
    }
    const path = textOf(column['jsonPath'])
    if (path === '') to.required(`${field}.JSONPath`)
    else if (!path.startsWith('.')) to.invalid(`${field}.JSONPath`, path, 'must be a simple json path starting with .')
  }
}
