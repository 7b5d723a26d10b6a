import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '../../base/errors.js'
import { renderFastTemplate } from './fasttemplate.js'

const values = { name: 'eu', 'metadata.labels.a/b': 'slash', count: 3, empty: '', loop: '{{name}}' }

test('replaces exact keys, trimmed', () => {
  assert.equal(renderFastTemplate('{{name}}-{{ name }}-{{\tname }}', values), 'eu-eu-eu')
  assert.equal(renderFastTemplate('{{metadata.labels.a/b}}', values), 'slash')
  assert.equal(renderFastTemplate('[{{empty}}]', values), '[]')
})

test('leaves unknown tags, values that are no strings and empty tags verbatim', () => {
  for (const text of [
    '{{ missing }}',
    '{{count}}',
    '{{}}',
    '{{ }}',
    '{{toString}}',
    '{{__proto__}}',
    '{{constructor}}',
    'a }} b',
    '',
  ]) {
    assert.equal(renderFastTemplate(text, values), text)
  }
})

test('replaces once: a value is never a template', () => {
  assert.equal(renderFastTemplate('{{loop}}', values), '{{name}}')
})

test('complains about a tag that never ends, but only when another one makes the text a template', () => {
  assert.equal(renderFastTemplate('{{name', values), '{{name')
  assert.equal(renderFastTemplate('{{na\nme}}', values), '{{na\nme}}')
  assert.throws(
    () => renderFastTemplate('{{name}} {{name', values),
    (error: unknown) => error instanceof CodedError && error.code === 'template-parse-failed' && error.message.includes('{{name'),
  )
})
