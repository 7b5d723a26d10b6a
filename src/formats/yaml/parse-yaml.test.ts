import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../base/random.js'
import { parseCommonYaml } from './block-parser.js'
import { parseAnyYaml } from './complete-parser.js'
import { formatYaml } from './format-yaml.js'
import { parseYaml, parseYamlDocuments } from './parse-yaml.js'
import { YamlError } from './yaml-error.js'

// Text, then what sigs.k8s.io/yaml v1.4 reads, then (where it differs) what kyaml v0.18 reads.
const readings: [string, unknown, unknown?][] = [
  ['a: yes\nb: off\nc: "yes"\nd: y\n', { a: true, b: false, c: 'yes', d: true }, { a: 'yes', b: 'off', c: 'yes', d: 'y' }],
  ['a: 2001-01-01\n', { a: '2001-01-01' }, { a: '2001-01-01T00:00:00Z' }],
  ['a: 2001-02-30\n', { a: '2001-02-30' }],
  ['a: 0777\nb: 0o17\nc: 0x1F\nd: 0b101\ne: 08\nf: -0\n', { a: 511, b: 15, c: 31, d: 5, e: 8, f: 0 }],
  ['a: 1e3\nb: 1_000\nc: .5\nd: 1:30\ne: +5\nf: .5_\n', { a: 1000, b: 1000, c: 0.5, d: '1:30', e: 5, f: '.5_' }],
  ['a: ~\nb:\nc: null\nd: "null"\n', { a: null, b: null, c: null, d: 'null' }],
  ['a: |\n  x\n   y\n\n  z\nb: >-\n  one\n  two\n\n   three\n  four\n', { a: 'x\n y\n\nz\n', b: 'one two\n\n three\nfour' }],
  ['a: |+\n  x\n\nb: |2\n    y\nc: |-\n  z', { a: 'x\n\n', b: '  y\n', c: 'z' }],
  ['a: |\n  no line break at the end', { a: 'no line break at the end' }],
  ['a: v w\n  x y\n\n  z\n"l": "m\\tn\\u00e9"\n', { a: 'v w x y\nz', l: 'm\tné' }],
  ['- - a\n  - b: c\n    d:\n    - e\n-\n  f: g\n-\n', [['a', { b: 'c', d: ['e'] }], { f: 'g' }, null]],
  ["a: {b: [1, \"x\", y z], c: 'it''s'}\n", { a: { b: [1, 'x', 'y z'], c: "it's" } }],
  ['{"a":1,"b":{"c":[true,null]}}', { a: 1, b: { c: [true, null] } }],
  ['a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3\nc: *x\n', { a: { k: 1, l: 2 }, b: { k: 1, l: 3 }, c: { k: 1, l: 2 } }],
  ['a: &a {k: 1}\nb: &b {k: 2, m: 3}\nc: {<<: [*a, *b]}\n', { a: { k: 1 }, b: { k: 2, m: 3 }, c: { k: 1, m: 3 } }],
  ['1: a\n0x10: b\nyes: c\n', { '1': 'a', '16': 'b', true: 'c' }, { '1': 'a', '16': 'b', yes: 'c' }],
  ['a: !!str 1\nb: !!int "2"\nc: ! 3\n', { a: '1', b: 2, c: '3' }],
  ['url: http://x:80/#y # comment\nb: a#b\n', { url: 'http://x:80/#y', b: 'a#b' }],
  ['min: -9223372036854775808\nodd: 9007199254740993\n', { min: -(2 ** 63), odd: 2 ** 53 }],
  ['a: "x\\\n  y"\nb: "one\n  two"\n', { a: 'xy', b: 'one two' }],
  ['', null],
  ['# nothing\n', null],
]

test('scalars, collections and references read as in Go', () => {
  for (const [text, kubernetes, kyaml] of readings) {
    assert.deepEqual(parseYaml(text), kubernetes, text)
    assert.deepEqual(parseYaml(text, { dialect: 'kyaml' }), kyaml ?? kubernetes, text)
  }
})

test('both readers agree on the readings', () => {
  let common = 0
  for (const [text] of readings) {
    const fast = parseCommonYaml(text, 'kubernetes')
    if (fast === undefined) continue
    common++
    assert.deepEqual(fast, parseAnyYaml(text, 'kubernetes', undefined), text)
  }
  assert.ok(common > 8)
})

test('documents come with their lines, empty ones are left out', () => {
  const text = '# head\n---\n# only a comment\n---\na: 1\n---\n\n# b\nb: 2\n---\n'
  assert.deepEqual(parseYamlDocuments(text), [
    { value: { a: 1 }, line: 5 },
    { value: { b: 2 }, line: 9 },
  ])
  assert.deepEqual(parseYamlDocuments('a: 1\r\n---\r\nb: |\r\n  x\r\n  y\r\n'), [
    { value: { a: 1 }, line: 1 },
    { value: { b: 'x\ny\n' }, line: 3 },
  ])
  assert.deepEqual(
    parseYamlDocuments('--- # c\na: 1\n...\n---\n- &x 2\n- *x\n').map((document) => document.value),
    [{ a: 1 }, [2, 2]],
  )
  assert.throws(() => parseYaml('a: 1\n---\nb: 2\n', { source: 'f.yaml' }), {
    code: 'yaml-several-documents',
    message: /^f\.yaml:3:1: /,
  })
})

