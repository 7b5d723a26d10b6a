import { CodedError } from '../../base/errors.js'
import { trimSpace } from '../go-template/sprig/text.js'

/**
 * Replaces `{{ key }}` by what `values` has under the key, exactly and without logic: `{{metadata.labels.a/b}}` looks up
 * the key `metadata.labels.a/b`. A tag whose value is missing or no string stays as it is. A text without a tag on one
 * line is not looked at any further; one with `{{` but no `}}` after it is an error.
 */
export function renderFastTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  if (!/\{\{[^\n]*\}\}/.test(template)) return template
  let output = ''
  let position = 0
  for (;;) {
    const open = template.indexOf('{{', position)
    if (open < 0) return output + template.slice(position)
    const close = template.indexOf('}}', open + 2)
    if (close < 0) {
      throw new CodedError({
        code: 'template-parse-failed',
        message: `invalid template: cannot find end tag "}}" in the template ${JSON.stringify(template)} after ${JSON.stringify(template.slice(open))}`,
        fix: 'Close the tag with }}.',
      })
    }
    const tag = template.slice(open + 2, close)
    const key = trimSpace(tag)
    const value = key !== '' && Object.hasOwn(values, key) ? values[key] : undefined
    output += template.slice(position, open) + (typeof value === 'string' ? value : `{{${tag}}}`)
    position = close + 2
  }
}
