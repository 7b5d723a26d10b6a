import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../base/random.js'
import { parseCommonYaml } from './block-parser.js'
import { parseAnyYaml } from './complete-parser.js'
import { parseYamlDocuments } from './parse-yaml.js'
import { YamlError } from './yaml-error.js'

const read = (...lines: string[]) => parseYamlDocuments(lines.join('\n')).map(({ value }) => value)

test('quoted text goes on at any indentation, as definitions of older controller-gen are written', () => {
  assert.deepEqual(
    read('props:', '  kind:', "    description: 'Kind is a text", '    that goes: on', '', "    # here'", '    type: string'),
    [{ props: { kind: { description: 'Kind is a text that goes: on\n# here', type: 'string' } } }],
  )
  assert.deepEqual(read('a:', '- b: "', 'x \\"y\\"', '', 'z"', '  c: 1'), [{ a: [{ b: ' x "y"\nz', c: 1 }] }])
  assert.deepEqual(read("args: ['", '  echo', "']", "end: 'x", "y'"), [{ args: [' echo '], end: 'x y' }])
})

test('so do flow collections', () => {
  assert.deepEqual(read('a:', '  b: {', 'c: x,', 'd: [1,', '2', '], e: {}', '}', '  f: g', 'h: i'), [
    { a: { b: { c: 'x', d: [1, 2], e: {} }, f: 'g' }, h: 'i' },
  ])
})

test('what is never closed ends with its document', () => {
  for (const text of ["a: 'b\n---\nc: 'd'\n", 'a: [b\n---\nc: d\n', 'a: "b\nc: d\n'])
    assert.throws(() => parseYamlDocuments(text), YamlError)
  // Told where it stands, not where the text ends.
  const unclosed = 'kind: ConfigMap\ndata:\n  a: "b\n  c: d\n  e: f\nmore: g\n'
  assert.throws(() => parseYamlDocuments(unclosed), { line: 3 })
  assert.deepEqual(read('a: "b', ' c"', '---', 'd: e'), [{ a: 'b c' }, { d: 'e' }])
})

test('the quick reader folds quoted text as the complete one does', () => {
  const random = createSeededRandom(7)
  const pieces = ['a', ' ', '\n', '\n  ', '\n\n', '#', ': ', "''", '\\n', '\\"', '- ', 'b c', '\\\\', ',', '---', ']']
  let quick = 0
  for (let round = 0; round < 3000; round++) {
    const quote = random.number() < 0.5 ? "'" : '"'
    let inner = ''
    for (let count = random.number() * 9; count > 0; count--) inner += pieces[Math.floor(random.number() * pieces.length)]!
    const scalar = `${quote}${inner}${quote}`
    const text = [`k:\n  a: ${scalar}\n  b: 1\n`, `k:\n- ${scalar}\n- x\n`, `k: [x, ${scalar}, y]\nz: 1\n`][round % 3]!
    const common = parseCommonYaml(text, 'kubernetes')
    if (common === undefined) continue
    quick++
    assert.deepEqual(common, parseAnyYaml(text, 'kubernetes', undefined), JSON.stringify(text))
  }
  assert.ok(quick > 800, String(quick))
})