test('errors say where', () => {
  const cases: [string, RegExp][] = [
    ['a: 1\nb: 2\na: 3\n', /^f\.yaml:3:1: key "a" is already set in this map$/],
    ['a: 1\n  b: 2\n', /^f\.yaml:[12]:\d+: /],
    ['a: [1, 2\n', /^f\.yaml:\d+:\d+: /],
    ['a: "open\n', /^f\.yaml:\d+:\d+: /],
    ['a: *nowhere\n', /unknown anchor 'nowhere'|Unresolved alias/],
    ['a: &x [*x]\n', /value contains itself/],
    ['a: .inf\n', /^f\.yaml:1:4: \.inf has no equivalent in JSON$/],
    ['? [a]\n: b\n', /invalid map key/],
    ['a:\n\t- b\n', /^f\.yaml:2:/],
    ['<<: 1\n', /map merge requires map/],
  ]
  for (const [text, message] of cases) {
    assert.throws(
      () => parseYaml(text, { source: 'f.yaml' }),
      (error: unknown) => error instanceof YamlError && message.test(error.message),
      text,
    )
  }
})

test('hostile texts end in an error or in plain data, soon', () => {
  const polluted = parseYaml('__proto__: {polluted: 1}\nconstructor: {a: 1}\n') as Record<string, unknown>
  assert.ok(Object.hasOwn(polluted, '__proto__'))
  assert.equal(Object.getPrototypeOf(polluted), Object.prototype)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  const laughs = ['a: &a [x,x,x,x,x,x,x,x,x]']
  for (let index = 0; index < 12; index++) {
    const [name, inner] = ['bcdefghijklmn'[index]!, 'abcdefghijklmn'[index]!]
    laughs.push(`${name}: &${name} [${`*${inner},`.repeat(9)}]`)
  }
  assert.throws(() => parseYaml(laughs.join('\n')), /excessive aliasing/)
  for (const deep of ['['.repeat(20_000), '{a: '.repeat(5_000), '- '.repeat(5_000), `${'['.repeat(600)}${']'.repeat(600)}`]) {
    assert.throws(() => parseYaml(deep), YamlError)
  }
  assert.throws(() => parseYamlDocuments('a', { limits: { maxLength: 0 } }), { code: 'yaml-too-large' })
  assert.throws(() => parseYamlDocuments('a: 1\n---\nb: 1\n', { limits: { maxDocuments: 1 } }), { code: 'yaml-too-large' })
})

test('on damaged manifests the fast reader gives what the complete one gives, or steps aside', () => {
  const random = createSeededRandom(20)
  const pick = (count: number) => Math.floor(random.number() * count)
  const originals = readings.map(([text]) => text)
  originals.push(
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {app: x}\ndata:\n  f: |\n    one\n      two\n  g: "q"\n',
    'spec:\n  containers:\n  - name: web\n    image: nginx:1\n    args: ["a", \'b\']\n  # note\n  - name: side\n    ports:\n    - 80\n',
  )
  const pieces = [
    ' ',
    '  ',
    '\n',
    '- ',
    ': ',
    ':',
    '#',
    ' #',
    '"',
    "'",
    '|',
    '>',
    '{',
    '}',
    '[',
    ']',
    ',',
    '~',
    '---\n',
    'yes',
    '%',
    'x: y\n',
  ]
  let agreed = 0
  for (let round = 0; round < 3000; round++) {
    let text = originals[pick(originals.length)]!
    for (let change = pick(3); change >= 0; change--) {
      const at = pick(text.length + 1)
      text = text.slice(0, at) + (pick(2) === 0 ? pieces[pick(pieces.length)]! : '') + text.slice(at + pick(3))
    }
    const fast = parseCommonYaml(text, 'kubernetes')
    if (fast === undefined) continue
    // Two things go-yaml (and the fast reader) and the npm package see differently: block scalars at column 0, and lines of
    // blanks at the end of one with an indentation indicator.
    if (/^[|>]|\n +(\n|$)/m.test(text)) continue
    assert.deepEqual(fast, parseAnyYaml(text, 'kubernetes', undefined), JSON.stringify(text))
    agreed++
  }
  assert.ok(agreed > 500, `only ${agreed} texts were read by both`)
})

test('what is formatted reads back as the same data', () => {
  const random = createSeededRandom(7)
  const pick = (count: number) => Math.floor(random.number() * count)
  const atoms = [
    'a',
    'yes',
    '~',
    '1',
    '08',
    '1e3',
    '- ',
    ': ',
    ':',
    '#',
    ' #',
    '\n',
    '  ',
    '\t',
    "'",
    '"',
    '\\',
    '{',
    ']',
    '&',
    '!',
    '|',
    '---',
    '2001-01-01',
    '😀',
    '\r',
    'é ',
    '<<',
    'lorem ipsum dolor sit amet '.repeat(4),
  ]
  const text = () => Array.from({ length: pick(6) }, () => atoms[pick(atoms.length)]!).join('')
  const value = (depth: number): unknown => {
    const kind = pick(depth > 3 ? 3 : 6)
    if (kind < 2) return text()
    if (kind === 2) return [null, true, false, 0, -1, 1.5, 1e21, 1e-7, 1e6 + 0.5, [], {}][pick(11)]
    if (kind < 4) return Array.from({ length: pick(4) }, () => value(depth + 1))
    return Object.fromEntries(Array.from({ length: pick(5) }, () => [`${text()}k`, value(depth + 1)]))
  }
  for (let round = 0; round < 2000; round++) {
    const data = value(0)
    const written = formatYaml(data)
    assert.deepEqual(parseYaml(written), data, written)
    assert.deepEqual(parseYaml(formatYaml(data, { keys: 'given', width: Number.POSITIVE_INFINITY })), data)
  }
})
