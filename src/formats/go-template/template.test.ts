import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../base/random.js'
import { TemplateBudgetError, TemplateExecutionError, TemplateParseError } from './errors.js'
import { goFunction } from './functions.js'
import { applicationSetProfile } from './profiles.js'
import { parseTemplate, Template, type TemplateOptions } from './template.js'
import { GoStruct, int } from './values.js'

const functions = applicationSetProfile({ clock: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5) }, random: createSeededRandom(7) })
const render = (text: string, data: unknown = {}, options: Partial<TemplateOptions> = {}) =>
  parseTemplate('t', text, { functions, ...options }).execute(data)

test('the clock and chance come from the ports', () => {
  assert.equal(render('{{ now | date "2006-01-02 15:04:05" }} {{ now.Year }} {{ ago (now) }}'), '2026-01-02 03:04:05 2026 0s')
  assert.match(render('{{ uuidv4 }}'), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.match(render('{{ randAlphaNum 12 }}|{{ randNumeric 5 }}|{{ randAlpha 4 }}'), /^[A-Za-z0-9]{12}\|[0-9]{5}\|[A-Za-z]{4}$/)
  assert.equal(render('{{ len (b64dec (randBytes 0)) }}'), '0')
  const shuffled = render('{{ shuffle "abcdef" }}')
  assert.equal([...shuffled].sort().join(''), 'abcdef')
})

test('complex numbers are read, printed and compared as in Go', () => {
  assert.equal(
    render('{{ 1i }} {{ 1.5-2e3i }} {{ -0i }} {{ 0x1p-2i }} {{ 1_000i }}'),
    '(0+1i) (1.5-2000i) (0-0i) (0+0.25i) (0+1000i)',
  )
  assert.equal(
    render('{{ printf "%.1f|%8.2e|%+v|%d|%T" 1i 1i 1i 1i 1i }}'),
    '(0.0+1.0i)|(0.00e+00+1.00e+00i)|(0+1i)|%!d(complex128=(0+1i))|complex128',
  )
  assert.equal(
    render('{{ eq 1i 1i }} {{ if 0i }}a{{ else }}b{{ end }} {{ until 2+0i }} {{ add 1 1i }} {{ uniq (list 1i 1i) }}'),
    'true b [0 1] 1 [(0+1i)]',
  )
  assert.throws(() => render('{{ lt 1i 2i }}'), /invalid type for comparison/)
  assert.throws(() => render('{{ eq 1i 1 }}'), /incompatible types for comparison: complex128 and int/)
  assert.throws(() => render('{{ repeat 1i "a" }}'), /expected integer; found 1i/)
  assert.throws(() => render('{{ toRawJson 1i }}'), /json: unsupported type: complex128/)
  assert.throws(() => render('{{ 1+i }}'), /syntax error scanning complex number/)
  assert.throws(() => render('{{ 1+1e400i }}'), /value out of range/)
  assert.throws(() => render('{{ 0x10i }}'), /illegal number syntax: "0x10i"/)
})

test('what is too long for memory fails in the words of Go, and numbers go around', () => {
  assert.throws(
    () => render('{{ repeat 4611686018427387904 "ab" }}'),
    /error calling repeat: strings: Repeat output length overflow/,
  )
  assert.throws(
    () => render('{{ repeat 9223372036854775807 "a" }}'),
    /error calling repeat: runtime error: makeslice: len out of range/,
  )
  assert.equal(render('{{ seq 9223372036854775807 }}{{ seq 1 9223372036854775807 }}'), '')
  assert.equal(render('{{ round 1000 97 }} {{ regexSplit "" "" -1 }} {{ regexSplit "a" "" -1 | len }}'), '1000 [] 1')
  assert.equal(render('{{ untitle "\\xff" | toRawJson }} {{ camelcase "\\xff" | quote }}'), '"\ufffd" "\ufffd"')
})

test('nothing of the machine is reachable', () => {
  for (const name of ['env', 'expandenv', 'getHostByName']) {
    assert.throws(() => render(`{{ ${name} "HOME" }}`), new RegExp(`function "${name}" not defined`))
  }
})

test('names of JavaScript prototypes are ordinary missing keys', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.equal(render(`{{ .${name} }}`), '<no value>')
    assert.equal(render(`{{ .${name}.${name} }}`), '<no value>')
    assert.equal(render(`{{ index . "${name}" }}{{ get . "${name}" }}{{ hasKey . "${name}" }}`), '<no value>false')
    assert.throws(() => render(`{{ .text.${name} }}`, { text: 'x' }), /can't evaluate field/)
  }
})

