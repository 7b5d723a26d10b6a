import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatYaml } from './format-yaml.js'

// Each text was printed by sigs.k8s.io/yaml v1.4 for the value beside it.
const prints: [unknown, string][] = [
  [{ b: 1, a: { d: [1, { z: 1, y: [] }], c: {} } }, 'a:\n  c: {}\n  d:\n  - 1\n  - "y": []\n    z: 1\nb: 1\n'],
  [[['a', ['b']], { c: ['d'] }], '- - a\n  - - b\n- c:\n  - d\n'],
  [{ a10: 1, a2: 2, 'a-b': 3, ab: 4, A: 5, _x: 6 }, '_x: 6\nA: 5\na-b: 3\na2: 2\na10: 1\nab: 4\n'],
  [
    { yes: 'yes', n: 'on', x: 'null', d: '2001-01-01', e: '1e3', o: '0777', b: '1:30', t: 'true', v: '1.0' },
    'b: "1:30"\nd: "2001-01-01"\ne: "1e3"\n"n": "on"\no: "0777"\nt: "true"\nv: "1.0"\nx: "null"\n"yes": "yes"\n',
  ],
  [
    { a: ' x', b: 'x ', c: 'x: y', d: 'x #y', e: "it's", f: "'q'", g: '', h: '- a', i: '*a', j: '{{ .a }}' },
    "a: ' x'\nb: 'x '\nc: 'x: y'\nd: 'x #y'\ne: it's\nf: '''q'''\ng: \"\"\nh: '- a'\ni: '*a'\nj: '{{ .a }}'\n",
  ],
  [
    { a: 'x\ny\n', b: 'x\ny', c: 'x\n\n', d: ' x\n', e: 'x \ny', f: 'x\ty', g: '\n' },
    'a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\nd: |2\n   x\ne: "x \\ny"\nf: "x\\ty"\ng: |2+\n\n',
  ],
  [
    { a: 1e21, b: 1e20, c: 1000000.5, d: 0.00001, e: 123456.789, f: -0, g: 2 ** 53, h: -(2 ** 63) },
    'a: 1e+21\nb: 1e+20\nc: 1.0000005e+06\nd: 1e-05\ne: 123456.789\nf: 0\ng: 9007199254740992\nh: -9223372036854775808\n',
  ],
  [{ a: 'é', b: '😀', c: '\u00a0x', d: 'a\u0007' }, 'a: é\nb: "\\U0001F600"\nc: \u00a0x\nd: "a\\a"\n'],
  [
    { k: 'lorem ipsum dolor sit amet lorem ipsum dolor sit amet lorem ipsum dolor sit amet lorem ipsum dolor sit amet' },
    'k: lorem ipsum dolor sit amet lorem ipsum dolor sit amet lorem ipsum dolor sit amet\n  lorem ipsum dolor sit amet\n',
  ],
  [{ 'a\nb': { c: 1 }, ['k'.repeat(129)]: [1] }, `? |-\n  a\n  b\n: c: 1\n? ${'k'.repeat(129)}\n: - 1\n`],
  ['text', 'text\n'],
  [null, 'null\n'],
  [{}, '{}\n'],
]

test('prints as Go does', () => {
  for (const [value, text] of prints) assert.equal(formatYaml(value), text)
})

test('keeps the given order, leaves out undefined', () => {
  assert.equal(formatYaml({ b: 1, a: undefined, c: [undefined] }, { keys: 'given' }), 'b: 1\nc:\n- null\n')
  assert.equal(formatYaml({ a: { b: undefined } }), 'a: {}\n')
})

test('line separators are breaks that stand in the text, and a byte order mark at its beginning has everything escaped', () => {
  for (const [value, text] of [
    ['a\u2028b', "'a\u2028  b'\n"],
    ["x'\u2028\u2029'y\u2028", "'x''\u2028\u2029  ''y\u2028'\n"],
    ['a\n\u2028b', '|-\n  a\n\u2028  b\n'],
    [{ k: 'x\n\u2028', l: 1 }, 'k: |+\n  x\n\u2028l: 1\n'],
    [['\u2028\u2028\n', 1], '- |2+\n\u2028\u2028\n- 1\n'],
    ['x \u2028y', '"x \\Ly"\n'],
    ['\ufeffa \u00e9', '"\\uFEFF\\x61\\x20\\xE9"\n'],
    ['a\ufeffb', '"a\\uFEFFb"\n'],
  ] as const)
    assert.equal(formatYaml(value), text)
})
