import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainJson, summarize } from './go-json.js'

test('texts that are no JSON are explained as Go explains them', () => {
  const cases: [string, string | undefined][] = [
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['nul', 'unexpected end of JSON input'],
    ['nux', "invalid character 'x' in literal null (expecting 'l')"],
    [' {"a":[1,-2.5e+3,true,null,"\\u00e9"]} ', undefined],
    ['['.repeat(2_001), 'exceeded max depth'],
  ]
  for (const [text, problem] of cases) assert.equal(explainJson(text), problem, text.slice(0, 20))
})

test('bodies that cannot be read are shown in short', () => {
  assert.equal(summarize(Buffer.from('')), '<empty>')
  assert.equal(summarize(Buffer.from('garbage')), '67617262616765')
  assert.equal(summarize(Buffer.from(`{${'a'.repeat(40)}`)), `{${'a'.repeat(29)} ...`)
})