test('a key __proto__ stays data', () => {
  assert.equal(
    render('{{ $d := dict }}{{ $_ := set $d "__proto__" (dict "polluted" "yes") }}{{ toJson $d }} {{ (dict).polluted }}'),
    '{"__proto__":{"polluted":"yes"}} <no value>',
  )
  assert.equal(
    render('{{ toJson (merge (dict) (fromJson .json)) }}', { json: '{"__proto__":{"polluted":1}}' }),
    '{"__proto__":{"polluted":1}}',
  )
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('a template cannot change the data of the caller through set, unless it is given the map itself', () => {
  const data = { m: { a: 1 } }
  render('{{ $c := deepCopy .m }}{{ $_ := set $c "a" 2 }}', data)
  assert.deepEqual(data, { m: { a: 1 } })
})

test('budgets end loops, recursion, output and large results', () => {
  const budget = { steps: 20_000, outputBytes: 1000, depth: 50 }
  const hostile = [
    '{{ range until 1000000 }}{{ end }}',
    '{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}',
    '{{ repeat 1000000000 "x" }}',
    '{{ indent 1000000000 "x" }}',
    '{{ range 500 }}xxxxxxxxxx{{ end }}',
    '{{ seq 1 1000000000 }}',
    '{{ untilStep 0 1000000000 1 }}',
    '{{ randAlpha 100000000 }}',
    '{{ $x := "aaaaaaaaaa" }}{{ range 40 }}{{ $x = replace "a" $x $x }}{{ end }}',
    '{{ $x := "aaaaaaaaaa" }}{{ range 40 }}{{ $x = regexReplaceAll "a" $x $x }}{{ end }}',
    '{{ printf "%1000000d" 1 }}',
  ]
  for (const text of hostile) assert.throws(() => render(text, {}, { budget }), TemplateBudgetError, text)
  assert.throws(
    () => render('{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}', {}, { budget }),
    /exceeded maximum template depth/,
  )
})

test('deep nesting is refused, not a stack overflow', () => {
  assert.throws(() => render('{{ print ' + '('.repeat(100_000) + '1' + ')'.repeat(100_000) + ' }}'), TemplateParseError)
  assert.throws(() => render('{{ if .x }}'.repeat(20_000)), TemplateParseError)
  assert.throws(() => render('{{ if .a }}' + '{{ else if .b }}'.repeat(20_000) + '{{ end }}'), TemplateParseError)
})

test('patterns are linear: no catastrophic backtracking', () => {
  assert.equal(render('{{ regexMatch "^(a+)+$" .text }}', { text: `${'a'.repeat(5000)}b` }), 'false')
})

test('functions of the caller: checked arguments, wrapped errors, values with fields and methods', () => {
  const release = new GoStruct({
    type: '*chart.Release',
    fields: { Name: 'web', Revision: int(3) },
    methods: { Has: goFunction(['string'], (name) => name === 'x') },
  })
  const own = new Map([
    ...functions,
    ['boom', goFunction([], () => fail('broken'))],
    [
      'include',
      goFunction(['string', 'any'], function (name, data) {
        return this.render(name, data)
      }),
    ],
  ])
  const data = { r: release, fn: goFunction(['int', 'int'], (a, b) => int(a + b)) }
  assert.equal(
    render('{{ .r.Name }} {{ .r.Revision }} {{ .r.Has "x" }} {{ "y" | .r.Has }}', data, { functions: own }),
    'web 3 true false',
  )
  assert.equal(render('{{ call .fn 2 3 }}', data, { functions: own }), '5')
  assert.throws(
    () => render('{{ boom }}', data, { functions: own }),
    (error: unknown) => {
      return (
        error instanceof TemplateExecutionError &&
        error.message === 'template: t:1:3: executing "t" at <boom>: error calling boom: broken'
      )
    },
  )
  assert.throws(
    () => render('{{ with .r }}{{ .Nope }}{{ end }}', data, { functions: own }),
    /can't evaluate field Nope in type \*chart\.Release/,
  )
  assert.equal(
    render('{{ define "p" }}<{{ . }}>{{ end }}{{ include "p" 1 | upper }}{{ include "p" "x" | quote }}', {}, { functions: own }),
    '<1>"<x>"',
  )
})

test('sets of several texts: partials, replacement, clones', () => {
  const set = new Template('main', { functions }).add('main', '{{ template "p" . }}').add('part', '{{ define "p" }}one{{ end }}')
  assert.equal(set.execute({}), 'one')
  const other = set.clone().add('more', '{{ define "p" }}two{{ end }}')
  assert.equal(other.execute({}), 'two')
  assert.equal(set.execute({}), 'one')
  assert.equal(set.add('blank', '{{ define "p" }} {{ end }}').execute({}), 'one')
  assert.throws(() => set.executeTemplate('nope', {}), /no template "nope" associated with template "main"/)
})

test('any text either parses or is refused with a position', () => {
  const random = createSeededRandom(42)
  const pieces = [
    '{{',
    '}}',
    '{{-',
    ' -}}',
    ' ',
    '\n',
    '.',
    '.a',
    '$',
    '$x',
    ':=',
    '=',
    '|',
    '(',
    ')',
    '"',
    '`',
    "'",
    'if',
    'else',
    'end',
    'range',
    'with',
    'define',
    'template',
    'block',
    'break',
    'nil',
    'true',
    '1',
    '0x',
    '1e',
    '/*',
    '*/',
    'print',
    'len',
    '"a"',
    ',',
    '\\',
    'é',
    '\u0000',
  ]
  for (let round = 0; round < 3000; round++) {
    let text = ''
    for (let count = 0; count < 12; count++) text += pieces[Math.floor(random.number() * pieces.length)]
    try {
      render(text, { a: [1, { b: 2 }], x: 'y' }, { budget: { steps: 10_000, outputBytes: 10_000, depth: 20 } })
    } catch (error) {
      assert.ok(
        error instanceof TemplateParseError || error instanceof TemplateExecutionError || error instanceof TemplateBudgetError,
        `${text}: ${error}`,
      )
      assert.match(error.message, /^template: t:\d+/, text)
    }
  }
})

function fail(message: string): never {
  throw new Error(message)
}
