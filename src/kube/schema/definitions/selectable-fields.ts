import { type Findings, listOf, type Members, structsOf, textOf } from '../validation/findings.js'
import { resolveFieldPath } from './field-path.js'

const mostFields = 8

/** The fields by which a definition lets lists be narrowed. Reference: ValidateCustomResourceSelectableFields. */
export function checkSelectableFields(fields: unknown, schema: Members, field: string, to: Findings): void {
  const seen = new Set<string>()
  for (const [index, selectable] of structsOf(listOf(fields)).entries()) {
    const at = `${field}[${index}].jsonPath`
    const path = textOf(selectable['jsonPath'])
    if (path === '') {
      to.required(at)
      continue
    }
    const resolved = resolveFieldPath(path, schema, { brackets: false })
    if (typeof resolved === 'string') {
      to.invalid(at, path, `is an invalid path: ${resolved}`)
      continue
    }
    if (resolved.root === 'metadata') to.invalid(at, path, 'must not point to fields in metadata')
    if (!['string', 'boolean', 'integer'].includes(textOf(resolved.schema['type']))) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      to.invalid(at, path, detail)
    }
    if (seen.has(resolved.text)) to.duplicate(at, path)
    seen.add(resolved.text)
  }
  if (seen.size > mostFields) to.tooMany(field, seen.size, mostFields)
}
